// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway.chaos;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.SampledCases;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Processes that are killed inside a migration of Flyway, and processes that begin
 * together.
 */
class FlywayKillIT {

	private static final int KILLED = 128 + 9;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@TempDir
	Path directory;

	@ParameterizedTest
	@SampledCases
	@ValueSource(strings = { "self", "migrate-only" })
	void theNextProcessExecutesEachMigrationOnceAfterAKill(String mode) {
		Path location = CountedMigrations.GATED.write(this.directory);
		try (Gate gate = Gate.close(this.database)) {
			String backend;
			try (JavaProcess killed = Processes.of(location, this.database)
				.arguments("--lockkeeper.mode=" + mode)
				.start()) {
				backend = gate.awaitHeld();
				kill(killed);
			}
			Processes.expireLease(this.database);
			try (JavaProcess next = Processes.migrateOnly(location, this.database)) {
				Processes.awaitGone(this.database, backend);
				gate.open();
				assertThat(next.awaitExit(Processes.START)).as(next::getOutput).isZero();
			}
		}
		CountedMigrations.GATED.assertDone(this.database, location);
	}

	@Test
	@FullTier
	void anIndexThatAKilledProcessLeftInvalidIsBuiltAgain() {
		Path location = CountedMigrations.INDEX.write(this.directory);
		migrateTo(location, "2");
		try (IndexBuild build = IndexBuild.hold(this.database, "ship")) {
			String backend = killIn(build, location);
			Processes.expireLease(this.database);
			try (JavaProcess next = Processes.migrateOnly(location, this.database)) {
				Processes.awaitGone(this.database, backend);
				assertThat(validity()).containsExactly("f");
				build.release();
				assertThat(next.awaitExit(Processes.START)).as(next::getOutput).isZero();
				assertThat(next.getOutput()).contains("going on with an unfinished change set (2.1 - index");
			}
		}
		assertThat(validity()).containsExactly("t");
		CountedMigrations.INDEX.assertDone(this.database, location);
	}

	@Test
	@FullTier
	void anIndexThatTheServerHasBuiltForAKilledProcessIsRecorded() {
		Path location = CountedMigrations.INDEX.write(this.directory);
		migrateTo(location, "2");
		List<String> built;
		try (IndexBuild build = IndexBuild.hold(this.database, "ship")) {
			String backend = killIn(build, location);
			build.release();
			Processes.awaitGone(this.database, backend);
			assertThat(validity()).containsExactly("t");
			built = this.database.query("SELECT 'ship_name'::regclass::oid");
		}
		Processes.expireLease(this.database);
		try (JavaProcess next = Processes.migrateOnly(location, this.database)) {
			assertThat(next.awaitExit(Processes.START)).as(next::getOutput).isZero();
		}
		assertThat(this.database.query("SELECT 'ship_name'::regclass::oid")).isEqualTo(built);
		CountedMigrations.INDEX.assertDone(this.database, location);
	}

	@Test
	@FullTier
	void podsThatBeginTogetherExecuteEachMigrationOnce() {
		Path location = CountedMigrations.GATED.write(this.directory);
		List<JavaProcess> pods = new ArrayList<>();
		try (Gate gate = Gate.close(this.database)) {
			for (int i = 0; i < 3; i++) {
				pods.add(Processes.of(location, this.database).start());
			}
			gate.awaitHeld();
			Awaitility.await("the others wait")
				.atMost(Processes.START)
				.until(() -> pods.stream()
					.filter((pod) -> pod.getOutput().contains("waiting for the lock"))
					.count() == 2);
			gate.open();
			pods.forEach((pod) -> pod.awaitLine("Started FlywayApplication", Processes.START));
		}
		finally {
			pods.forEach(JavaProcess::close);
		}
		CountedMigrations.GATED.assertDone(this.database, location);
	}

	private void migrateTo(Path location, String version) {
		Runs runs = new Runs(this.directory, location, List.of("spring.flyway.target=" + version));
		assertThat(runs.run(this.database.getUrl()).code()).isZero();
	}

	private String killIn(IndexBuild build, Path location) {
		try (JavaProcess killed = Processes.migrateOnly(location, this.database)) {
			String backend = build.awaitHeld();
			kill(killed);
			return backend;
		}
	}

	private static void kill(JavaProcess process) {
		process.kill();
		assertThat(process.awaitExit(Processes.START)).isEqualTo(KILLED);
	}

	private List<String> validity() {
		return this.database.query("SELECT indisvalid FROM pg_index WHERE indexrelid = 'ship_name'::regclass");
	}

}
