// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.gate;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.progress.Progress;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.LockHolder;
import dev.lockkeeper.schema.MissingSchemaException;
import dev.lockkeeper.schema.RunActivity;
import dev.lockkeeper.schema.RunOrigin;
import dev.lockkeeper.schema.RunProgress;
import dev.lockkeeper.schema.RunStart;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.schema.SchemaUnreadableException;
import dev.lockkeeper.schema.SchemaVersion;
import dev.lockkeeper.testing.FakeSchema;
import dev.lockkeeper.waiting.Polling;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * What a wait for a schema reports when it ends without it.
 */
@Timeout(60)
@ExtendWith(OutputCaptureExtension.class)
class SchemaWaitTests {

	private static final Polling POLLING = new Polling(Duration.ofMillis(5), Duration.ofMillis(5));

	private static final Duration TIMEOUT = Duration.ofSeconds(2);

	private static final Instant NOW = Instant.parse("2026-11-01T00:00:00Z");

	private static final ChangeSetReference NEXT = new ChangeSetReference("next", "me", "file");

	private final FakeSchema schema = new FakeSchema("fake").state(this::state).inspection((connection) -> inspect());

	private SchemaStatus status = SchemaStatus.PENDING;

	private @Nullable LockHolder lock;

	private @Nullable RunProgress run;

	private @Nullable LockHolder next;

	private @Nullable SchemaStatus becomes;

	private @Nullable SchemaVersion version = new SchemaVersion(new ChangeSetReference("tides", "me", "file"), null,
			null, 7);

	@Test
	void aWaitThatIsAskedToEndReportsTheLastInspection() {
		this.lock = new LockHolder("other", NOW, NOW);
		Verdict verdict = verdictOfInterruption();
		assertThat(verdict.status()).isEqualTo(ExitStatus.TERMINATED);
		assertThat(verdict.schema()).isEqualTo("fake");
		assertThat(verdict.message()).isEqualTo("The process was asked to end while waiting for the schema. "
				+ "Schema fake lacks one change set: file::next::me. The schema is at 'tides' by me. "
				+ "The lock is held by other since 2026-11-01T00:00:00Z.");
	}

	@Test
	void aWaitThatIsAskedToEndReportsWhyTheSchemaCouldNotBeRead() {
		this.schema.unreadable(new SchemaUnreadableException("fake", ExitStatus.UNAVAILABLE, "08006", true,
				"The host is gone.", "Find it.", null));
		Verdict verdict = verdictOfInterruption();
		assertThat(verdict.schema()).isEqualTo("fake");
		assertThat(verdict.message())
			.isEqualTo("The process was asked to end while waiting for the schema. The host is gone.");
	}

	@Test
	void aMissingSchemaIsReportedAtOnceAndWaitedFor(CapturedOutput output) {
		this.schema.unreadable(new MissingSchemaException("fake", "gone", "a setting"));
		Verdict verdict = verdict(Duration.ofMillis(200));
		assertThat(verdict.status()).isEqualTo(ExitStatus.CONFIG);
		assertThat(verdict.schema()).isEqualTo("fake");
		assertThat(verdict.message()).isEqualTo("The database schema gone does not exist: a setting names it.");
		assertThat(verdict.action()).contains("CREATE SCHEMA gone;", "correct a setting");
		assertThat(this.schema.countInspections()).isGreaterThan(1);
		assertThat(output.getOut().lines().filter((line) -> line.contains("WARN"))).singleElement()
			.asString()
			.contains("CREATE SCHEMA gone;");
	}

	@Test
	void aWaitThatGivesUpReportsTheProgressOfTheOtherRun() {
		this.lock = new LockHolder("other", NOW, NOW);
		this.run = progress("other");
		assertThat(verdict(TIMEOUT).message())
			.endsWith(" The lock is held by other since 2026-11-01T00:00:00Z, at change set 3 of 3.");
		assertThat(this.schema.countInspections()).isGreaterThanOrEqualTo(3);
		assertThat(this.schema.countInspectionsWithRuns()).as("it costs more than the state").isOne();
	}

	@Test
	void theNextLockHolderIsInspected() {
		this.lock = new LockHolder("other", NOW, NOW);
		this.run = progress("other");
		this.next = new LockHolder("next", NOW, NOW);
		assertThat(verdict(TIMEOUT).message()).contains("The lock is held by next since");
		assertThat(this.schema.countInspectionsWithRuns()).as("until it has recorded its run").isGreaterThan(1);
	}

	@Test
	void aWaitNoticesThatTheSchemaIsThere() {
		this.lock = new LockHolder("other", NOW, NOW);
		this.becomes = SchemaStatus.CURRENT;
		SchemaWait wait = new SchemaWait(new Polling(Duration.ofMillis(5), Duration.ofHours(1)), Duration.ofHours(2),
				Progress.NONE);
		assertThat(wait.await(this.schema).status()).isEqualTo(SchemaStatus.CURRENT);
		assertThat(this.schema.countInspections()).isEqualTo(2);
	}

	@Test
	void theProgressOfAnotherRunSaysNothingOfTheLockHolder() {
		this.lock = LockHolder.ofEngine("a stock one", null);
		this.run = progress("a waiting one");
		assertThat(verdict(TIMEOUT).message()).endsWith(" The lock is held by a stock one.");
		assertThat(this.schema.countInspectionsWithRuns()).isOne();
	}

	@Test
	void aChangedChangeSetIsReportedWithThePositionOfTheSchema() {
		this.status = SchemaStatus.CHANGED;
		Verdict verdict = verdict(Duration.ofHours(1));
		assertThat(verdict.status()).isEqualTo(ExitStatus.CHANGELOG);
		assertThat(verdict.message()).isEqualTo("Change sets of schema fake were applied with another content: "
				+ "file::next::me. The schema is at 'tides' by me.");
	}

	@Test
	void aHolderWithoutATimeIsNamedAlone(CapturedOutput output) {
		this.lock = LockHolder.ofEngine("a stock one", null);
		verdict(Duration.ofMillis(1));
		assertThat(output)
			.contains("1 pending: file::next::me; the lock is held by a stock one; this process gives up at ");
	}

	@Test
	void aProcessThatFailsDoesNotWaitForWhatIsMissing() {
		Verdict verdict = verdict(SchemaWait.untilReadable(POLLING, Duration.ofHours(1), Progress.NONE));
		assertThat(verdict.status()).isEqualTo(ExitStatus.TEMPORARY);
		assertThat(verdict.message()).isEqualTo("Schema fake lacks one change set: file::next::me. The schema is at "
				+ "'tides' by me. No process seems to be migrating.");
		assertThat(this.schema.countInspections()).isOne();
	}

	@Test
	void aProcessThatFailsTriesToReadTheSchema() {
		this.schema.unreadable(new SchemaUnreadableException("fake", ExitStatus.UNAVAILABLE, "08006", true,
				"The host is gone.", "Find it.", null));
		Verdict verdict = verdict(SchemaWait.untilReadable(POLLING, Duration.ofMillis(200), Progress.NONE));
		assertThat(verdict.status()).isEqualTo(ExitStatus.UNAVAILABLE);
		assertThat(this.schema.countInspections()).isGreaterThan(1);
	}

	@Test
	void eachInspectionIsHandedOnWithTheRunOfTheHolder() {
		this.lock = new LockHolder("other", NOW, NOW);
		this.run = progress("other");
		RecordingProgress progress = new RecordingProgress();
		verdict(new SchemaWait(POLLING, TIMEOUT, progress));
		assertThat(progress.inspections).last()
			.isEqualTo(new SchemaInspection(this.schema.inspect(), progress("other"), List.of()));
		assertThat(this.schema.countInspectionsWithRuns()).as("no query for that alone").isOne();
		assertThat(progress.problems).isEmpty();
	}

	@Test
	void theReasonOfAFailedInspectionIsHandedOnAsTheEndpointShowsIt() {
		this.schema.unreadable(new SchemaUnreadableException("fake", ExitStatus.CONFIG, "42P01", true,
				"The line of the changelog is secret.", "The reason is not.", "Find it.", null));
		RecordingProgress progress = new RecordingProgress();
		Instant before = Instant.now();
		verdict(new SchemaWait(POLLING, Duration.ofMillis(200), progress));
		assertThat(progress.inspections).isEmpty();
		assertThat(progress.problems).isNotEmpty().containsOnly("The reason is not.");
		assertThat(progress.failedAt).allMatch((at) -> at.isAfter(before) && at.isBefore(Instant.now()));
	}

	@Test
	void aChangedChangeSetIsHandedOnBeforeItEndsTheWait() {
		this.status = SchemaStatus.CHANGED;
		RecordingProgress progress = new RecordingProgress();
		verdict(new SchemaWait(POLLING, TIMEOUT, progress));
		assertThat(progress.inspections).containsExactly(SchemaInspection.of(this.schema.inspect()));
	}

	@Test
	void saysUntilWhenItWaitsAndHowToMigrate(CapturedOutput output) {
		Instant before = Instant.now();
		verdict(Duration.ofMillis(1));
		assertThat(output)
			.containsPattern("lockkeeper - waiting for the schema \\(schema fake, 1 pending: file::next::me; "
					+ "no process seems to be migrating; this process gives up at \\S+Z\\); start this release once with "
					+ "--migrate-only\\R");
		String end = output.getOut().replaceAll("(?s).*gives up at (\\S+Z).*", "$1");
		assertThat(Instant.parse(end)).isBetween(before.minusSeconds(1), Instant.now().plusSeconds(1));
	}

	@ParameterizedTest
	@CsvSource({ "PERMISSION, 42501", "PERMISSION, 28P01", "CONFIG, 3D000" })
	void anActionForTheOperatorIsLoggedAtOnce(ExitStatus status, String sqlState, CapturedOutput output) {
		this.schema.unreadable(new SchemaUnreadableException("fake", status, sqlState, true, "Refused.",
				"Let the role read: GRANT it.", null));
		assertThat(verdict(Duration.ofSeconds(1)).status()).isEqualTo(status);
		assertThat(this.schema.countInspections()).isGreaterThan(1);
		assertThat(output.getOut().lines().filter((line) -> line.contains("lockkeeper - waiting"))).singleElement()
			.asString()
			.contains("WARN")
			.containsPattern(
					"lockkeeper - waiting for a schema that cannot be read \\(schema fake: Refused; this process "
							+ "gives up at \\S+Z\\); let the role read: GRANT it\\.");
	}

	@Test
	void aDatabaseThatDoesNotAnswerYetIsNoWarning(CapturedOutput output) {
		this.schema.unreadable(new SchemaUnreadableException("fake", ExitStatus.UNAVAILABLE, "08006", true,
				"The host is gone.", "JDBC has a URL for it.", null));
		assertThat(verdict(Duration.ofMillis(1)).status()).isEqualTo(ExitStatus.UNAVAILABLE);
		assertThat(output).doesNotContain("WARN")
			.containsPattern("INFO .*lockkeeper - waiting for the schema \\(schema fake, not readable yet: The host is "
					+ "gone; this process gives up at \\S+Z\\); JDBC has a URL for it\\.");
	}

	@Test
	void aSchemaWithoutAChangeSetIsThereAtNoVersion(CapturedOutput output) {
		this.status = SchemaStatus.CURRENT;
		this.version = null;
		new SchemaWait(POLLING, TIMEOUT, Progress.NONE).await(this.schema);
		assertThat(output).containsPattern("the schema is there \\(schema fake, CURRENT, waited \\d+ ms\\)");
	}

	private static RunProgress progress(String holder) {
		RunStart start = new RunStart("run", "fake", new RunOrigin("SELF", "app", null, "host"), holder, null, 3, 7,
				null, Duration.ZERO, NOW);
		return new RunProgress(start, NEXT, 2, RunActivity.UNKNOWN);
	}

	private Verdict verdictOfInterruption() {
		Thread waiting = Thread.currentThread();
		Thread interrupter = new Thread(() -> {
			Awaitility.await().until(() -> this.schema.countInspections() >= 3);
			waiting.interrupt();
		});
		interrupter.start();
		Verdict verdict = verdict(Duration.ofHours(1));
		assertThat(Thread.interrupted()).isTrue();
		return verdict;
	}

	private Verdict verdict(Duration timeout) {
		return verdict(new SchemaWait(POLLING, timeout, Progress.NONE));
	}

	private Verdict verdict(SchemaWait wait) {
		Throwable failure = catchThrowable(() -> wait.await(this.schema));
		return Objects.requireNonNull(LockkeeperException.findIn(failure)).toVerdict();
	}

	private static final class RecordingProgress implements Progress {

		private final List<SchemaInspection> inspections = new CopyOnWriteArrayList<>();

		private final List<String> problems = new CopyOnWriteArrayList<>();

		private final List<Instant> failedAt = new CopyOnWriteArrayList<>();

		@Override
		public void found(String schema, SchemaInspection inspection) {
			this.inspections.add(inspection);
		}

		@Override
		public void failed(String schema, Instant at, String problem) {
			this.problems.add(problem);
			this.failedAt.add(at);
		}

	}

	private SchemaState state() {
		boolean changed = this.status == SchemaStatus.CHANGED;
		return new SchemaState(this.status, NOW, this.version, 7, changed ? List.of() : List.of(NEXT), List.of(),
				changed ? List.of(NEXT) : List.of(), this.lock, null);
	}

	private SchemaInspection inspect() {
		this.status = (this.becomes != null) ? this.becomes : this.status;
		SchemaInspection inspection = new SchemaInspection(this.schema.inspect(), this.run, List.of());
		this.lock = (this.next != null) ? this.next : this.lock;
		return inspection;
	}

}
