// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway.chaos;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import dev.lockkeeper.flyway.chaos.Runs.Outcome;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.SampledCases;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A migration of Flyway that is interrupted: by the server, by the platform, or because
 * it takes too long.
 */
@ExtendWith(OutputCaptureExtension.class)
class FlywayInterruptionIT {

	private static final Map<String, String> CALLBACK = Map.of("beforeMigrate.sql", """
			create table if not exists called (pid int);
			insert into called values (pg_backend_pid());
			""");

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@TempDir
	Path directory;

	@ParameterizedTest
	@SampledCases
	@CsvSource({ "GATED,true", "GATED,false", "GATED_COMMIT,true", "GATED_COMMIT,false" })
	void theRunGoesOnWhenTheServerEndsItsSession(CountedMigrations migrations, boolean callback,
			CapturedOutput output) {
		Path location = write(migrations);
		CountedMigrations.write(location, callback ? CALLBACK : Map.of());
		try (Gate gate = Gate.close(this.database)) {
			CompletableFuture<Outcome> run = start(new Runs(this.directory, location, List.of()));
			Processes.terminate(this.database, gate.awaitHeld());
			gate.open();
			assertThat(end(run).code()).isZero();
		}
		assertThat(output).contains("lockkeeper - connection lost (schema flywayInitializer, 1 of 5 times");
		if (callback) {
			assertThat(this.database.query("SELECT DISTINCT pid FROM called")).hasSize(2);
		}
		migrations.assertDone(this.database, location);
	}

	@Test
	@FullTier
	void theRunIsTriedAgainWhenTheServerEndsItsSessionInAnIndex(CapturedOutput output) {
		Path location = write(CountedMigrations.INDEX);
		assertThat(end(start(new Runs(this.directory, location, List.of("spring.flyway.target=2")))).code()).isZero();
		Runs runs = new Runs(this.directory, location, List.of());
		try (IndexBuild build = IndexBuild.hold(this.database, "ship")) {
			CompletableFuture<Outcome> run = start(runs);
			Processes.terminate(this.database, build.awaitHeld());
			build.release();
			assertThat(end(run).code()).isEqualTo(75);
		}
		assertThat(end(start(runs)).code()).isZero();
		assertThat(output).contains("going on with an unfinished change set (2.1 - index");
		CountedMigrations.INDEX.assertDone(this.database, location);
	}

	@ParameterizedTest
	@SampledCases
	@ValueSource(strings = { "self", "migrate-only" })
	void sigtermCancelsTheStatementWhenTheGraceIsOver(String mode) {
		Path location = write(CountedMigrations.GATED);
		try (Gate gate = Gate.close(this.database);
				JavaProcess process = Processes.of(location, this.database)
					.arguments("--lockkeeper.mode=" + mode, "--lockkeeper.shutdown-grace=1s")
					.start()) {
			String backend = gate.awaitHeld();
			process.terminate();
			assertThat(process.awaitExit(Processes.START)).as(process::getOutput).isEqualTo(143);
			Processes.awaitGone(this.database, backend);
		}
		assertThatTheNextRunGoesOnAfterTheFirstMigration(location);
	}

	@Test
	@FullTier
	void theMigrationInWhichSigtermComesIsFinishedAndTheNextNotBegun() {
		Path location = write(CountedMigrations.GATED);
		try (Gate gate = Gate.close(this.database);
				JavaProcess process = Processes.of(location, this.database)
					.arguments("--migrate-only", "--lockkeeper.shutdown-grace=5m")
					.start()) {
			gate.awaitHeld();
			process.terminate();
			process.awaitLine("lockkeeper - stopping the run", Processes.START);
			gate.open();
			assertThat(process.awaitExit(Processes.START)).as(process::getOutput).isEqualTo(143);
		}
		assertThat(this.database.query("SELECT migration FROM executed ORDER BY 1")).containsExactly("1", "2");
		assertThat(new Runs(this.directory, location, List.of()).run(this.database.getUrl()).code()).isZero();
		CountedMigrations.GATED.assertDone(this.database, location);
	}

	@Test
	void aRunThatTakesLongerThanItMayIsTriedAgain() {
		Path location = write(CountedMigrations.GATED);
		assertThat(end(start(new Runs(this.directory, location, List.of("spring.flyway.target=1")))).code()).isZero();
		try (Gate gate = Gate.close(this.database)) {
			Outcome outcome = end(start(new Runs(this.directory, location,
					List.of("lockkeeper.max-duration=2s", "lockkeeper.shutdown-grace=1s"))));
			assertThat(outcome.code()).as(outcome.message()).isEqualTo(75);
			assertThat(outcome.message()).contains("lockkeeper.max-duration");
		}
		assertThatTheNextRunGoesOnAfterTheFirstMigration(location);
	}

	private void assertThatTheNextRunGoesOnAfterTheFirstMigration(Path location) {
		assertThat(this.database.query("SELECT migration FROM executed")).containsExactly("1");
		assertThat(this.database.query("SELECT script || ' ' || success FROM flyway_schema_history"))
			.containsExactly("V1__first.sql true");
		assertThat(new Runs(this.directory, location, List.of()).run(this.database.getUrl()).code()).isZero();
		CountedMigrations.GATED.assertDone(this.database, location);
	}

	private Path write(CountedMigrations migrations) {
		return migrations.write(this.directory.resolve("migrations"));
	}

	private CompletableFuture<Outcome> start(Runs runs) {
		return CompletableFuture.supplyAsync(() -> runs.run(this.database.getUrl()));
	}

	private static Outcome end(CompletableFuture<Outcome> run) {
		return run.orTimeout(Processes.START.toMinutes(), TimeUnit.MINUTES).join();
	}

}
