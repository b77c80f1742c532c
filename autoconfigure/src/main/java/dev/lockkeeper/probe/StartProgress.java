// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.probe;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

import dev.lockkeeper.progress.Progress;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.thread.DaemonThread;
import dev.lockkeeper.waiting.UnansweredTime;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a start, and when it last made progress. The database is checked for
 * work in progress only when nothing else has moved for too long. Safe for use by several
 * threads.
 */
final class StartProgress implements Progress {

	private static final Log logger = LogFactory.getLog(StartProgress.class);

	/**
	 * Kubernetes waits for an answer to a probe for one second, unless its probe sets
	 * another timeout.
	 */
	private static final Duration TIMEOUT = Duration.ofMillis(700);

	private static final String STARTING = "starting";

	private final @Nullable Duration stuckAfter;

	private final LongSupplier nanoTime;

	private final Map<String, SchemaInspection> inspections = new LinkedHashMap<>();

	private final AtomicReference<@Nullable BooleanSupplier> work = new AtomicReference<>();

	private final AtomicReference<@Nullable CompletableFuture<Boolean>> check = new AtomicReference<>();

	private volatile @Nullable Thread checking;

	private volatile String activity = STARTING;

	private volatile long moved;

	/**
	 * Create the progress of a start that begins now.
	 * @param stuckAfter the time after which it is stuck when nothing has moved;
	 * {@code null} for never
	 * @param nanoTime gives the time
	 */
	StartProgress(@Nullable Duration stuckAfter, LongSupplier nanoTime) {
		this.stuckAfter = stuckAfter;
		this.nanoTime = nanoTime;
		this.moved = nanoTime.getAsLong();
	}

	@Override
	public void does(@Nullable String what) {
		this.activity = (what != null) ? what : STARTING;
		moves();
	}

	@Override
	public void moves() {
		this.moved = this.nanoTime.getAsLong();
	}

	@Override
	public void found(String schema, SchemaInspection inspection) {
		synchronized (this.inspections) {
			this.inspections.put(schema, inspection);
		}
		moves();
	}

	@Override
	public void failed(String schema, Instant at, String problem) {
		synchronized (this.inspections) {
			this.inspections.compute(schema,
					(name, known) -> (known != null) ? known.afterFailure(known.state().becameUnreadable(at, problem))
							: SchemaInspection.of(SchemaState.unreadable(at, problem)));
		}
		moves();
	}

	@Override
	public boolean isWatching() {
		return this.stuckAfter != null;
	}

	@Override
	public void watch(@Nullable BooleanSupplier isAtWork) {
		this.work.set(isAtWork);
		moves();
	}

	String getActivity() {
		return this.activity;
	}

	/**
	 * Return the last inspections.
	 * @return the inspections by the names of the schemas, in the order of the first ones
	 */
	Map<String, SchemaInspection> getInspections() {
		synchronized (this.inspections) {
			return new LinkedHashMap<>(this.inspections);
		}
	}

	/**
	 * Return whether nothing has moved for too long, and the database is not seen to be
	 * at work either.
	 */
	boolean isStuck() {
		if (!isIdleForTooLong()) {
			return false;
		}
		if (isDatabaseAtWork()) {
			moves();
		}
		return isIdleForTooLong();
	}

	private boolean isIdleForTooLong() {
		Duration limit = this.stuckAfter;
		return limit != null && this.nanoTime.getAsLong() - this.moved >= limit.toNanos();
	}

	// One check at a time: a database that does not answer is not queried by each probe
	private boolean isDatabaseAtWork() {
		BooleanSupplier isAtWork = this.work.get();
		if (isAtWork == null) {
			return false;
		}
		CompletableFuture<Boolean> fresh = new CompletableFuture<>();
		CompletableFuture<Boolean> pending = this.check.compareAndExchange(null, fresh);
		if (pending == null) {
			Thread thread = DaemonThread.of("lockkeeper-probe-check", () -> check(isAtWork, fresh));
			this.checking = thread;
			thread.start();
		}
		try {
			return ((pending != null) ? pending : fresh).get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return false;
		}
		catch (ExecutionException ex) {
			return false;
		}
		catch (TimeoutException ex) {
			// On a slow CPU this process itself may need longer for the query
			Thread thread = this.checking;
			return thread != null && thread.isAlive() && !UnansweredTime.isWaiting(thread);
		}
	}

	// An answer that comes too late for one probe counts for the next
	private void check(BooleanSupplier isAtWork, CompletableFuture<Boolean> answer) {
		boolean atWork = false;
		try {
			atWork = isAtWork.getAsBoolean();
			if (atWork) {
				moves();
			}
		}
		catch (RuntimeException ex) {
			logger.debug("lockkeeper - not known whether the database is at work", ex);
		}
		finally {
			this.check.set(null);
			answer.complete(atWork);
		}
	}

}
