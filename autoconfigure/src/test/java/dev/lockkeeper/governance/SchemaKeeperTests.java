// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governance;

import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.TerminationMessage;
import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.gate.SchemaWait;
import dev.lockkeeper.lock.MigrationLock;
import dev.lockkeeper.migration.MigrationListeners;
import dev.lockkeeper.migration.Migrator;
import dev.lockkeeper.migration.MigratorSettings;
import dev.lockkeeper.migration.ProgressLog;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.mode.OneOffProcess;
import dev.lockkeeper.progress.Progress;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.SchemaUnreadableException;
import dev.lockkeeper.testing.FakeSchema;
import dev.lockkeeper.waiting.Polling;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.mock.env.MockEnvironment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * The verdict of a process that has done more than one thing.
 */
@Timeout(60)
class SchemaKeeperTests {

	private static final String TRAFFIC = "Pods that already serve go on serving.";

	private static final ChangeSetReference ONE = new ChangeSetReference("one", "me", "file");

	private static final ChangeSetReference TWO = new ChangeSetReference("two", "me", "file");

	@TempDir
	private Path directory;

	@ParameterizedTest
	@EnumSource(value = Mode.class, names = { "SELF", "MIGRATE_ONLY" })
	void changeSetsAppliedToOtherSchemasCount(Mode mode) {
		SchemaKeeper keeper = keeper(mode);
		keeper.accept(schema("first"), List.of("second"));
		FakeSchema second = schema("second");
		failAtSecond(second);
		Verdict verdict = verdictOf(keeper, second);
		assertThat(verdict.status()).isEqualTo(ExitStatus.MIGRATION);
		assertThat(verdict.schema()).isEqualTo("second");
		assertThat(verdict.changeSet()).isNotNull().extracting(Verdict.ChangeSet::id).isEqualTo("two");
		assertThat(verdict.applied()).isEqualTo(3);
		assertThat(verdict.message())
			.startsWith("Schema second: Change set file::two::me failed: no. The schema is at 'one' by me")
			.endsWith("Done before it: first.");
		assertThat(second.getEnds()).singleElement().satisfies((result) -> {
			assertThat(result.applied()).isEqualTo(1);
			assertThat(result.message()).isEqualTo("Change set file::two::me failed: no");
		});
	}

	@Test
	void appliedChangeSetsCountWhateverTheNextSchemaFailsWith() {
		SchemaKeeper keeper = keeper(Mode.SELF);
		keeper.accept(schema("first"), List.of("second"));
		FakeSchema second = schema("second");
		second.unreadable(gone(second));
		Verdict verdict = verdictOf(keeper, second);
		assertThat(verdict.status()).isEqualTo(ExitStatus.UNAVAILABLE);
		assertThat(verdict.applied()).isEqualTo(2);
	}

	@Test
	void aFailedMigratorReportsThatTrafficMayFlow() {
		FakeSchema schema = schema("schema");
		failAtSecond(schema);
		assertThat(verdictOf(keeper(Mode.MIGRATE_ONLY), schema).message())
			.isEqualTo("Change set file::two::me failed: no. The schema is at 'one' by me, and one change set is "
					+ "missing. " + TRAFFIC);
	}

	@Test
	void aProcessThatServesItselfDoesNotReportThat() {
		FakeSchema schema = schema("schema");
		failAtSecond(schema);
		assertThat(verdictOf(keeper(Mode.SELF), schema).message()).doesNotContain(TRAFFIC);
	}

	@Test
	void whereNoDatabaseAnswersNothingIsSaidOfTraffic() {
		FakeSchema schema = schema("schema");
		schema.unreadable(gone(schema));
		assertThat(verdictOf(keeper(Mode.MIGRATE_ONLY), schema).message()).isEqualTo("Gone.");
	}

	@Test
	void aProcessThatIsAskedToEndWhileNoDatabaseAnswersSaysNothingOfTraffic() {
		FakeSchema schema = schema("schema");
		schema.unreadable(gone(schema));
		Thread.currentThread().interrupt();
		Verdict verdict = verdictOf(keeper(Mode.MIGRATE_ONLY, Duration.ofMinutes(1)), schema);
		assertThat(Thread.interrupted()).isTrue();
		assertThat(verdict.status()).isEqualTo(ExitStatus.TERMINATED);
		assertThat(verdict.message()).doesNotContain("Pods");
	}

	@Test
	void aRefusalAfterOtherSchemasWereMigratedReportsThem() {
		SchemaKeeper keeper = keeper(Mode.MIGRATE_ONLY);
		keeper.accept(schema("first"), List.of("second"));
		FakeSchema second = schema("second");
		second.droppedFirst();
		Verdict verdict = verdictOf(keeper, second);
		assertThat(verdict.status()).isEqualTo(ExitStatus.CONFIG);
		assertThat(verdict.applied()).isEqualTo(2);
	}

	@Test
	void aReleaseProcessThatDefersEndsWhileSomethingIsMissing() {
		ModeDecision decision = new ModeDecision(Mode.DEFER, "platform HEROKU: DYNO is set", true, false, true, true,
				new OneOffProcess("DYNO=release.5", true));
		SchemaKeeper keeper = keeper(decision, waiting());
		Verdict verdict = verdictOf(keeper, schema("schema"));
		assertThat(verdict.status()).isEqualTo(ExitStatus.USAGE);
		assertThat(verdict.message())
			.isEqualTo("This process prepares a release (DYNO=release.5), and schema schema lacks 2 change sets. The "
					+ "process is in mode DEFER (platform HEROKU: DYNO is set).");
		assertThat(verdict.action())
			.isEqualTo("Put this into the Procfile: release: java -jar application.jar --migrate-only");
	}

	@Test
	void aReleaseProcessThatDefersServesAfterTheMigration() {
		ModeDecision decision = new ModeDecision(Mode.DEFER, "a test", true, false, true, true,
				new OneOffProcess("DYNO=release.5", true));
		FakeSchema schema = schema("schema");
		schema.getPending().clear();
		keeper(decision, waiting()).accept(schema, List.of());
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void warnsThatAProcessWhichRunsOnceDefers(CapturedOutput output) {
		SchemaKeeper keeper = keeper(new ModeDecision(Mode.DEFER, "platform HEROKU: DYNO is set", true, false, true,
				true, new OneOffProcess("DYNO=run.5", false)), null);
		keeper.accept(schema("schema"), List.of());
		keeper.accept(schema("other"), List.of());
		assertThat(output).containsOnlyOnce("lockkeeper - this process runs once and does not migrate "
				+ "(DYNO=run.5); start it with --migrate-only to migrate");
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void warnsOnceOfAWaitThatDoesNotFit(CapturedOutput output) {
		keeper(Mode.SELF).accept(schema("schema"), List.of());
		assertThat(output).doesNotContain("the wait is too long");
		SchemaKeeper keeper = keeper(new ModeDecision(Mode.DEFER, "a test", true, false, true), null);
		keeper.accept(schema("schema"), List.of());
		keeper.accept(schema("other"), List.of());
		assertThat(output).containsOnlyOnce("lockkeeper - the wait is too long");
	}

	private SchemaKeeper keeper(Mode mode) {
		return keeper(mode, Duration.ofMillis(10));
	}

	private SchemaKeeper keeper(Mode mode, Duration databaseWait) {
		return keeper(new ModeDecision(mode, "a test", false, false, true), databaseWait, null);
	}

	private static SchemaWait waiting() {
		return new SchemaWait(new Polling(Duration.ofMillis(1), Duration.ofMillis(1)), Duration.ofMinutes(1),
				Progress.NONE);
	}

	private SchemaKeeper keeper(ModeDecision decision, @Nullable SchemaWait wait) {
		return keeper(decision, Duration.ofMillis(10), wait);
	}

	private SchemaKeeper keeper(ModeDecision decision, Duration databaseWait, @Nullable SchemaWait wait) {
		Migrator migrator = new Migrator(
				new MigratorSettings(databaseWait, Duration.ZERO, null, Duration.ZERO, 1, Duration.ZERO, 1,
						Duration.ZERO, false),
				(address) -> MigrationLock.local(), new Polling(Duration.ofMillis(1), Duration.ofMillis(1)),
				Progress.NONE, MigrationListeners.none(), new ProgressLog());
		TerminationMessage message = TerminationMessage.from(new MockEnvironment()
			.withProperty(TerminationMessage.PATH_PROPERTY, this.directory.resolve("verdict").toString()));
		return new SchemaKeeper(decision, migrator, wait,
				new StartRemarks("startup serve (a test)", "the wait is too long"), new SchemaGate(Clock.systemUTC()),
				message, Duration.ofSeconds(1), null);
	}

	private static Verdict verdictOf(SchemaKeeper keeper, FakeSchema schema) {
		Throwable failure = catchThrowable(() -> keeper.accept(schema, List.of()));
		return Objects.requireNonNull(LockkeeperException.findIn(failure)).toVerdict();
	}

	private static FakeSchema schema(String name) {
		return new FakeSchema(name).pending(ONE, TWO);
	}

	private static void failAtSecond(FakeSchema schema) {
		schema.run((control) -> {
			schema.apply(control, ONE);
			control.began(TWO);
			throw new SQLException("no", "42P07");
		});
	}

	private static SchemaUnreadableException gone(FakeSchema schema) {
		return new SchemaUnreadableException(schema.getName(), ExitStatus.UNAVAILABLE, "08006", true, "Gone.",
				"Find it.", null);
	}

}
