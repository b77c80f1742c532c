// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.Onlooker;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Many processes that migrate themselves, started at once on an empty database.
 */
@FullTier
class FleetIT {

	private static final int SIZE = "full".equals(System.getProperty("chaos")) ? 8 : 4;

	private static final int LARGE = 16;

	private static final Duration LONGEST_OVERLAP = Duration.ofSeconds(5);

	private static final Duration START_OF_ALL = Duration.ofMinutes(40);

	private static final Duration MAX_INTERVAL = Duration.ofSeconds(5);

	@TempDir
	Path directory;

	@Test
	void exactlyOneMigratesAndNoneFails() {
		TestDatabase database = TestPostgres.shared().createDatabase();
		Path changeLog = Applications.changeLog(this.directory.resolve("fleet.sql"),
				"me:one\ncreate table one (id int primary key);", "me:slow\nselect pg_sleep(15);",
				"me:two\ncreate table two (id int primary key);");
		List<JavaProcess> fleet = new ArrayList<>();
		Instant began = Instant.now();
		try {
			for (int i = 0; i < SIZE; i++) {
				fleet.add(Applications.plain(changeLog, database)
					.arguments("--spring.main.web-application-type=none")
					.start());
			}
			assertThat(fleet).allSatisfy(
					(process) -> assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isZero());
			List<Instant> migrated = times(fleet, "lockkeeper - migrated");
			List<Instant> others = times(fleet, "lockkeeper - another process has migrated");
			others.addAll(times(fleet, "lockkeeper - nothing to do"));
			assertThat(migrated).hasSize(1);
			assertThat(others).hasSize(SIZE - 1);
			Duration behind = Duration.between(migrated.get(0), last(others));
			System.out.println("The last of " + SIZE + " went on " + behind + " after the end of the migration");
			// On a slow machine the processes begin far apart, the last one perhaps only
			// then
			Duration start = Duration.between(began, last(times(fleet, "lockkeeper - mode")));
			assertThat(behind).isLessThan(MAX_INTERVAL.multipliedBy(5).plus(start));
		}
		finally {
			fleet.forEach(JavaProcess::close);
		}
		assertThat(database.query("SELECT id FROM databasechangelog ORDER BY orderexecuted")).containsExactly("one",
				"slow", "two");
		assertThat(database.query("SELECT locked FROM databasechangeloglock")).containsExactly("f");
		assertThat(database.query("SELECT lock_until <= timezone('utc', clock_timestamp()) FROM lockkeeper_lock"))
			.containsExactly("t");
		database.awaitNoSessions();
	}

	@Test
	void theOthersFinishTheWorkOfOneThatIsKilled() {
		TestDatabase database = TestPostgres.shared().createDatabase();
		database.execute("CREATE TABLE tally (what text)", "CREATE TABLE pause (seconds int)",
				"INSERT INTO pause VALUES (7200)");
		Path changeLog = Applications.changeLog(this.directory.resolve("large.sql"),
				"me:first\ninsert into tally values ('first');\nselect pg_sleep(10);",
				"me:second\ninsert into tally values ('second');\nselect pg_sleep(seconds) from pause;",
				"me:third\ninsert into tally values ('third');");
		Map<String, JavaProcess> fleet = new TreeMap<>();
		Instant began = Instant.now();
		SessionWatch watch = new SessionWatch(database);
		try (watch) {
			for (int i = 1; i <= LARGE; i++) {
				String name = "fleet-%02d".formatted(i);
				fleet.put(name,
						Applications.plain(changeLog, database)
							.jvmArguments("-Xmx96m")
							.arguments("--spring.main.web-application-type=none", "--spring.application.name=" + name,
									"--lockkeeper.lock.wait-timeout=1h")
							.start());
			}
			Awaitility.await("one migrates, the others wait")
				.atMost(START_OF_ALL)
				.until(() -> watch.isRunning("%from pause%")
						&& times(List.copyOf(fleet.values()), "lockkeeper - waiting for the lock").size() == LARGE - 1);
			Duration start = Duration.between(began, Instant.now());
			String first = fleet.keySet().stream().filter((name) -> isMigrating(fleet, name)).findFirst().orElseThrow();
			JavaProcess killed = fleet.remove(first);
			killed.kill();
			assertThat(killed.awaitExit(Applications.START)).isEqualTo(137);
			database.execute("UPDATE pause SET seconds = 10");
			assertThat(fleet.values())
				.allSatisfy((process) -> assertThat(process.awaitExit(START_OF_ALL)).as(process::getOutput).isZero());
			assertThat(times(List.copyOf(fleet.values()), "lockkeeper - migrated")).hasSize(1);
			assertThat(times(List.copyOf(fleet.values()), "lockkeeper - another process has migrated"))
				.hasSize(LARGE - 2);
			List<String> waiters = fleet.keySet().stream().filter((name) -> !isMigrating(fleet, name)).toList();
			System.out.println("Longest time that a waiter had more than one session: " + watch.longestOverlap(waiters)
					+ " (in " + watch.samples() + " samples)");
			assertThat(watch.seen()).as("each was seen waiting").containsAll(waiters);
			assertThat(watch.longestOverlap(waiters)).isLessThan(LONGEST_OVERLAP.plus(start.dividedBy(10)));
		}
		finally {
			fleet.values().forEach(JavaProcess::close);
		}
		assertThat(database.query("SELECT id FROM databasechangelog ORDER BY orderexecuted")).containsExactly("first",
				"second", "third");
		assertThat(database.query("SELECT what FROM tally ORDER BY what")).containsExactly("first", "second", "third");
		assertThat(database.query("SELECT locked FROM databasechangeloglock")).containsExactly("f");
		database.awaitNoSessions();
	}

	private static Instant last(List<Instant> times) {
		return times.stream().max(Instant::compareTo).orElseThrow();
	}

	private static boolean isMigrating(Map<String, JavaProcess> fleet, String name) {
		return fleet.get(name).getOutput().contains("lockkeeper - migrating");
	}

	private static List<Instant> times(List<JavaProcess> fleet, String text) {
		return new ArrayList<>(fleet.stream()
			.flatMap((process) -> process.getLines().stream())
			.filter((line) -> line.text().contains(text))
			.map(JavaProcess.Line::at)
			.toList());
	}

	/**
	 * Samples all the time which processes have sessions. A session that its client has
	 * closed is seen until the server has ended it, so that two may overlap for a moment.
	 */
	private static final class SessionWatch implements AutoCloseable {

		private static final String SESSIONS = "SELECT split_part(application_name, ' ', 2) FROM pg_stat_activity "
				+ "WHERE datname = current_database() AND application_name LIKE 'lockkeeper %'";

		private final Onlooker onlooker;

		private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();

		private final Map<String, Instant> overlapSince = new HashMap<>();

		private final Map<String, Duration> overlaps = new HashMap<>();

		private final Set<String> seen = new TreeSet<>();

		private int samples;

		private SessionWatch(TestDatabase database) {
			this.onlooker = new Onlooker(database);
			Future<?> unused = this.thread.scheduleWithFixedDelay(this::sample, 0, 50, TimeUnit.MILLISECONDS);
		}

		private synchronized void sample() {
			Map<String, Integer> sessions = new HashMap<>();
			this.onlooker.query(SESSIONS).forEach((application) -> sessions.merge(application, 1, Integer::sum));
			this.samples++;
			this.seen.addAll(sessions.keySet());
			this.overlapSince.keySet().retainAll(sessions.keySet());
			sessions.forEach((application, count) -> {
				if (count < 2) {
					this.overlapSince.remove(application);
					return;
				}
				Instant now = Instant.now();
				Instant since = this.overlapSince.computeIfAbsent(application, (name) -> now);
				this.overlaps.merge(application, Duration.between(since, now),
						(one, other) -> (one.compareTo(other) > 0) ? one : other);
			});
		}

		synchronized boolean isRunning(String query) {
			return !this.onlooker
				.query("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
						+ "AND pid <> pg_backend_pid() AND state = 'active' AND query LIKE '%s'".formatted(query))
				.isEmpty();
		}

		synchronized Duration longestOverlap(List<String> applications) {
			return applications.stream()
				.map((name) -> this.overlaps.getOrDefault(name, Duration.ZERO))
				.max(Duration::compareTo)
				.orElseThrow();
		}

		synchronized int samples() {
			return this.samples;
		}

		synchronized Set<String> seen() {
			return Set.copyOf(this.seen);
		}

		@Override
		public void close() {
			this.thread.shutdownNow();
			this.onlooker.close();
		}

	}

}
