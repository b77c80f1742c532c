// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import dev.lockkeeper.lock.Lease;
import net.javacrumbs.shedlock.core.SimpleLock;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * A lease that renews itself at a third of its time, on a thread and a connection of its
 * own. A renewal that throws is tried again until the time is up, counted by this
 * process's monotonic clock from before the last renewal that succeeded. A renewal that
 * is refused, or too late, loses the lease.
 */
final class RenewedLease implements Lease {

	private static final Log logger = LogFactory.getLog(RenewedLease.class);

	private static final Duration RETRY = Duration.ofSeconds(1);

	private final String holder;

	private final LeaseSession session;

	private final Duration duration;

	private final ScheduledExecutorService renewal;

	private final List<Runnable> actions = new ArrayList<>();

	private SimpleLock lock;

	private volatile long validUntil;

	private boolean closed;

	private volatile boolean lost;

	private final Supplier<Optional<SimpleLock>> again;

	private RenewedLease(SimpleLock lock, String holder, LeaseSession session, Duration duration, long asked,
			Supplier<Optional<SimpleLock>> again) {
		this.lock = lock;
		this.holder = holder;
		this.session = session;
		this.duration = duration;
		this.validUntil = asked + duration.toNanos();
		this.again = again;
		this.renewal = Executors.newSingleThreadScheduledExecutor((task) -> {
			Thread thread = new Thread(task, "lockkeeper-lease");
			thread.setDaemon(true);
			return thread;
		});
	}

	static Lease start(SimpleLock lock, String holder, LeaseSession session, Duration duration, long asked,
			Supplier<Optional<SimpleLock>> again) {
		RenewedLease lease = new RenewedLease(lock, holder, session, duration, asked, again);
		lease.schedule(duration.dividedBy(3));
		return lease;
	}

	private void schedule(Duration delay) {
		Future<?> unused = this.renewal.schedule(this::renew, delay.toMillis(), TimeUnit.MILLISECONDS);
	}

	private synchronized void renew() {
		if (this.closed) {
			return;
		}
		long asked = System.nanoTime();
		try {
			Optional<SimpleLock> renewed = this.lock.extend(this.duration, Duration.ZERO);
			if (renewed.isEmpty()) {
				lose("another holder has taken it");
				return;
			}
			this.lock = renewed.get();
			this.validUntil = asked + this.duration.toNanos();
			schedule(this.duration.dividedBy(3));
		}
		catch (RuntimeException ex) {
			logger.debug("lockkeeper - the lease could not be renewed yet", ex);
			this.session.reset();
			if (System.nanoTime() + RETRY.toNanos() - this.validUntil >= 0) {
				lose("it could not be renewed in time");
				return;
			}
			schedule(RETRY);
		}
	}

	private void lose(String why) {
		this.lost = true;
		logger.warn(
				"lockkeeper - lease lost (%s; holder %s); this run stops, start it again".formatted(why, this.holder));
		this.actions.forEach(Runnable::run);
		this.actions.clear();
	}

	@Override
	public String getHolder() {
		return this.holder;
	}

	@Override
	public boolean isLost() {
		return this.lost || System.nanoTime() - this.validUntil >= 0;
	}

	@Override
	public synchronized void onLost(Runnable action) {
		if (this.lost) {
			action.run();
		}
		else {
			this.actions.add(action);
		}
	}

	@Override
	public synchronized void restore() {
		long asked = System.nanoTime();
		Optional<SimpleLock> restored = this.again.get();
		if (restored.isEmpty()) {
			lose("its table was dropped, and another holder was faster");
			return;
		}
		this.lock = restored.get();
		this.validUntil = asked + this.duration.toNanos();
	}

	@Override
	public synchronized void close() {
		if (this.closed) {
			return;
		}
		this.closed = true;
		this.renewal.shutdownNow();
		try {
			if (!this.lost) {
				this.lock.unlock();
			}
		}
		catch (RuntimeException ex) {
			logger.warn("lockkeeper - lease not released (holder %s); it expires within %s".formatted(this.holder,
					this.duration), ex);
		}
		finally {
			this.session.close();
		}
	}

}
