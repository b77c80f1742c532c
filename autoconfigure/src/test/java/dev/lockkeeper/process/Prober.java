// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Probes a port as a kubelet does, only more often, and with more patience: a connection
 * for each probe. Whether one is answered does not delay the next.
 */
final class Prober implements AutoCloseable {

	private static final Duration INTERVAL = Duration.ofMillis(20);

	/**
	 * The first answers of a server are slow, the more so on a busy machine.
	 */
	private static final int PATIENCE = 10_000;

	private final InetSocketAddress address;

	private final String path;

	private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();

	private final ExecutorService probes = Executors.newCachedThreadPool();

	private final List<Probe> done = new CopyOnWriteArrayList<>();

	Prober(int port, String path) {
		this.address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
		this.path = path;
		Future<?> unused = this.clock.scheduleAtFixedRate(() -> {
			Instant sent = Instant.now();
			this.probes.execute(() -> this.done.add(new Probe(sent, ask(), Instant.now())));
		}, 0, INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
	}

	private int ask() {
		try (Socket socket = new Socket()) {
			socket.connect(this.address, PATIENCE);
			socket.setSoTimeout(PATIENCE);
			socket.getOutputStream()
				.write("GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".formatted(this.path)
					.getBytes(StandardCharsets.US_ASCII));
			String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
			return answer.startsWith("HTTP/1.1 ") ? Integer.parseInt(answer.substring(9, 12)) : 0;
		}
		catch (IOException ex) {
			return 0;
		}
	}

	/**
	 * Return what has become of the probes so far, in the order in which they were sent.
	 */
	List<Probe> getProbes() {
		List<Probe> probes = new ArrayList<>(this.done);
		probes.sort(Comparator.comparing(Probe::sent));
		return probes;
	}

	/**
	 * Return the longest time between two probes that were answered and follow each
	 * other, by when they were sent.
	 */
	static Duration longestGap(List<Probe> probes) {
		return longestPause(probes.stream().filter(Probe::isAnswered).toList());
	}

	/**
	 * Return the longest time between two probes that follow each other: much more than
	 * the interval where the machine is so busy that the prober itself has to wait.
	 */
	static Duration longestPause(List<Probe> probes) {
		List<Instant> sent = probes.stream().map(Probe::sent).toList();
		Duration longest = Duration.ZERO;
		for (int i = 1; i < sent.size(); i++) {
			Duration gap = Duration.between(sent.get(i - 1), sent.get(i));
			longest = (gap.compareTo(longest) > 0) ? gap : longest;
		}
		return longest;
	}

	@Override
	public void close() {
		this.clock.shutdownNow();
		this.probes.shutdown();
	}

	/**
	 * One probe.
	 *
	 * @param sent when it was sent
	 * @param status the HTTP status, 0 without an answer
	 * @param over when the answer was there, or was given up
	 */
	record Probe(Instant sent, int status, Instant over) {

		boolean isAnswered() {
			return this.status != 0;
		}

		Duration took() {
			return Duration.between(this.sent, this.over);
		}

	}

}
