// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.waiting;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class UnansweredTimeTests {

	private final AtomicBoolean over = new AtomicBoolean();

	private final CountDownLatch never = new CountDownLatch(1);

	@AfterEach
	void end() {
		this.over.set(true);
		this.never.countDown();
	}

	@Test
	void aThreadThatReadsFromTheNetworkWaits() throws IOException {
		try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
			assertWaits(start(() -> read(silent, 0)));
			assertWaits(start(() -> read(silent, 60_000)));
		}
	}

	private void read(ServerSocket server, int timeout) {
		try (Socket socket = new Socket(server.getInetAddress(), server.getLocalPort())) {
			socket.setSoTimeout(timeout);
			socket.getInputStream().read();
		}
		catch (IOException ex) {
			if (!this.over.get()) {
				throw new UncheckedIOException(ex);
			}
		}
	}

	@Test
	void aThreadThatSleepsIsBlockedOrWaitsForAnotherOneWaits() {
		assertWaits(start(this::sleep));
		Object monitor = new Object();
		synchronized (monitor) {
			assertWaits(start(() -> {
				synchronized (monitor) {
					this.over.get();
				}
			}));
		}
	}

	@Test
	void aThreadThatComputesDoesNotWait() {
		Thread spinning = start(this::compute);
		Thread digesting = start(this::digest);
		for (int inspection = 0; inspection < 200; inspection++) {
			assertThat(UnansweredTime.isWaiting(spinning)).isFalse();
			assertThat(UnansweredTime.isWaiting(digesting)).isFalse();
		}
		assertThat(UnansweredTime.isWaiting(new Thread(this::compute))).isFalse();
	}

	@Test
	void aThreadThatComputesIsJoinedHoweverLongItTakes() throws InterruptedException {
		Thread computing = start(() -> {
			long until = System.nanoTime() + Duration.ofMillis(1500).toNanos();
			while (System.nanoTime() - until < 0) {
				Thread.onSpinWait();
			}
		});
		assertThat(UnansweredTime.join(computing, Duration.ofMillis(500))).isTrue();
		assertThat(UnansweredTime.join(start(this::sleep), Duration.ofMillis(100))).isFalse();
	}

	@Test
	void aThreadThatJoinsOneThatComputesDoesNotWaitEither() {
		Thread computing = start(this::compute);
		Thread joining = start(() -> join(computing));
		Awaitility.await().until(() -> joining.getState() == Thread.State.TIMED_WAITING);
		assertThat(UnansweredTime.isWaiting(joining)).isFalse();
		Thread sleeping = start(this::sleep);
		assertWaits(start(() -> join(sleeping)));
	}

	private static void join(Thread thread) {
		try {
			UnansweredTime.join(thread, Duration.ofMinutes(5));
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private void sleep() {
		try {
			this.never.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private void compute() {
		while (!this.over.get()) {
			Thread.onSpinWait();
		}
	}

	private void digest() {
		try {
			while (!this.over.get()) {
				MessageDigest.getInstance("SHA-256").digest(new byte[1000]);
			}
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static void assertWaits(Thread thread) {
		Awaitility.await().until(() -> UnansweredTime.isWaiting(thread));
		UnansweredTime unanswered = new UnansweredTime(thread, Duration.ofMinutes(1));
		Awaitility.await().until(() -> unanswered.sample() > 0 && unanswered.getTotal().toNanos() > 0);
	}

	private static Thread start(Runnable task) {
		Thread thread = new Thread(task);
		thread.setDaemon(true);
		thread.start();
		return thread;
	}

}
