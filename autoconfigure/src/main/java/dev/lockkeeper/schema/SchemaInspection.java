// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.time.Instant;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * What an inspection found: the state of a schema, and its runs.
 *
 * @param state what the schema is
 * @param run the run in progress, if there is one and this process may read it
 * @param runs the runs that have ended, the last one first; empty when there was none, or
 * this process may not read them
 * @since 0.1.0
 */
public record SchemaInspection(SchemaState state, @Nullable RunProgress run, List<RunRecord> runs) {

	/**
	 * The most runs of an inspection.
	 */
	public static final int RUNS = 50;

	/**
	 * Create an inspection without runs.
	 * @param state what the schema is
	 * @return the inspection
	 */
	public static SchemaInspection of(SchemaState state) {
		return new SchemaInspection(state, null, List.of());
	}

	/**
	 * Return the run that ended last.
	 * @return the run, or {@code null} when none is known
	 */
	public @Nullable RunRecord lastRun() {
		return this.runs.isEmpty() ? null : this.runs.get(0);
	}

	/**
	 * Name the process that holds the lock.
	 * @return the holder, with the progress of its run where that is known, as part of a
	 * sentence; {@code null} when no holder is known
	 */
	public @Nullable String holder() {
		LockHolder holder = this.state.lock();
		if (holder == null) {
			return null;
		}
		String far = (this.run != null && isHeldByRun()) ? this.run.named() : null;
		return (far != null) ? "%s, at %s".formatted(holder.named(), far) : holder.named();
	}

	/**
	 * Return this inspection with a state that was read later; the runs were not read
	 * again.
	 * @param next the state
	 * @return the inspection
	 */
	SchemaInspection withState(SchemaState next) {
		return new SchemaInspection(next, (this.run != null) ? this.run.withState(next) : null, this.runs);
	}

	/**
	 * Return this inspection after one that failed: the runs that have ended stay known.
	 * @param unreadable the state that became unreadable
	 * @return the inspection
	 */
	public SchemaInspection afterFailure(SchemaState unreadable) {
		return new SchemaInspection(unreadable, null, this.runs);
	}

	/**
	 * Return this inspection after a later one that found no difference. The end or death
	 * of the run in progress would be a difference, so that run still holds the lock.
	 * @param at when the later one began
	 * @return the inspection
	 */
	public SchemaInspection confirmed(Instant at) {
		SchemaState confirmed = this.state.confirmed(at);
		return new SchemaInspection(isHeldByRun() ? confirmed.heldBy(this.state.lock()) : confirmed, this.run,
				this.runs);
	}

	/**
	 * Return whether the run in progress holds the lock.
	 * @return whether it does; not when that run waits for a lock of another process
	 */
	public boolean isHeldByRun() {
		LockHolder holder = this.state.lock();
		return this.run != null && holder != null && holder.holder().equals(this.run.start().holder());
	}

}
