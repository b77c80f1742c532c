// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governance;

import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.TerminationMessage;
import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.gate.SchemaWait;
import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.lock.LockAddress;
import dev.lockkeeper.lock.MigrationLock;
import dev.lockkeeper.migration.ChangeSetOutcome;
import dev.lockkeeper.migration.Diagnosis;
import dev.lockkeeper.migration.MigrationListeners;
import dev.lockkeeper.migration.MigrationTarget;
import dev.lockkeeper.migration.Migrator;
import dev.lockkeeper.migration.MigratorSettings;
import dev.lockkeeper.migration.Preview;
import dev.lockkeeper.migration.PreviewLimits;
import dev.lockkeeper.migration.ProgressLog;
import dev.lockkeeper.migration.RunControl;
import dev.lockkeeper.migration.RunResult;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.mode.OneOffProcess;
import dev.lockkeeper.progress.Progress;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.HistoryMark;
import dev.lockkeeper.schema.LookConnection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.schema.SchemaUnreadableException;
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
import org.springframework.jdbc.datasource.SimpleDriverDataSource;
import org.springframework.mock.env.MockEnvironment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * What a process says of its end that has done more than one thing.
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
	void whatTheProcessHasAppliedToOtherSchemasCounts(Mode mode) {
		SchemaKeeper keeper = keeper(mode);
		keeper.accept(new Schema("first"), List.of("second"));
		Schema second = new Schema("second");
		second.fails = true;
		Verdict verdict = verdictOf(keeper, second);
		assertThat(verdict.status()).isEqualTo(ExitStatus.MIGRATION);
		assertThat(verdict.schema()).isEqualTo("second");
		assertThat(verdict.changeSet()).isNotNull().extracting(Verdict.ChangeSet::id).isEqualTo("two");
		assertThat(verdict.applied()).isEqualTo(3);
		assertThat(verdict.message())
			.startsWith("Schema second: Change set file::two::me failed: no. The schema is at 'one' by me")
			.endsWith("Done before it: first.");
		assertThat(second.ended).singleElement().satisfies((result) -> {
			assertThat(result.applied()).isEqualTo(1);
			assertThat(result.message()).isEqualTo("Change set file::two::me failed: no");
		});
	}

	@Test
	void whatTheProcessHasAppliedCountsWhateverTheNextSchemaFailsWith() {
		SchemaKeeper keeper = keeper(Mode.SELF);
		keeper.accept(new Schema("first"), List.of("second"));
		Schema second = new Schema("second");
		second.answers = false;
		Verdict verdict = verdictOf(keeper, second);
		assertThat(verdict.status()).isEqualTo(ExitStatus.UNAVAILABLE);
		assertThat(verdict.applied()).isEqualTo(2);
	}

	@Test
	void aMigratorThatFailsSaysThatTrafficMayFlow() {
		Schema schema = new Schema("schema");
		schema.fails = true;
		assertThat(verdictOf(keeper(Mode.MIGRATE_ONLY), schema).message())
			.isEqualTo("Change set file::two::me failed: no. The schema is at 'one' by me, and one change set is "
					+ "missing. " + TRAFFIC);
	}

	@Test
	void whoServesByItselfDoesNotSaySo() {
		Schema schema = new Schema("schema");
		schema.fails = true;
		assertThat(verdictOf(keeper(Mode.SELF), schema).message()).doesNotContain(TRAFFIC);
	}

	@Test
	void whereNoDatabaseAnswersNothingIsSaidOfTraffic() {
		Schema schema = new Schema("schema");
		schema.answers = false;
		assertThat(verdictOf(keeper(Mode.MIGRATE_ONLY), schema).message()).isEqualTo("Gone.");
	}

	@Test
	void whoIsAskedToEndWhileNoDatabaseAnswersSaysNothingOfTraffic() {
		Schema schema = new Schema("schema");
		schema.answers = false;
		Thread.currentThread().interrupt();
		Verdict verdict = verdictOf(keeper(Mode.MIGRATE_ONLY, Duration.ofMinutes(1)), schema);
		assertThat(Thread.interrupted()).isTrue();
		assertThat(verdict.status()).isEqualTo(ExitStatus.TERMINATED);
		assertThat(verdict.message()).doesNotContain("Pods");
	}

	@Test
	void whatIsRefusedAfterOthersWereMigratedTellsWhatTheyGot() {
		SchemaKeeper keeper = keeper(Mode.MIGRATE_ONLY);
		keeper.accept(new Schema("first"), List.of("second"));
		Schema second = new Schema("second");
		second.drops = true;
		Verdict verdict = verdictOf(keeper, second);
		assertThat(verdict.status()).isEqualTo(ExitStatus.CONFIG);
		assertThat(verdict.applied()).isEqualTo(2);
	}

	@Test
	void aReleaseProcessThatDefersEndsWhileSomethingIsMissing() {
		ModeDecision decision = new ModeDecision(Mode.DEFER, "platform HEROKU: DYNO is set", true, false, true,
				new OneOffProcess("DYNO=release.5", true));
		SchemaKeeper keeper = keeper(decision, waiting());
		Verdict verdict = verdictOf(keeper, new Schema("schema"));
		assertThat(verdict.status()).isEqualTo(ExitStatus.USAGE);
		assertThat(verdict.message())
			.isEqualTo("This process prepares a release (DYNO=release.5), and schema schema lacks 2 change sets. The "
					+ "process is in mode DEFER (platform HEROKU: DYNO is set).");
		assertThat(verdict.action())
			.isEqualTo("Put this into the Procfile: release: java -jar application.jar --migrate-only");
	}

	@Test
	void aReleaseProcessThatDefersServesAfterTheMigration() {
		ModeDecision decision = new ModeDecision(Mode.DEFER, "a test", true, false, true,
				new OneOffProcess("DYNO=release.5", true));
		Schema schema = new Schema("schema");
		schema.pending.clear();
		keeper(decision, waiting()).accept(schema, List.of());
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void warnsThatAProcessWhichRunsOnceDefers(CapturedOutput output) {
		SchemaKeeper keeper = keeper(new ModeDecision(Mode.DEFER, "platform HEROKU: DYNO is set", true, false, true,
				new OneOffProcess("DYNO=run.5", false)), null);
		keeper.accept(new Schema("schema"), List.of());
		keeper.accept(new Schema("other"), List.of());
		assertThat(output).containsOnlyOnce("lockkeeper - this process runs once and does not migrate "
				+ "(DYNO=run.5); start it with --migrate-only to migrate");
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void warnsOnceOfAWaitThatDoesNotFit(CapturedOutput output) {
		keeper(Mode.SELF).accept(new Schema("schema"), List.of());
		assertThat(output).doesNotContain("the wait is too long");
		SchemaKeeper keeper = keeper(new ModeDecision(Mode.DEFER, "a test", true, false, true), null);
		keeper.accept(new Schema("schema"), List.of());
		keeper.accept(new Schema("other"), List.of());
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
				Progress.UNTOLD);
	}

	private SchemaKeeper keeper(ModeDecision decision, @Nullable SchemaWait wait) {
		return keeper(decision, Duration.ofMillis(10), wait);
	}

	private SchemaKeeper keeper(ModeDecision decision, Duration databaseWait, @Nullable SchemaWait wait) {
		Migrator migrator = new Migrator(
				new MigratorSettings(databaseWait, Duration.ZERO, null, Duration.ZERO, 1, Duration.ZERO, false),
				(address) -> MigrationLock.local(), new Polling(Duration.ofMillis(1), Duration.ofMillis(1)),
				Progress.UNTOLD, MigrationListeners.none(), new ProgressLog());
		TerminationMessage message = TerminationMessage.from(new MockEnvironment()
			.withProperty(TerminationMessage.PATH_PROPERTY, this.directory.resolve("verdict").toString()));
		return new SchemaKeeper(decision, migrator, wait,
				new StartRemarks("startup serve (a test)", "the wait is too long"), new SchemaGate(Clock.systemUTC()),
				message, Duration.ofSeconds(1), null);
	}

	private static Verdict verdictOf(SchemaKeeper keeper, Schema schema) {
		Throwable failure = catchThrowable(() -> keeper.accept(schema, List.of()));
		return Objects.requireNonNull(LockkeeperException.findIn(failure)).toVerdict();
	}

	/**
	 * A schema of two change sets, in a database that nobody else can reach.
	 */
	private static final class Schema implements MigrationTarget {

		private final String name;

		private final List<ChangeSetReference> pending = new ArrayList<>(List.of(ONE, TWO));

		private final List<RunResult> ended = new ArrayList<>();

		private boolean fails;

		private boolean answers = true;

		private boolean drops;

		Schema(String name) {
			this.name = name;
		}

		@Override
		public String getName() {
			return this.name;
		}

		@Override
		public SchemaState inspect() {
			if (!this.answers) {
				throw new SchemaUnreadableException(this.name, ExitStatus.UNAVAILABLE, "08006", true, "Gone.",
						"Find it.", null);
			}
			return new SchemaState(this.pending.isEmpty() ? SchemaStatus.CURRENT : SchemaStatus.PENDING, Instant.EPOCH,
					null, 2 - this.pending.size(), List.copyOf(this.pending), List.of(), List.of(), null, null);
		}

		@Override
		public void migrate(Lease lease, RunControl control) throws Exception {
			for (ChangeSetReference changeSet : List.copyOf(this.pending)) {
				control.began(changeSet);
				if (this.fails && changeSet.equals(TWO)) {
					throw new SQLException("no", "42P07");
				}
				this.pending.remove(changeSet);
				control.ended(ChangeSetOutcome.EXECUTED);
			}
		}

		@Override
		public boolean dropsFirst() {
			return this.drops;
		}

		@Override
		public void runEnds(RunResult result) {
			this.ended.add(result);
		}

		@Override
		public Diagnosis diagnose(Throwable failure) {
			return new Diagnosis(ExitStatus.MIGRATION, "42P07", String.valueOf(failure.getMessage()), "Correct it.",
					false);
		}

		@Override
		public HistoryMark mark(LookConnection connection) {
			throw new AssertionError("Nobody looks for changes here");
		}

		@Override
		public boolean needsRun(SchemaState state) {
			return !state.pending().isEmpty();
		}

		@Override
		public boolean isLockLeft() {
			return false;
		}

		@Override
		public void releaseLeftLock(@Nullable String dead) {
			throw new AssertionError("No lock is left");
		}

		@Override
		public boolean isEmbedded() {
			return false;
		}

		@Override
		public LockAddress getLockAddress() {
			return new LockAddress("test", "lockkeeper_lock", null, new SimpleDriverDataSource(), false);
		}

		@Override
		public boolean isRelayed() {
			return false;
		}

		@Override
		public void requireSessions() {
		}

		@Override
		public void rememberLevel() {
		}

		@Override
		public Preview preview(PreviewLimits limits) {
			throw new AssertionError("Nobody asks for SQL");
		}

	}

}
