// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Makes a process that is asked to end in the middle of its work leave a verdict. The JVM
 * would otherwise exit as soon as the work has stopped, before the reason is written.
 *
 * @since 0.1.0
 */
public final class TerminationWatch implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(TerminationWatch.class);

	private final TerminationMessage message;

	private final Duration timeout;

	private final Supplier<Verdict> unfinished;

	private final CountDownLatch settled = new CountDownLatch(1);

	private final AtomicReference<@Nullable Verdict> verdict = new AtomicReference<>();

	private final Thread hook = new Thread(this::onShutdown, "lockkeeper-verdict");

	/**
	 * Begin to watch.
	 * @param message where the verdict goes
	 * @param timeout how long the end of the JVM waits for the work to stop
	 * @param unfinished gives the verdict on work that has not stopped by then; called on
	 * another thread
	 * @throws TerminatedException when the process is ending already; nothing is written
	 * then
	 */
	public TerminationWatch(TerminationMessage message, Duration timeout, Supplier<Verdict> unfinished) {
		this.message = message;
		this.timeout = timeout;
		this.unfinished = unfinished;
		try {
			Runtime.getRuntime().addShutdownHook(this.hook);
		}
		catch (IllegalStateException ex) {
			throw new TerminatedException("The process was asked to end before this work began.");
		}
	}

	/**
	 * Record how the work ended.
	 * @param failure why it broke off
	 */
	public void failed(LockkeeperException failure) {
		this.verdict.set(failure.toVerdict());
	}

	private void onShutdown() {
		try {
			if (!this.settled.await(this.timeout.toMillis(), TimeUnit.MILLISECONDS)) {
				this.verdict.compareAndSet(null, unfinished());
			}
			Verdict last = this.verdict.get();
			if (last != null) {
				this.message.write(last);
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private Verdict unfinished() {
		try {
			return this.unfinished.get();
		}
		catch (RuntimeException ex) {
			logger.debug("lockkeeper - not known what the process was doing", ex);
			return new TerminatedException("The process was asked to end, and ended in the middle of its work.")
				.toVerdict();
		}
	}

	/**
	 * Stop watching: the work is over.
	 */
	@Override
	public void close() {
		this.settled.countDown();
		try {
			Runtime.getRuntime().removeShutdownHook(this.hook);
		}
		catch (IllegalStateException ex) {
			logger.debug("lockkeeper - the work is over, and the JVM is shutting down");
		}
	}

}
