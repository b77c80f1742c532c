// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initializers;

import java.util.List;
import java.util.Set;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A process that migrates makes the tables of all six script initializers, and a pod that
 * defers waits for them and makes none.
 */
class SixInitializersIT {

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	/**
	 * Return what the JVM of each process gets.
	 */
	String[] jvmArguments() {
		return new String[0];
	}

	/**
	 * Return which initializers a setting of the process turns off.
	 */
	Set<String> turnedOffAtRunTime() {
		return Harbour.NEVER.keySet();
	}

	@Test
	void aStartAndMigrateOnlyLeaveTheSameTables() {
		TestDatabase started = TestPostgres.shared().createDatabase();
		try (JavaProcess process = process(started).start()) {
			Harbour.useEachFeature(Harbour.awaitReady(process), "Aurora");
		}
		String output = Harbour.run(process(this.database).arguments("--migrate-only"), 0);
		assertThat(Harbour.tables(this.database)).as(output).containsAll(Harbour.TABLES);
		assertThat(Harbour.catalog(this.database)).isEqualTo(Harbour.catalog(started));
		assertThat(this.database.query("SELECT name FROM port ORDER BY 1"))
			.isEqualTo(started.query("SELECT name FROM port ORDER BY 1"))
			.containsExactly("Hamburg", "Rotterdam");
	}

	@Test
	@FullTier
	void migrateOnlyLeavesTheTablesThatSpringBootMakes() {
		TestDatabase stock = TestPostgres.shared().createDatabase();
		Harbour.serveOnce(process(stock).arguments("--lockkeeper.initializers=boot"));
		Harbour.run(process(this.database).arguments("--migrate-only"), 0);
		assertThat(Harbour.catalog(this.database)).filteredOn((line) -> !line.contains("lockkeeper_script"))
			.isEqualTo(Harbour.catalog(stock).stream().filter((line) -> !line.contains("lockkeeper_script")).toList());
	}

	@Test
	@FullTier
	void aDryRunPrintsTheScriptsAndExecutesNone() {
		try (JavaProcess question = process(this.database).arguments("--migrate-only", "--dry-run")
			.separateStreams()
			.start()) {
			assertThat(question.awaitExit(Harbour.START)).as(question::getErrors).isZero();
			for (String table : Harbour.TABLES) {
				assertThat(question.getOutput())
					.containsPattern("(?i)create table (if not exists )?%s\\b".formatted(table));
			}
		}
		assertThat(Harbour.tables(this.database)).isEmpty();
	}

	@Test
	void aPodWhoseRoleMayNotCreateServesEachFeature() {
		Roles roles = Roles.create(this.database);
		Harbour.run(process(this.database, roles.owner()).arguments("--migrate-only"), 0);
		roles.restrictToReading(this.database);
		List<String> catalog = Harbour.catalog(this.database);
		try (JavaProcess pod = process(this.database, roles.application()).onKubernetes().start()) {
			int port = Harbour.awaitReady(pod);
			assertThat(pod.getOutput()).contains("lockkeeper - mode DEFER");
			Harbour.useEachFeature(port, "Aurora");
			assertThat(Http.get(port, "/actuator/schema").body()).contains("\"status\":\"CURRENT\"")
				.doesNotContain("\"status\":\"PENDING\"", "\"status\":\"UNREADABLE\"");
		}
		assertThat(Harbour.catalog(this.database)).isEqualTo(catalog);
	}

	@Test
	void aPodWaitsForTheScriptsThatStatusNames() {
		Harbour.run(process(this.database).arguments("--migrate-only").arguments(Harbour.neverBut()), 0);
		int port = Http.freePort();
		try (JavaProcess pod = process(this.database).onKubernetes().arguments("--server.port=" + port).start()) {
			pod.awaitLine("lockkeeper - waiting for the schema", Harbour.START);
			Awaitility.await().atMost(Harbour.START).until(() -> Http.get(port, Harbour.READINESS).status() == 503);
			assertThat(Harbour.run(process(this.database).arguments("--migrate-only", "--status"), 4))
				.contains("PENDING")
				.contains(turnedOffAtRunTime());
			assertThat(Harbour.tables(this.database)).doesNotContain("port", "batch_job_instance", "qrtz_triggers");
			Harbour.run(process(this.database).arguments("--migrate-only"), 0);
			Harbour.useEachFeature(Harbour.awaitReady(pod), "Borealis");
		}
		Harbour.run(process(this.database).arguments("--migrate-only", "--status"), 0);
	}

	private JavaProcess.Builder process(TestDatabase database) {
		return Harbour.process(database).jvmArguments(jvmArguments());
	}

	private JavaProcess.Builder process(TestDatabase database, String role) {
		return Harbour.process(database, role).jvmArguments(jvmArguments());
	}

}
