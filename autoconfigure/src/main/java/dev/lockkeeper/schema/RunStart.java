// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.time.Duration;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * What is known of a run when it begins.
 *
 * @param runId the identifier
 * @param schema the name of the schema: of the bean that migrates it
 * @param origin the process
 * @param holder the name under which it holds the lock; {@code null} when that is not
 * known
 * @param level the digest of the level that its code expects, or {@code null} when that
 * is not known
 * @param pending the number of change sets that were pending
 * @param rows the number of rows that the history had
 * @param from the version that the schema had, or {@code null} for an empty history
 * @param lockWait how long the run had waited for the lock; of a run that has ended also
 * how long it then waited for the lock that the engine keeps
 * @param at when it began, with the lock held
 * @param fenced whether its lock proves itself in the transactions of the run;
 * {@code null} when that is not known, as of runs of older versions
 * @param blocked how often other sessions were in the way of its change sets by now
 * @since 0.1.0
 */
public record RunStart(String runId, String schema, RunOrigin origin, @Nullable String holder, @Nullable String level,
		int pending, int rows, @Nullable String from, Duration lockWait, Instant at, @Nullable Boolean fenced,
		TimesBlocked blocked) {

	/**
	 * Create a run of which it is not known whether its lock is fenced.
	 * @param runId the identifier
	 * @param schema the name of the schema
	 * @param origin the process
	 * @param holder the name under which it holds the lock, if known
	 * @param level the digest of the level that its code expects, if known
	 * @param pending the number of change sets that were pending
	 * @param rows the number of rows that the history had
	 * @param from the version that the schema had, if any
	 * @param lockWait how long the run had waited for the lock
	 * @param at when it began
	 */
	public RunStart(String runId, String schema, RunOrigin origin, @Nullable String holder, @Nullable String level,
			int pending, int rows, @Nullable String from, Duration lockWait, Instant at) {
		this(runId, schema, origin, holder, level, pending, rows, from, lockWait, at, null, TimesBlocked.NONE);
	}

	/**
	 * Return this run with all the time for which it has waited.
	 * @param total how long it has waited for its locks
	 * @return the run
	 */
	public RunStart waited(Duration total) {
		return new RunStart(this.runId, this.schema, this.origin, this.holder, this.level, this.pending, this.rows,
				this.from, total, this.at, this.fenced, this.blocked);
	}

	/**
	 * Return this run as it goes on under another holder, after it had lost the lock.
	 * @param other the name under which it holds the lock now
	 * @return the run
	 */
	public RunStart heldBy(@Nullable String other) {
		return new RunStart(this.runId, this.schema, this.origin, other, this.level, this.pending, this.rows, this.from,
				this.lockWait, this.at, this.fenced, this.blocked);
	}

	/**
	 * Return this run after other sessions were in the way of one of its change sets once
	 * more.
	 * @param contention what has happened
	 * @return the run
	 */
	public RunStart blockedBy(LockContention contention) {
		return new RunStart(this.runId, this.schema, this.origin, this.holder, this.level, this.pending, this.rows,
				this.from, this.lockWait, this.at, this.fenced, this.blocked.and(contention));
	}

}
