// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observation;

import java.util.function.Consumer;

import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.observation.RunMemory.Remembered;
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
	 * Return how the last run on a schema ended. Asking is quick, and never touches a
	 * database.
	 * @param schema the name of the schema
	 * @return the end of the run, or {@code null} when none is known
	 */
	@Nullable RunEnd of(String schema) {
		Remembered mine = this.own.of(schema);
		SchemaLook look = this.gate.getKnown(schema);
		RunRecord last = (look != null) ? look.lastRun() : null;
		RunEnd seen = (last != null) ? last.end() : null;
		if (mine == null || look == null || seen == null) {
			return (mine != null) ? mine.end() : seen;
		}
		// Clocks of several hosts need not agree: where the ledger has the run, its order
		// counts. Its end may be missing there
		int place = look.runs().stream().map((run) -> run.start().runId()).toList().indexOf(mine.runId());
		boolean latest = (place < 0) ? mine.end().at().isAfter(seen.at()) : place == 0;
		return latest ? mine.end() : seen;
	}

	/**
	 * Be told how the last run on a schema ended.
	 * @param schema the name of the schema
	 * @param listener is told, by one thread at a time, what is known; perhaps once more
	 * what it knows already
	 */
	void listen(String schema, Consumer<RunEnd> listener) {
		Runnable told = () -> tell(schema, listener);
		this.own.listen(schema, told);
		this.gate.listen(schema, (look) -> told.run());
	}

	private synchronized void tell(String schema, Consumer<RunEnd> listener) {
		RunEnd end = of(schema);
		if (end != null) {
			listener.accept(end);
		}
	}

}
