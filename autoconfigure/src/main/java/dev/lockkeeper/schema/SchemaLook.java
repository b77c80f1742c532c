// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.time.Instant;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * What a look found at a schema and its runs.
 *
 * @param state what the schema is
 * @param run the run in progress, if there is one and this process may know
 * @param runs the runs that have ended, the last one first; empty when there was none, or
 * this process may not know
 * @since 0.1.0
 */
public record SchemaLook(SchemaState state, @Nullable RunProgress run, List<RunRecord> runs) {

	/**
	 * The most runs that a look names.
	 */
	public static final int RUNS = 50;

	/**
	 * Create a look that knows of no run.
	 * @param state what the schema is
	 * @return the look
	 */
	public static SchemaLook of(SchemaState state) {
		return new SchemaLook(state, null, List.of());
	}

	/**
	 * Return the run that ended last.
	 * @return the run, or {@code null} when none is known
	 */
	public @Nullable RunRecord lastRun() {
		return this.runs.isEmpty() ? null : this.runs.get(0);
	}

	/**
	 * Name who holds the lock.
	 * @return the holder, with how far its run is where that is known, as part of a
	 * sentence; {@code null} when no holder is seen
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
	 * Return this look after the state was seen once more, and the runs were not.
	 * @param next the state
	 * @return the look
	 */
	SchemaLook seenAgain(SchemaState next) {
		return new SchemaLook(next, (this.run != null) ? this.run.seenAgain(next) : null, this.runs);
	}

	/**
	 * Return this look after one that failed: the runs that have ended stay known.
	 * @param unreadable the state that became unreadable
	 * @return the look
	 */
	public SchemaLook became(SchemaState unreadable) {
		return new SchemaLook(unreadable, null, this.runs);
	}

	/**
	 * Return this look after another one that found no difference. That the run in
	 * progress ends, or dies, would be one; so it still holds the lock.
	 * @param at when that look began
	 * @return the look
	 */
	public SchemaLook confirmed(Instant at) {
		SchemaState confirmed = this.state.confirmed(at);
		return new SchemaLook(isHeldByRun() ? confirmed.heldBy(this.state.lock()) : confirmed, this.run, this.runs);
	}

	/**
	 * Return whether it is the run in progress that holds the lock.
	 * @return whether it is; not when that run waits for somebody else's
	 */
	public boolean isHeldByRun() {
		LockHolder holder = this.state.lock();
		return this.run != null && holder != null && holder.holder().equals(this.run.start().holder());
	}

}
