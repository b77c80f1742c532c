// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.probe;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import com.sun.net.httpserver.HttpServer;
import dev.lockkeeper.thread.DaemonThread;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * A listener that gives its port back. All of its threads are daemons: it keeps no JVM
 * alive.
 */
final class ProbeServer {

	private static final Log logger = LogFactory.getLog(ProbeServer.class);

	private static final int THREADS = 8;

	private static final int DEFAULT_BACKLOG = 0;

	/**
	 * How long to wait for answers that are under way. The port answers until then, so it
	 * costs the start a moment, and the probes nothing.
	 */
	private static final Duration LAST_ANSWERS = Duration.ofSeconds(1);

	private final HttpServer server;

	private final Workers workers = new Workers();

	private ProbeServer(HttpServer server) {
		this.server = server;
	}

	/**
	 * Listen.
	 * @throws IOException when the port cannot be bound
	 */
	static ProbeServer open(InetSocketAddress address, ProbeHandler handler) throws IOException {
		ProbeServer opened = new ProbeServer(HttpServer.create(address, DEFAULT_BACKLOG));
		opened.server.createContext("/", handler);
		opened.server.setExecutor(opened.workers);
		opened.start();
		return opened;
	}

	// The thread of the server is a daemon when the one that starts it is. Without that
	// thread the port would not be given back
	private void start() {
		Thread starting = DaemonThread.start("lockkeeper-probe-start", this.server::start);
		try {
			starting.join();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	int getPort() {
		return this.server.getAddress().getPort();
	}

	/**
	 * Stop listening. When this returns, the port is free.
	 */
	void close() {
		close(LAST_ANSWERS);
	}

	/**
	 * Stop listening.
	 * @param timeout how long to wait for answers that are under way
	 */
	void close(Duration timeout) {
		if (!this.workers.awaitIdle(timeout)) {
			logger.debug("lockkeeper - an answer to a probe is cut off");
		}
		this.server.stop(0);
		this.workers.shutdown();
	}

	/**
	 * The threads that answer.
	 */
	private static final class Workers implements Executor {

		private final ThreadPoolExecutor threads = new ThreadPoolExecutor(THREADS, THREADS, 1, TimeUnit.SECONDS,
				new LinkedBlockingQueue<>(), DaemonThread.factory("lockkeeper-probe"));

		private int busy;

		Workers() {
			this.threads.allowCoreThreadTimeOut(true);
		}

		@Override
		public void execute(Runnable task) {
			begin();
			try {
				this.threads.execute(() -> {
					try {
						task.run();
					}
					finally {
						end();
					}
				});
			}
			catch (RuntimeException ex) {
				end();
				throw ex;
			}
		}

		private synchronized void begin() {
			this.busy++;
		}

		private synchronized void end() {
			this.busy--;
			notifyAll();
		}

		synchronized boolean awaitIdle(Duration timeout) {
			long deadline = System.nanoTime() + timeout.toNanos();
			try {
				while (this.busy > 0) {
					long remaining = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
					if (remaining <= 0) {
						return false;
					}
					wait(remaining);
				}
				return true;
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				return false;
			}
		}

		void shutdown() {
			this.threads.shutdown();
		}

	}

}
