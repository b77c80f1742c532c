// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

import dev.lockkeeper.chaos.Engine.Outcome;
import dev.lockkeeper.chaos.InspectingWorker.Way;
import dev.lockkeeper.process.Applications;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.PostgresRelay;
import dev.lockkeeper.testsupport.PostgresRelay.Request;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A process that is frozen while it inspects a schema, at any of its requests, keeps no
 * other one from building an index beside the traffic: a transaction that stays open
 * would.
 */
@FullTier
class FrozenInspectionIT {

	private static final String CHANGE_LOG = "classpath:chaos/inspection.yaml";

	private static final Pattern TAKES_LEASE = Pattern.compile("(?i)(INSERT INTO|UPDATE) \\S*lockkeeper_lock\\b");

	/**
	 * How many requests there are to each one that is chosen.
	 */
	private static final int INTERVAL = 16;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	void noRequestOfAnInspectionLeavesATransactionOpenAndAProcessFrozenAtOneBlocksNoOther() {
		this.database.execute("CREATE SCHEMA elsewhere");
		// The inspections below, too, find that another process has migrated
		migrate("now", 0);
		migrate("now,later", 1);
		List<Freeze> points = new ArrayList<>();
		requests().forEach((way, number) -> {
			for (int request = 0; request < number; request++) {
				points.add(new Freeze(way, request));
			}
		});
		List<Freeze> chosen = Boolean.getBoolean("chaos.every-point") ? points : sample(points);
		System.out.printf("%d of %d requests of inspections are the last ones of a frozen process%n", chosen.size(),
				points.size());
		freeze(chosen);
		this.database.awaitNoSessions();
	}

	// Evenly spread; another seed chooses others
	private static List<Freeze> sample(List<Freeze> points) {
		int first = Math.floorMod(Long.getLong("chaos.seed", 1L), INTERVAL);
		return IntStream.range(0, points.size()).filter((i) -> i % INTERVAL == first).mapToObj(points::get).toList();
	}

	/**
	 * Inspect in all ways, undisturbed.
	 * @return how many requests there are before the lease is taken
	 */
	private Map<Way, Integer> requests() {
		Map<Way, Integer> requests = new EnumMap<>(Way.class);
		Map<Way, PostgresRelay> relays = new EnumMap<>(Way.class);
		for (Way way : Way.values()) {
			relays.put(way, PostgresRelay.to(this.database));
		}
		List<String> inspections = new ArrayList<>();
		// The first inspections write once what later ones find
		relays.keySet().forEach((way) -> inspections.add("%s %d %s".formatted(way, 2, this.database.getUrl())));
		relays.forEach((way, relay) -> inspections.add("%s %d %s".formatted(way, 3, relay.getUrl())));
		try (JavaProcess worker = worker(inspections)) {
			assertThat(worker.awaitExit(Applications.START)).as(worker::getOutput).isZero();
			relays.forEach((way, relay) -> {
				List<Request> all = relay.getRequests();
				List<Request> ofInspection = way.isMigrating()
						? all.stream().takeWhile((request) -> !TAKES_LEASE.matcher(request.sql()).lookingAt()).toList()
						: all;
				List<Request> open = new ArrayList<>(relay.getOpenTransactions());
				open.retainAll(ofInspection);
				assertThat(open).as(way + " leaves a transaction open").isEmpty();
				assertThat(ofInspection).as(way + "\n" + worker.getOutput()).hasSizeGreaterThan(5);
				requests.put(way, ofInspection.size());
			});
		}
		finally {
			relays.values().forEach(PostgresRelay::close);
		}
		return requests;
	}

	private void freeze(List<Freeze> points) {
		List<PostgresRelay> relays = points.stream().map((point) -> PostgresRelay.to(this.database)).toList();
		List<String> inspections = new ArrayList<>();
		for (int i = 0; i < points.size(); i++) {
			inspections.add("%s %d %s".formatted(points.get(i).way(), i + 4, relays.get(i).getUrl()));
		}
		List<CountDownLatch> frozen = points.stream().map((point) -> new CountDownLatch(1)).toList();
		CompletableFuture<JavaProcess> started = new CompletableFuture<>();
		for (int i = 0; i < points.size(); i++) {
			CountDownLatch latch = frozen.get(i);
			relays.get(i).at(points.get(i).request(), () -> {
				signal("STOP", started.join());
				latch.countDown();
			});
		}
		try (JavaProcess worker = worker(inspections)) {
			started.complete(worker);
			List<Freeze> missed = new ArrayList<>();
			for (int i = 0; i < points.size(); i++) {
				String ended = InspectingWorker.ENDED.formatted(i);
				CountDownLatch latch = frozen.get(i);
				Awaitility.await(points.get(i).toString())
					.atMost(Applications.START)
					.until(() -> latch.getCount() == 0 || worker.getOutput().contains(ended));
				if (latch.getCount() > 0) {
					missed.add(points.get(i));
					continue;
				}
				int number = i + 4;
				CompletableFuture<Void> other = CompletableFuture.runAsync(() -> migrate("now,later", number));
				try {
					other.orTimeout(Applications.START.toSeconds(), TimeUnit.SECONDS).join();
				}
				finally {
					signal("CONT", worker);
				}
				worker.awaitLine(ended, Applications.START);
			}
			assertThat(missed).as(worker::getOutput).isEmpty();
			assertThat(worker.awaitExit(Applications.START)).as(worker::getOutput).isZero();
		}
		finally {
			relays.forEach(PostgresRelay::close);
		}
	}

	private void migrate(String contexts, int number) {
		Outcome outcome = Engine.LOCKKEEPER.run(this.database.getUrl(),
				new Scenario.Release(CHANGE_LOG, contexts, number));
		assertThat(outcome.code()).as(outcome.message()).isZero();
	}

	private static JavaProcess worker(List<String> inspections) {
		return JavaProcess.ofMainClass(InspectingWorker.class.getName())
			.arguments(inspections.toArray(String[]::new))
			.start();
	}

	private static void signal(String name, JavaProcess process) {
		try {
			Process kill = new ProcessBuilder("kill", "-" + name, String.valueOf(process.getPid())).inheritIO().start();
			assertThat(kill.onExit().orTimeout(Applications.START.toSeconds(), TimeUnit.SECONDS).join().exitValue())
				.isZero();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * A point at which a process is frozen: the server has answered, and gets no more
	 * requests.
	 *
	 * @param way how it inspects
	 * @param request the number of the request
	 */
	private record Freeze(Way way, int request) {
	}

}
