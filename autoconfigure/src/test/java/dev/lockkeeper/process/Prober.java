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
 * Probes a port as a kubelet does, only more often, and with a longer timeout: a
 * connection for each probe. Whether one is answered does not delay the next.
 */
final class Prober implements AutoCloseable {

	private static final Duration INTERVAL = Duration.ofMillis(20);

	/**
	 * The first answers of a server are slow, the more so on a busy machine.
	 */
	private static final int TIMEOUT = 10_000;

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
			socket.connect(this.address, TIMEOUT);
			socket.setSoTimeout(TIMEOUT);
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
	 * Return the longest time in which no probe was answered that was sent in it: from
	 * the first that was not until the next that was. What the machine kept the prober
	 * itself from sending within that time is not counted.
	 */
	static Duration longestGap(List<Probe> probes) {
		Duration longest = Duration.ZERO;
		Probe last = null;
		Duration paused = Duration.ZERO;
		for (int i = 0; i < probes.size(); i++) {
			Probe probe = probes.get(i);
			paused = paused.plus((i > 0) ? pause(probes.get(i - 1), probe) : Duration.ZERO);
			if (probe.isAnswered()) {
				if (last != null) {
					longest = max(longest, Duration.between(last.sent(), probe.sent()).minus(paused));
				}
				last = probe;
				paused = Duration.ZERO;
			}
		}
		return longest;
	}

	/**
	 * Return the longest time by which a probe was sent too late: the machine was so busy
	 * that the prober itself had to wait.
	 */
	static Duration longestPause(List<Probe> probes) {
		Duration longest = Duration.ZERO;
		for (int i = 1; i < probes.size(); i++) {
			longest = max(longest, pause(probes.get(i - 1), probes.get(i)));
		}
		return longest;
	}

	/**
	 * Return the longest time that an answer took.
	 */
	static Duration slowestAnswer(List<Probe> probes) {
		return probes.stream().filter(Probe::isAnswered).map(Probe::took).reduce(Duration.ZERO, Prober::max);
	}

	private static Duration pause(Probe one, Probe next) {
		return max(Duration.between(one.sent(), next.sent()).minus(INTERVAL), Duration.ZERO);
	}

	private static Duration max(Duration one, Duration other) {
		return (one.compareTo(other) > 0) ? one : other;
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
