// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;

import dev.lockkeeper.lock.DroppableLease;
import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.postgresql.Backend;
import dev.lockkeeper.postgresql.Backend.Survival;
import dev.lockkeeper.postgresql.OpenTransaction;
import dev.lockkeeper.postgresql.PostgreSql;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.thread.DaemonThread;
import dev.lockkeeper.wording.Durations;
import net.javacrumbs.shedlock.core.SimpleLock;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * A lease that renews itself at a third of its time, on a thread and a connection of its
 * own. A renewal that throws is tried again. One that is refused loses the lease at once:
 * the row is another holder's, has expired by the clock of the database, or was deleted
 * by an operator to break the lease, and no later attempt could prove that no other
 * process held it in between. A second thread watches the time, counted by this process's
 * monotonic clock from before the last renewal that succeeded: a renewal that hangs does
 * not keep a lease alive, and the lease is lost a tenth of its time before another
 * process can take it.
 */
final class RenewedLease implements DroppableLease {

	private static final Log logger = LogFactory.getLog(RenewedLease.class);

	private static final Duration RETRY = Duration.ofSeconds(1);

	private static final int KEEP_OUT_ATTEMPTS = 50;

	private static final Duration KEEP_OUT_PAUSE = Duration.ofMillis(20);

	private static final int RELEASE_ATTEMPTS = 2;

	private final String holder;

	private final LeaseSession session;

	private final @Nullable LeaseRow row;

	private final Duration duration;

	private final ScheduledExecutorService threads;

	private final @Nullable String predecessor;

	private final Supplier<Optional<SimpleLock>> again;

	/**
	 * Guards the session, the lock and the backend.
	 */
	private final ReentrantLock use = new ReentrantLock();

	private SimpleLock lock;

	private @Nullable Backend backend;

	private boolean backendIdle;

	private volatile long deadline;

	private final LeaseEnd end = new LeaseEnd();

	/**
	 * Whether the run is dropping everything, the table of the lease too.
	 */
	private volatile boolean dropping;

	private RenewedLease(SimpleLock lock, String holder, LeaseSession session, @Nullable LeaseRow row,
			Duration duration, long asked, @Nullable String predecessor, Supplier<Optional<SimpleLock>> again) {
		this.lock = lock;
		this.holder = holder;
		this.session = session;
		this.row = row;
		this.duration = duration;
		this.predecessor = predecessor;
		this.again = again;
		this.deadline = deadline(asked);
		this.threads = Executors.newScheduledThreadPool(2, DaemonThread.factory("lockkeeper-lease"));
	}

	static Lease start(SimpleLock lock, String holder, LeaseSession session, @Nullable LeaseRow row, Duration duration,
			long asked, @Nullable String predecessor, Supplier<Optional<SimpleLock>> again) {
		RenewedLease lease = new RenewedLease(lock, holder, session, row, duration, asked, predecessor, again);
		lease.schedule(lease::renew, duration.dividedBy(3));
		lease.watch();
		return lease;
	}

	private long deadline(long asked) {
		return asked + this.duration.minus(this.duration.dividedBy(10)).toNanos();
	}

	private void schedule(Runnable task, Duration delay) {
		try {
			Future<?> unused = this.threads.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
		}
		catch (RejectedExecutionException ex) {
			logger.trace("lockkeeper - the lease is over", ex);
		}
	}

	private void watch() {
		long left = this.deadline - System.nanoTime();
		if (left > 0) {
			schedule(this::watch, Duration.ofNanos(left));
		}
		else {
			lose("it could not be renewed in time");
		}
	}

	private void renew() {
		this.use.lock();
		try {
			if (!this.end.isOver() && extend()) {
				schedule(this::renew, this.duration.dividedBy(3));
			}
		}
		catch (RuntimeException | Error ex) {
			logger.debug("lockkeeper - the lease could not be renewed yet", ex);
			this.session.reset();
			schedule(this::renew, RETRY);
		}
		finally {
			this.use.unlock();
		}
	}

	private boolean extend() {
		long asked = System.nanoTime();
		Optional<SimpleLock> renewed = this.lock.extend(this.duration, Duration.ZERO);
		if (renewed.isEmpty()) {
			lose("its row is not this holder's any more");
			return false;
		}
		this.lock = renewed.get();
		this.deadline = deadline(asked);
		return true;
	}

	private void lose(String why) {
		if (this.end.lose(why)) {
			this.session.abort();
		}
	}

	@Override
	public String getHolder() {
		return this.holder;
	}

	@Override
	public @Nullable String getPredecessor() {
		return this.predecessor;
	}

	@Override
	public boolean isLost() {
		if (System.nanoTime() - this.deadline >= 0) {
			lose("it could not be renewed in time");
		}
		return this.end.isLost();
	}

	@Override
	public void onLost(Consumer<String> action) {
		this.end.onLost(action);
	}

	@Override
	public boolean isFenced() {
		return this.row != null;
	}

	@Override
	public void recordSession(Connection connection) throws SQLException {
		if (this.row == null || this.session.isShared()) {
			return;
		}
		Backend working = Backend.of(connection);
		if (!this.row.recordBackend(connection, this.holder, working)) {
			lose("its row is not this holder's any more");
			throw new SQLException("The lease is lost");
		}
		this.use.lock();
		try {
			this.backend = working;
			this.backendIdle = false;
		}
		finally {
			this.use.unlock();
		}
	}

	@Override
	public void sessionClosed() {
		this.use.lock();
		try {
			this.backendIdle = true;
		}
		finally {
			this.use.unlock();
		}
	}

	@Override
	public void endSession() throws SQLException {
		if (isLost()) {
			return;
		}
		if (!tryUse()) {
			throw new SQLException("The lease is being renewed, and gets no answer", SqlStates.CONNECTION_LOST);
		}
		try {
			if (this.end.isOver()) {
				return;
			}
			// The server to which it was opened may have been replaced by another one
			// by now, or by none
			this.session.reset();
			Predecessor predecessor = null;
			if (this.row != null && this.backend != null && !this.backendIdle) {
				predecessor = Predecessor.withoutConnection(this.holder, this.backend);
				predecessor.end(this.session.getConnection(), this.session.timeout());
			}
			if (extend() && this.row != null) {
				if (predecessor != null) {
					predecessor.ended();
				}
				this.row.forget(this.session.getConnection(), this.holder);
				this.backend = null;
			}
		}
		finally {
			this.use.unlock();
		}
	}

	@Override
	public boolean prove(Connection connection) throws SQLException {
		LeaseRow ours = this.row;
		if (ours == null || (this.dropping && !PostgreSql.hasTable(connection, ours.table()))) {
			return !isLost();
		}
		boolean proved = !isLost() && (ours.prove(connection, this.holder)
				|| (!OpenTransaction.seesCommits(connection) && isHeldApart(ours, connection)));
		return proved(proved);
	}

	@Override
	public boolean proveApart(Connection connection) throws SQLException {
		LeaseRow ours = this.row;
		return (ours != null) ? proved(!isLost() && isHeldApart(ours, connection)) : !isLost();
	}

	// A process that was about to take the lease, and comes too late, keeps this lock
	// for one statement
	private static boolean keepOut(LeaseRow ours, Connection connection) throws SQLException {
		for (int attempt = 1; attempt <= KEEP_OUT_ATTEMPTS; attempt++) {
			if (ours.keepOut(connection)) {
				return true;
			}
			LockSupport.parkNanos(KEEP_OUT_PAUSE.toNanos());
		}
		return false;
	}

	private boolean proved(boolean proved) {
		if (!proved) {
			lose("its row is not this holder's any more");
		}
		return proved;
	}

	// Keeps others out first, so that the row stays as it is seen after that
	private boolean isHeldApart(LeaseRow ours, Connection connection) throws SQLException {
		if (!keepOut(ours, connection)) {
			return false;
		}
		if (!tryUse()) {
			throw new SQLException("The lease is being renewed, and gets no answer", SqlStates.CONNECTION_LOST);
		}
		try {
			return ours.isHeld(this.session.getConnection(), this.holder);
		}
		catch (SQLException ex) {
			logger.debug("lockkeeper - the row of the lease could not be read yet", ex);
			this.session.reset();
			return ours.isHeld(this.session.getConnection(), this.holder);
		}
		finally {
			this.use.unlock();
		}
	}

	@Override
	public void dropBegins() {
		this.dropping = true;
	}

	@Override
	public void dropEnds() {
		this.use.lock();
		try {
			this.dropping = false;
			long asked = System.nanoTime();
			Optional<SimpleLock> restored = this.again.get();
			if (restored.isEmpty()) {
				lose("its table was dropped, and another holder was faster");
				return;
			}
			this.lock = restored.get();
			this.deadline = deadline(asked);
			if (this.row != null && this.backend != null) {
				this.row.recordBackend(this.session.getConnection(), this.holder, this.backend);
			}
		}
		catch (SQLException ex) {
			throw new IllegalStateException("The session of the run could not be recorded again", ex);
		}
		finally {
			this.use.unlock();
		}
	}

	@Override
	public void close() {
		if (!this.end.close()) {
			return;
		}
		boolean held = !this.end.isLost();
		this.threads.shutdownNow();
		if (!tryUse()) {
			this.session.abort();
			if (held) {
				notReleased(null);
			}
			return;
		}
		try {
			for (int attempt = 1; held && !released(attempt == RELEASE_ATTEMPTS); attempt++) {
				this.session.reset();
			}
		}
		finally {
			this.session.close();
			this.use.unlock();
		}
	}

	// A renewal may hang; and a thread that was interrupted still releases the lease
	private boolean tryUse() {
		boolean interrupted = Thread.interrupted();
		try {
			return this.use.tryLock(this.session.timeout().toNanos(), TimeUnit.NANOSECONDS);
		}
		catch (InterruptedException ex) {
			interrupted = true;
			return false;
		}
		finally {
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}
	}

	private boolean released(boolean last) {
		try {
			forgetBackend();
			this.lock.unlock();
			return true;
		}
		catch (SQLException | RuntimeException ex) {
			if (last) {
				notReleased(ex);
			}
			return last;
		}
	}

	// What is not gone stays recorded, and is ended by the next holder
	private void forgetBackend() throws SQLException {
		if (this.row == null || this.backend == null) {
			return;
		}
		Connection connection = this.session.getConnection();
		Survival survival = this.backendIdle ? null : this.backend.end(connection, this.session.timeout());
		if (survival == null) {
			this.row.forget(connection, this.holder);
		}
		else {
			logger.info("lockkeeper - the backend of the run may still be at work (pid %d); the next run ends it first"
				.formatted(survival.pid()));
		}
	}

	private void notReleased(@Nullable Exception failure) {
		logger.warn("lockkeeper - lease not released (holder %s); it expires within %s".formatted(this.holder,
				Durations.inWords(this.duration)), failure);
	}

}
