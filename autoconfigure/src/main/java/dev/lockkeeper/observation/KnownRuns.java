// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observation;

import java.util.function.Consumer;

import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.observation.RunMemory.Remembered;
import dev.lockkeeper.schema.RunEnd;
import dev.lockkeeper.schema.RunRecord;
import dev.lockkeeper.schema.SchemaInspection;
import org.jspecify.annotations.Nullable;

/**
 * Holds how the last run on each schema ended: a run of this process at once, a run of
 * another process once the gate has read it in the ledger.
 */
final class KnownRuns {

	private final SchemaGate gate;

	private final RunMemory own;

	KnownRuns(SchemaGate gate, RunMemory own) {
		this.gate = gate;
		this.own = own;
	}

	/**
	 * Return how the last run on a schema ended. Returns at once, and never touches a
	 * database.
	 * @param schema the name of the schema
	 * @return the end of the run, or {@code null} when none is known
	 */
	@Nullable RunEnd of(String schema) {
		Remembered mine = this.own.of(schema);
		SchemaInspection inspection = this.gate.getKnown(schema);
		RunRecord last = (inspection != null) ? inspection.lastRun() : null;
		RunEnd seen = (last != null) ? last.end() : null;
		if (mine == null || inspection == null || seen == null) {
			return (mine != null) ? mine.end() : seen;
		}
		// Clocks of several hosts may differ, so the order in the ledger counts where
		// it has the run. Its end may be missing there
		int place = inspection.runs().stream().map((run) -> run.start().runId()).toList().indexOf(mine.runId());
		boolean latest = (place < 0) ? mine.end().at().isAfter(seen.at()) : place == 0;
		return latest ? mine.end() : seen;
	}

	/**
	 * Listen to the end of the last run on a schema.
	 * @param schema the name of the schema
	 * @param listener receives, by one thread at a time, what is known; perhaps again
	 * what it received before
	 */
	void listen(String schema, Consumer<RunEnd> listener) {
		Runnable report = () -> report(schema, listener);
		this.own.listen(schema, report);
		this.gate.listen(schema, (inspection) -> report.run());
	}

	private synchronized void report(String schema, Consumer<RunEnd> listener) {
		RunEnd end = of(schema);
		if (end != null) {
			listener.accept(end);
		}
	}

}
