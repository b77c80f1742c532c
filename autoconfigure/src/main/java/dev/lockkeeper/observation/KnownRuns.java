// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observation;

import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.schema.RunEnd;
import dev.lockkeeper.schema.RunRecord;
import dev.lockkeeper.schema.SchemaLook;
import org.jspecify.annotations.Nullable;

/**
 * Knows the last run of whatever process, as far as the gate has seen it in the ledger,
 * and those of this process at once.
 */
final class KnownRuns {

	private final SchemaGate gate;

	private final RunMemory own;

	KnownRuns(SchemaGate gate, RunMemory own) {
		this.gate = gate;
		this.own = own;
	}

	/**
	 * Return the last run of a schema. Asking is quick, and never touches a database.
	 * @param schema the name of the schema
	 * @return the run, or {@code null} when none is known
	 */
	@Nullable LastRun of(String schema) {
		LastRun mine = this.own.of(schema);
		LastRun seen = seen(schema);
		if (mine == null || seen == null) {
			return (mine != null) ? mine : seen;
		}
		return mine.ended().isAfter(seen.ended()) ? mine : seen;
	}

	private @Nullable LastRun seen(String schema) {
		SchemaLook look = this.gate.getKnown(schema);
		RunRecord run = (look != null) ? look.lastRun() : null;
		RunEnd end = (run != null) ? run.end() : null;
		return (end != null) ? new LastRun(end.isFailure(), end.isCrash(), end.at()) : null;
	}

}
