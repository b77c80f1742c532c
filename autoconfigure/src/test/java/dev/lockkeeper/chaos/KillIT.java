// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.chaos;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import dev.lockkeeper.process.Applications;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Processes that are killed inside a change set.
 */
@FullTier
class KillIT {

	private static final int SAMPLE = 2;

	private static final int FULL = 8;

	private static final int SOAK = 1000;

	private static final int KILLED = 128 + 9;

	private static final Duration SLEEP = Duration.ofMinutes(20);

	@TempDir
	Path directory;

	@Test
	void aPlainRerunIsRightWhereverTheProcessWasKilled() {
		long seed = Long.getLong("chaos.seed", System.nanoTime());
		List<Kill> kills = kills(new Random(seed));
		System.out.printf("%d processes are killed inside a change set, -Dchaos.seed=%d%n", kills.size(), seed);
		Parallel.forEach(kills, Kill::perform);
	}

	private static List<Kill> kills(Random random) {
		List<String> points = GatedMigration.points();
		List<Kill> kills = new ArrayList<>();
		for (int number = 1; number <= number(); number++) {
			kills.add(new Kill(number, points.get(random.nextInt(points.size())), random.nextBoolean()));
		}
		return kills;
	}

	private static int number() {
		if (!"false".equals(System.getProperty("soak", "false"))) {
			return SOAK;
		}
		return "full".equals(System.getProperty("chaos")) ? FULL : SAMPLE;
	}

	@Test
	void theNextRunDoesNotWaitForTheStatementOfTheDeadOne() {
		TestDatabase database = TestPostgres.shared().createDatabase();
		database.execute("CREATE TABLE pause (seconds int)",
				"INSERT INTO pause VALUES (%d)".formatted(SLEEP.toSeconds()));
		Path changeLog = Applications.changeLog(this.directory.resolve("sleep.sql"),
				"me:sleep\ncreate table slept (id int);\nselect pg_sleep(seconds) from pause;");
		String lease = "--lockkeeper.lock.lease=" + GatedMigration.LEASE.toSeconds() + "s";
		Instant killed;
		try (JavaProcess process = Applications.migrateOnly(changeLog, database, lease)) {
			Awaitility.await("the change set sleeps")
				.atMost(Applications.START)
				.until(() -> database
					.query("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
							+ "AND wait_event = 'PgSleep' AND query LIKE '%from pause%'")
					.size() == 1);
			process.kill();
			killed = Instant.now();
		}
		database.execute("UPDATE pause SET seconds = 0");
		try (JavaProcess next = Applications.migrateOnly(changeLog, database, lease)) {
			Instant wentOn = next.awaitLine("lockkeeper - migrating", Applications.START).at();
			Duration after = Duration.between(killed, wentOn);
			System.out.println("The next run went on " + after + " after the last one was killed in a statement of "
					+ SLEEP + ", with a lease of " + GatedMigration.LEASE);
			assertThat(after).isLessThan(SLEEP);
			assertThat(next.awaitExit(Applications.START)).as(next::getOutput).isZero();
		}
		assertThat(database.query("SELECT id FROM databasechangelog")).containsExactly("sleep");
		database.awaitNoSessions();
	}

	/**
	 * One kill.
	 *
	 * @param number its number
	 * @param point where the server is in the change set
	 * @param goesOn whether the server goes on at once, for a client that is dead, or
	 * stays there
	 */
	private record Kill(int number, String point, boolean goesOn) {

		void perform() {
			try (GatedMigration migration = new GatedMigration()) {
				migration.close(this.point);
				try (JavaProcess process = migration.start()) {
					migration.awaitHeld(this.point);
					process.kill();
					assertThat(process.awaitExit(Applications.START)).isEqualTo(KILLED);
				}
				if (this.goesOn) {
					migration.open(this.point);
				}
				migration.expireLease();
				migration.runHere();
				migration.assertDone();
			}
		}

	}

}
