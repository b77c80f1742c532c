// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.chaos;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

import dev.lockkeeper.process.Applications;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.PostgresRelay;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A primary that dies, and a standby that takes its place.
 */
@FullTier
class FailoverIT {

	@TempDir
	Path directory;

	@Test
	void theRunEndsOnTheNewPrimary() {
		TestPostgres primary = TestPostgres.startEmbedded();
		TestPostgres standby = primary.startStandby();
		try {
			GatedMigration migration = new GatedMigration(primary);
			migration.close("end 3");
			TestDatabase copy = standby.getDatabase(migration.getDatabase());
			Path verdict = this.directory.resolve("verdict");
			try (JavaProcess process = migration.start(
					twoHosts(migration.getDatabase(), copy.getUrl(), "targetServerType=primary&hostRecheckSeconds=1"),
					verdict)) {
				migration.awaitHeld("end 3");
				awaitReplicated(migration.getDatabase(), copy);
				assertThat(copy.query("SELECT count(*) FROM databasechangelog")).containsExactly("3");
				primary.kill();
				Awaitility.await("the run waits for a database that it can write")
					.atMost(Applications.START)
					.until(() -> process.getOutput().contains("lockkeeper - connection lost"));
				standby.promote();
				assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isZero();
				assertThat(Applications.read(verdict)).contains("\"status\":\"DONE\"");
			}
			new GatedMigration(copy).assertDone();
		}
		finally {
			standby.close();
			primary.close();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "targetServerType=any", "targetServerType=preferPrimary&hostRecheckSeconds=0" })
	void theRunWaitsOnAStandbyUntilItIsThePrimary(String hosts) {
		failOver(hosts, "--lockkeeper.retry.max-duration=5m", (failover) -> {
			awaitReadOnly(failover.relay(), 2);
			assertThat(failover.process().getOutput()).doesNotContain("lease lost");
			failover.standby().promote();
			assertThatItEndsThere(failover);
		});
	}

	@Test
	void theRunWaitsOnAStandbyForLongerThanItsLease() {
		failOver("targetServerType=any", "--lockkeeper.retry.max-duration=5m", (failover) -> {
			failover.process().awaitLine("lockkeeper - lease lost", Applications.START);
			long before = queriesOfTheLease(failover.relay());
			Awaitility.await("it queries the lease again and again")
				.atMost(Applications.START)
				.until(() -> queriesOfTheLease(failover.relay()) >= before + 2);
			failover.standby().promote();
			assertThatItEndsThere(failover);
		});
	}

	@Test
	void theRunIsStartedAgainWhenTheStandbyDoesNotBecomeThePrimary() {
		failOver("targetServerType=any", "--lockkeeper.retry.max-duration=3s", (failover) -> {
			assertThat(failover.process().awaitExit(Applications.START)).as(failover.process()::getOutput)
				.isEqualTo(75);
			awaitReadOnly(failover.relay(), 1);
			assertThat(failover.process().getOutput()).contains("lockkeeper - the run cannot go on (schema liquibase: "
					+ "ERROR: cannot execute UPDATE in a read-only transaction)");
			assertThat(Applications.read(failover.verdict())).contains("\"status\":\"TEMPORARY\"", "\"code\":75",
					"\"retryable\":true");
			failover.standby().promote();
			failover.copy().execute("DELETE FROM gate");
			GatedMigration again = new GatedMigration(failover.copy());
			again.runPlainly();
			again.assertDone();
		});
	}

	/**
	 * Let the primary die in the middle of a run that finds a standby at the other host
	 * of its URL.
	 */
	private void failOver(String hosts, String argument, Consumer<Failover> then) {
		TestPostgres primary = TestPostgres.startEmbedded();
		TestPostgres standby = primary.startStandby();
		try {
			GatedMigration migration = new GatedMigration(primary);
			migration.close("end 3");
			TestDatabase copy = standby.getDatabase(migration.getDatabase());
			Path verdict = this.directory.resolve("verdict");
			try (PostgresRelay relay = PostgresRelay.to(copy);
					JavaProcess process = migration.start(twoHosts(migration.getDatabase(), relay.getUrl(), hosts),
							verdict, argument)) {
				migration.awaitHeld("end 3");
				awaitReplicated(migration.getDatabase(), copy);
				primary.kill();
				process.awaitLine("lockkeeper - connection lost", Applications.START);
				then.accept(new Failover(standby, copy, relay, process, verdict));
			}
		}
		finally {
			standby.close();
			primary.close();
		}
	}

	private static void awaitReadOnly(PostgresRelay relay, int times) {
		Awaitility.await("the standby has answered that it only reads")
			.atMost(Applications.START)
			.until(() -> readOnly(relay) >= times);
	}

	private static int readOnly(PostgresRelay relay) {
		return Collections.frequency(relay.getRefusals(), "25006");
	}

	private static long queriesOfTheLease(PostgresRelay relay) {
		return relay.getRequests()
			.stream()
			.filter((request) -> request.sql().startsWith("SELECT locked_by, backend_pid"))
			.count();
	}

	private static void assertThatItEndsThere(Failover failover) {
		assertThat(failover.process().awaitExit(Applications.START)).as(failover.process()::getOutput).isZero();
		assertThat(Applications.read(failover.verdict())).contains("\"status\":\"DONE\"",
				"\"applied\":" + (GatedMigration.CHANGE_SETS + 1));
		assertThat(failover.process().getStory()).as("reported once, however often it is queried")
			.filteredOn((line) -> line.contains("the backend of the last holder is gone"))
			.hasSize(1);
		assertThat(failover.process().getOutput()).doesNotContain("Unexpected exception");
		new GatedMigration(failover.copy()).assertDone();
	}

	private static void awaitReplicated(TestDatabase primary, TestDatabase standby) {
		String written = primary.query("SELECT pg_current_wal_lsn()").get(0);
		String replayed = "SELECT pg_last_wal_replay_lsn() >= '%s'".formatted(written);
		Awaitility.await("the standby has what the primary has")
			.until(() -> standby.query(replayed), Predicate.isEqual(List.of("t")));
	}

	private static String twoHosts(TestDatabase primary, String standby, String parameters) {
		String other = standby.replaceFirst("jdbc:postgresql://([^/]+)/.*", "$1");
		String url = primary.getUrl();
		int path = url.indexOf('/', "jdbc:postgresql://".length());
		return "%s,%s%s%c%s".formatted(url.substring(0, path), other, url.substring(path),
				(url.indexOf('?') < 0) ? '?' : '&', parameters);
	}

	/**
	 * A run that has lost its primary.
	 *
	 * @param standby the standby that remains
	 * @param copy the database there
	 * @param relay leads the run to it
	 * @param process the run
	 * @param verdict where the run writes its verdict
	 */
	private record Failover(TestPostgres standby, TestDatabase copy, PostgresRelay relay, JavaProcess process,
			Path verdict) {
	}

}
