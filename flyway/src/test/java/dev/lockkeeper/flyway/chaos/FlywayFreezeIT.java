// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway.chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import dev.lockkeeper.flyway.chaos.Runs.Outcome;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A process that has lost its lease inside a migration of Flyway commits nothing.
 */
class FlywayFreezeIT {

	private static final String HISTORY = "SELECT concat_ws(' ', installed_rank, script, success, xmin) "
			+ "FROM flyway_schema_history ORDER BY installed_rank";

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@TempDir
	Path directory;

	@ParameterizedTest
	@EnumSource(names = { "GATED", "GATED_COMMIT" })
	@FullTier
	void aProcessThatWakesUpWhenAnotherOneHasMigratedCommitsNothing(CountedMigrations migrations) {
		Path location = migrations.write(this.directory);
		try (Gate gate = Gate.close(this.database);
				JavaProcess frozen = Processes.migrateOnly(location, this.database)) {
			String backend = gate.awaitHeld();
			assertThat(this.database.query("SELECT query FROM pg_stat_activity WHERE pid = " + backend).get(0))
				.startsWith((migrations == CountedMigrations.GATED) ? "select pg_advisory" : "COMMIT");
			signal("STOP", frozen);
			try (JavaProcess next = Processes.migrateOnly(location, this.database)) {
				Processes.awaitGone(this.database, backend);
				gate.open();
				assertThat(next.awaitExit(Processes.START)).as(next::getOutput).isZero();
				assertThat(next.getOutput()).contains("lockkeeper - the backend of the last holder is gone");
			}
			List<String> history = this.database.query(HISTORY);
			signal("CONT", frozen);
			assertThat(frozen.awaitExit(Processes.START)).as(frozen::getOutput).isEqualTo(75);
			assertThat(this.database.query(HISTORY)).isEqualTo(history);
		}
		migrations.assertDone(this.database, location);
	}

	@Test
	void aRunWhoseLeaseAnotherOneHasTakenCommitsNothing() {
		Path location = CountedMigrations.GATED.write(this.directory.resolve("migrations"));
		Runs runs = new Runs(this.directory, location, List.of());
		try (Gate gate = Gate.close(this.database)) {
			CompletableFuture<Outcome> run = CompletableFuture.supplyAsync(() -> runs.run(this.database.getUrl()));
			gate.awaitHeld();
			this.database.execute("UPDATE lockkeeper_lock SET locked_by = 'another', backend_pid = NULL");
			gate.open();
			assertThat(run.orTimeout(Processes.START.toMinutes(), TimeUnit.MINUTES).join().code()).isEqualTo(75);
		}
		assertThat(this.database.query("SELECT migration FROM executed")).containsExactly("1");
		assertThat(this.database.query("SELECT script FROM flyway_schema_history")).containsExactly("V1__first.sql");
		Processes.expireLease(this.database);
		assertThat(runs.run(this.database.getUrl()).code()).isZero();
		CountedMigrations.GATED.assertDone(this.database, location);
	}

	private static void signal(String name, JavaProcess process) {
		try {
			Process kill = new ProcessBuilder("kill", "-" + name, String.valueOf(process.getPid())).inheritIO().start();
			assertThat(kill.onExit().orTimeout(Processes.START.toMinutes(), TimeUnit.MINUTES).join().exitValue())
				.isZero();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
