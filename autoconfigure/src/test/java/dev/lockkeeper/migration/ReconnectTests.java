// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.lock.LockObstructedException;
import dev.lockkeeper.lock.MigrationLock;
import dev.lockkeeper.progress.Progress;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.LockHolder;
import dev.lockkeeper.schema.RunActivity;
import dev.lockkeeper.schema.RunEnd;
import dev.lockkeeper.schema.RunOrigin;
import dev.lockkeeper.schema.RunProgress;
import dev.lockkeeper.schema.RunStart;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.schema.SchemaUnreadableException;
import dev.lockkeeper.testing.FakeSchema;
import dev.lockkeeper.waiting.Polling;
import org.awaitility.Awaitility;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * What a run does that loses its connection.
 */
class ReconnectTests {

	private static final ChangeSetReference ONE = new ChangeSetReference("one", "me", "file");

	private static final ChangeSetReference TWO = new ChangeSetReference("two", "me", "file");

	private final FakeSchema schema = new FakeSchema("test").pending(ONE, TWO)
		.onSessions(this::giveSessions)
		.onBegin(this::recordBegin)
		.onEnd(this::recordEnd);

	private final List<String> ledger = new ArrayList<>();

	private final List<TestLease> leases = new ArrayList<>();

	private final Deque<FakeSchema.Script> endings = new ArrayDeque<>();

	private int sessionsMissing;

	private Duration reconnectWait = Duration.ofSeconds(20);

	private Duration databaseWait = Duration.ofSeconds(20);

	private Duration lockWait = Duration.ofSeconds(20);

	private @Nullable Duration maxDuration;

	private boolean obstructed;

	private final List<SchemaInspection> found = new CopyOnWriteArrayList<>();

	private final List<String> problems = new CopyOnWriteArrayList<>();

	private final RecordingListener listener = new RecordingListener();

	private @Nullable String predecessor;

	private boolean fenced = true;

	@Test
	void aListenerReceivesEachBeginningAndItsEnd() {
		this.predecessor = "another";
		this.schema.run((control) -> {
			apply(control, ONE);
			control.began(TWO);
			this.leases.get(0).lose();
			throw new IllegalStateException("The statement was cancelled");
		});
		assertThatItEnds(this::migrate, ExitStatus.TEMPORARY);
		assertThat(this.listener.getEvents()).containsExactly("run started", "lock wait started", "lock taken over",
				"lock wait ended ACQUIRED", "change set started one", "change set ended one EXECUTED",
				"change set started two", "lease lost", "change set failed two", "run failed");
	}

	@Test
	void aRunUnderALeaseThatIsNotFencedDoesNotGoOn() {
		this.fenced = false;
		this.schema.run((control) -> {
			control.began(ONE);
			throw lost(true);
		});
		assertThatItEnds(this::migrate, ExitStatus.TEMPORARY);
		assertThat(this.schema.getStory()).doesNotContain("end session");
		assertThat(this.leases).hasSize(1);
	}

	@Test
	void aListenerReceivesThatTheRunGoesOn() {
		this.schema.run((control) -> {
			control.began(ONE);
			throw lost(true);
		});
		this.schema.run((control) -> {
			apply(control, ONE);
			apply(control, TWO);
		});
		migrate();
		assertThat(this.listener.getEvents()).containsExactly("run started", "lock wait started",
				"lock wait ended ACQUIRED", "change set started one", "change set failed one", "run resumed",
				"change set started one", "change set ended one EXECUTED", "change set started two",
				"change set ended two EXECUTED", "run ended 2");
	}

	@Test
	void aListenerReceivesARunWithNothingToDo() {
		this.schema.getPending().clear();
		migrate();
		assertThat(this.listener.getEvents()).containsExactly("run started", "run ended 0");
	}

	// A server quotes the statement that it refuses, and a driver its URL
	@Test
	void noListenerSeesACredentialOfAFailure() {
		List<String> seen = new ArrayList<>();
		MigrationListener listener = (MigrationListener) Proxy.newProxyInstance(getClass().getClassLoader(),
				new Class<?>[] { MigrationListener.class }, (proxy, method, arguments) -> {
					for (Object argument : arguments) {
						StringWriter text = new StringWriter();
						text.append(method.getName()).append(' ').append(String.valueOf(argument));
						if (argument instanceof Throwable failure) {
							failure.printStackTrace(new PrintWriter(text));
						}
						seen.add(text.toString());
					}
					return null;
				});
		this.schema.run((control) -> {
			control.lockWaitBegan("waiting for another engine");
			SQLException failure = new SQLException("ALTER ROLE app PASSWORD 'hunter2'", "42P07",
					new IllegalArgumentException("jdbc:postgresql://host/db?user=app&password=hunter2"));
			control.lockWaitEnded(failure);
			control.began(ONE);
			throw failure;
		});
		assertThatItEnds(() -> migrator(listener).migrate(this.schema), ExitStatus.MIGRATION);
		assertThat(seen).anyMatch((event) -> event.startsWith("lockWaitFailed"))
			.anyMatch((event) -> event.startsWith("changeSetFailed"))
			.anyMatch((event) -> event.startsWith("runFailed"))
			.noneMatch((event) -> event.contains("hunter2"));
	}

	@Test
	void itIsBegunAgainAndCountsWhatWasAppliedBefore() {
		this.schema.run((control) -> {
			apply(control, ONE);
			throw lost(true);
		});
		this.schema.run((control) -> apply(control, TWO));
		MigrationOutcome outcome = migrate();
		assertThat(outcome.applied()).isEqualTo(2);
		assertThat(outcome.state().status()).isEqualTo(SchemaStatus.CURRENT);
		assertThat(this.schema.getStory()).containsExactly("acquire", "run", "end session", "run",
				"release lock of me-0", "close");
	}

	@Test
	void aCommitWhoseAnswerWasLostIsCountedAndNotRepeated() {
		this.schema.commit(ONE);
		this.schema.run((control) -> {
			control.began(TWO);
			this.schema.commit(TWO);
			throw lost(true);
		});
		assertThat(migrate().applied()).isEqualTo(1);
		assertThat(this.schema.getStory()).containsExactly("acquire", "run", "end session", "release lock of me-0",
				"close");
	}

	@Test
	void anUnrepeatableLossEndsTheRun() {
		this.schema.run((control) -> {
			control.began(ONE);
			throw lost(false);
		});
		assertThatItEnds(this::migrate, ExitStatus.TEMPORARY);
		assertThat(this.schema.getStory()).containsExactly("acquire", "run", "close");
	}

	@Test
	void aLossIsTemporaryWhateverTheServerSaid() {
		this.schema.run((control) -> {
			throw new SessionLostException(new SQLException("This statement has been closed.", "55000"), false);
		});
		Verdict verdict = assertThatItEnds(this::migrate, ExitStatus.TEMPORARY);
		assertThat(verdict.message()).contains("This statement has been closed.");
	}

	@Test
	void itIsNotBegunAgainForEver() {
		for (int i = 0; i < 3; i++) {
			this.schema.run((control) -> {
				// What always runs comes before what fails
				control.began(new ChangeSetReference("always", "me", "file"));
				control.ended(ChangeSetOutcome.EXECUTED);
				throw lost(true);
			});
		}
		assertThatItEnds(this::migrate, ExitStatus.TEMPORARY);
		assertThat(this.schema.countUnusedScripts()).isZero();
	}

	@Test
	void aRunThatIsToStopIsNotBegunAgain() {
		this.schema.run((control) -> {
			control.stop(RunControl.StopReason.TERMINATED);
			throw lost(true);
		});
		assertThatItEnds(this::migrate, ExitStatus.TERMINATED);
		assertThat(this.schema.getStory()).containsExactly("acquire", "run", "close");
	}

	@Test
	void otherFailuresMeanwhileAreWaitedOut() {
		this.schema.run((control) -> {
			throw lost(true);
		});
		for (String state : List.of("08001", "42P01", "57014", "3D000", "28P01", "25006")) {
			this.endings.add((control) -> {
				throw new SQLException("not yet", state);
			});
		}
		this.endings.add((control) -> {
			throw new LockObstructedException(ExitStatus.PERMISSION, "Its backend may still be at work.", "Grant.");
		});
		this.schema.run((control) -> {
			apply(control, ONE);
			apply(control, TWO);
		});
		assertThat(migrate().applied()).isEqualTo(2);
		assertThat(this.endings).isEmpty();
	}

	@Test
	void theLossIsReportedWhenItTakesTooLong() {
		this.reconnectWait = Duration.ofMillis(1);
		this.schema.run((control) -> {
			control.began(ONE);
			throw lost(true);
		});
		for (int i = 0; i < 100; i++) {
			this.endings.add((control) -> {
				throw new SQLException("password authentication failed", "28P01");
			});
		}
		Verdict verdict = assertThatItEnds(this::migrate, ExitStatus.TEMPORARY);
		assertThat(verdict.message()).contains("terminating connection");
		assertThat(verdict.changeSet()).isNotNull().extracting(Verdict.ChangeSet::id).isEqualTo("one");
	}

	@Test
	void aRemainingSessionIsReportedWhenItTakesTooLong() {
		this.reconnectWait = Duration.ofMillis(1);
		this.schema.run((control) -> {
			apply(control, ONE);
			throw lost(true);
		});
		for (int i = 0; i < 100; i++) {
			this.endings.add((control) -> {
				throw new LockObstructedException(ExitStatus.PERMISSION, "Its backend may still be at work.", "Grant.");
			});
		}
		Verdict verdict = assertThatItEnds(this::migrate, ExitStatus.PERMISSION);
		assertThat(verdict.message()).isEqualTo("Its backend may still be at work.");
		assertNamesItsRun(verdict, 1);
		assertThat(this.ledger).last()
			.asString()
			.isEqualTo("PERMISSION 77, 1, open, null, null, Its backend may still be at work.");
	}

	@Test
	void aRemainingSessionOfTheLastHolderIsReportedWithThePositionOfTheSchema() {
		this.lockWait = Duration.ofMillis(20);
		this.obstructed = true;
		Verdict verdict = assertThatItEnds(this::migrate, ExitStatus.PERMISSION);
		assertThat(verdict.message()).isEqualTo("Its backend may still be at work. No change set has been applied "
				+ "to the schema yet, and 2 change sets are missing.");
		assertThat(verdict.action()).isEqualTo("Grant.");
		assertNamesItsRun(verdict, 0);
	}

	@Test
	void aDatabaseThatGoesAwayBeforeTheRunIsVerifiedTakesNothingBack() {
		this.databaseWait = Duration.ofMillis(20);
		this.schema.run((control) -> {
			apply(control, ONE);
			apply(control, TWO);
			this.schema.unreadable(gone());
		});
		Verdict verdict = assertThatItEnds(this::migrate, ExitStatus.UNAVAILABLE);
		assertThat(verdict.sqlState()).isEqualTo("08006");
		assertThat(verdict.message()).isEqualTo("Gone. The schema is at 'two' by me.");
		assertNamesItsRun(verdict, 2);
		assertThat(this.ledger).last().asString().isEqualTo("UNAVAILABLE 69, 2, open, null, 08006, Gone.");
	}

	@Test
	void whoIsAskedToEndWhileItWaitsForTheLockTellsWhoHoldsIt() {
		holdByOther();
		MigrationListener interrupting = new MigrationListener() {

			@Override
			public void lockWaitStarted(RunReference run) {
				Thread.currentThread().interrupt();
			}

		};
		Verdict verdict = assertThatItEnds(() -> migrator(interrupting).migrate(this.schema), ExitStatus.TERMINATED);
		assertThat(Thread.interrupted()).isTrue();
		assertThat(verdict.message()).isEqualTo("The process was asked to end while waiting for the lock. No change "
				+ "set has been applied to the schema yet, and 2 change sets are missing. The lock is held by other.");
		assertNamesItsRun(verdict, 0);
	}

	@Test
	void aRunThatIsAskedToEndBeforeTheDatabaseAnswersNamesTheSchema() {
		this.schema.unreadable(gone());
		Thread.currentThread().interrupt();
		Verdict verdict = assertThatItEnds(this::migrate, ExitStatus.TERMINATED);
		assertThat(Thread.interrupted()).isTrue();
		assertThat(verdict.message()).isEqualTo("The process was asked to end while waiting for the database.");
		assertNamesItsRun(verdict, 0);
	}

	@Test
	void aRunThatGivesUpTheLockReportsTheProgressOfItsHolder() {
		holdByOther();
		this.lockWait = Duration.ofMillis(20);
		letOtherBeAt(new RunProgress(new RunStart("run", "test", new RunOrigin("SELF", "app", null, "host"), "other",
				null, 3, 0, null, Duration.ZERO, Instant.EPOCH), TWO, 1, RunActivity.UNKNOWN));
		Verdict verdict = assertThatItEnds(this::migrate, ExitStatus.TEMPORARY);
		assertThat(verdict.message()).isEqualTo("Waited 20ms for the lock of schema test, which is held by other, at "
				+ "change set 2 of 3. No change set has been applied to the schema yet, and 2 change sets are missing.");
	}

	@Test
	void theInspectionOfAWaitForTheLockIsHandedOnWithTheRunOfItsHolder() {
		holdByOther();
		this.lockWait = Duration.ofMillis(20);
		letOtherBeAt(new RunProgress(new RunStart("run", "test", new RunOrigin("SELF", "app", null, "host"), "other",
				null, 3, 0, null, Duration.ZERO, Instant.EPOCH), TWO, 1, RunActivity.UNKNOWN));
		assertThatItEnds(this::migrate, ExitStatus.TEMPORARY);
		assertThat(this.found).first().matches((inspection) -> inspection.run() == null);
		assertThat(this.found).last().extracting(SchemaInspection::run).isNotNull();
	}

	@Test
	void whyADatabaseDoesNotAnswerIsHandedOn() {
		this.schema.unreadable(gone());
		this.databaseWait = Duration.ofMillis(20);
		assertThatItEnds(this::migrate, ExitStatus.UNAVAILABLE);
		assertThat(this.problems).isNotEmpty().containsOnly(gone().getReason());
	}

	@Test
	void aRunThatGivesUpTheLockReportsHowLongItHasWaited() {
		holdByOther();
		this.maxDuration = Duration.ofSeconds(3);
		Verdict verdict = assertThatItEnds(this::migrate, ExitStatus.TEMPORARY);
		assertThat(verdict.message()).matches("Waited \\d+m?s.* for the lock .*").doesNotContain("20s");
	}

	@Test
	void theDurationOfARunExcludesTheWaitForTheLock() {
		holdByOther();
		this.lockWait = Duration.ofMillis(300);
		long started = System.nanoTime();
		Verdict verdict = assertThatItEnds(this::migrate, ExitStatus.TEMPORARY);
		Duration whole = Duration.ofNanos(System.nanoTime() - started);
		assertThat(verdict.durationMs()).isLessThanOrEqualTo(whole.minus(this.lockWait.dividedBy(2)).toMillis());
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void aRunThatWaitedForALockSaysForHowLong(CapturedOutput output) {
		long started = System.nanoTime();
		this.schema.run((control) -> {
			control.lockWaitBegan("waiting for another engine");
			long began = System.nanoTime();
			Awaitility.await().until(() -> System.nanoTime() - began > 600_000_000);
			control.lockWaitEnded(null);
			apply(control, ONE);
			apply(control, TWO);
		});
		Duration duration = migrate().duration();
		assertThat(output).containsPattern("2 change sets applied in \\d+ ms after waiting \\d{3,} ms for the lock\\)");
		assertThat(duration.toMillis()).isLessThanOrEqualTo((System.nanoTime() - started) / 1_000_000 - 600);
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void aRunThatFailsSaysForHowLongItWaitedForALock(CapturedOutput output) {
		this.schema.run((control) -> {
			control.lockWaitBegan("waiting for another engine");
			long began = System.nanoTime();
			Awaitility.await().until(() -> System.nanoTime() - began > 600_000_000);
			control.lockWaitEnded(null);
			throw new SQLException("refused", "42P07");
		});
		assertThatItEnds(this::migrate, ExitStatus.MIGRATION);
		assertThat(output).containsPattern(
				"lockkeeper - the run failed after \\d+ ms, after waiting \\d{3,} ms for the lock \\(schema \\S+\\)");
	}

	@Test
	void aRunThatDoesNotStopReportsItsChangeSet() {
		AtomicReference<@Nullable Migrator> migrator = new AtomicReference<>();
		List<Verdict> verdicts = new ArrayList<>();
		this.schema.run((control) -> {
			apply(control, ONE);
			control.began(TWO);
			verdicts.add(Objects.requireNonNull(migrator.get()).endInTheMiddle("test").toVerdict());
			verdicts.add(Objects.requireNonNull(migrator.get()).endInTheMiddle("another").toVerdict());
			this.schema.commit(TWO);
			control.ended(ChangeSetOutcome.EXECUTED);
		});
		migrator.set(migrator(this.listener));
		Objects.requireNonNull(migrator.get()).migrate(this.schema);
		Verdict verdict = verdicts.get(0);
		assertThat(verdict.status()).isEqualTo(ExitStatus.TERMINATED);
		assertThat(verdict.message()).isEqualTo("The process was asked to end, and ended in the middle of change set "
				+ "file::two::me. The schema is at 'one' by me, and one change set is missing.");
		assertThat(verdict.changeSet()).isNotNull().extracting(Verdict.ChangeSet::id).isEqualTo("two");
		assertNamesItsRun(verdict, 1);
		assertThat(verdicts.get(1).schema()).isEqualTo("another");
		assertThat(verdicts.get(1).runId()).isNull();
	}

	private static SchemaUnreadableException gone() {
		return new SchemaUnreadableException("test", ExitStatus.UNAVAILABLE, "08006", true, "Gone.", "Find it.", null);
	}

	private static void assertNamesItsRun(Verdict verdict, int applied) {
		assertThat(verdict.schema()).isEqualTo("test");
		assertThat(verdict.runId()).isNotNull();
		assertThat(verdict.applied()).isEqualTo(applied);
	}

	@Test
	void aLeaseThatIsLostMeanwhileIsTakenAgain() {
		this.schema.run((control) -> {
			throw lost(true);
		});
		this.endings.add((control) -> this.leases.get(0).lose());
		this.schema.run((control) -> {
			apply(control, ONE);
			apply(control, TWO);
		});
		assertThat(migrate().applied()).isEqualTo(2);
		assertThat(this.schema.getStory()).containsExactly("acquire", "run", "end session", "close", "acquire", "run",
				"release lock of me-0", "close");
	}

	@Test
	void theNextHolderOfTheLeaseDoesTheWork() {
		this.schema.run((control) -> {
			throw lost(true);
		});
		this.endings.add((control) -> {
			this.leases.get(0).lose();
			this.schema.heldBy("other");
		});
		this.endings.add((control) -> this.schema.getPending().clear());
		MigrationOutcome outcome = migrate();
		assertThat(this.schema.getStory()).endsWith("end session", "release lock of me-0");
		assertThat(outcome.applied()).isZero();
		assertThat(outcome.state().status()).isEqualTo(SchemaStatus.CURRENT);
		assertThat(this.schema.countUnusedScripts()).isZero();
	}

	@Test
	void itsOwnLeaseThatItHadLostIsNotTakenOver() {
		this.schema.run((control) -> {
			throw lost(true);
		});
		this.endings.add((control) -> {
			TestLease first = this.leases.get(0);
			first.lose();
			this.predecessor = first.getHolder();
		});
		this.schema.run((control) -> apply(control, TWO));
		migrate();
		assertThat(this.leases).hasSize(2);
		assertThat(this.listener.getEvents()).contains("lease lost", "run resumed").doesNotContain("lock taken over");
	}

	@Test
	void theLockOfADeadHolderIsTakenOverMeanwhile() {
		this.schema.run((control) -> {
			throw lost(true);
		});
		this.endings.add((control) -> {
			this.leases.get(0).lose();
			this.predecessor = "another";
		});
		this.schema.run((control) -> apply(control, TWO));
		migrate();
		assertThat(this.listener.getEvents()).contains("lease lost", "run resumed", "lock taken over");
	}

	@Test
	void aLeaseThatIsLostFirstEndsTheRun() {
		this.schema.run((control) -> {
			this.leases.get(0).lose();
			throw lost(true);
		});
		assertThatItEnds(this::migrate, ExitStatus.TEMPORARY);
		assertThat(this.schema.getStory()).containsExactly("acquire", "run", "close");
	}

	@Test
	void aLeaseThatIsLostFirstEndsTheRunAlsoBeforeTheNotification() {
		this.schema.run((control) -> {
			this.leases.get(0).lost = true;
			throw lost(true);
		});
		assertThatItEnds(this::migrate, ExitStatus.TEMPORARY);
		assertThat(this.schema.getStory()).containsExactly("acquire", "run", "close");
	}

	@Test
	void aRightThatWasMissingOnceIsNotReportedWhenTheDatabaseStaysAway() {
		this.reconnectWait = Duration.ofMillis(30);
		this.schema.run((control) -> {
			throw lost(true);
		});
		this.endings.add((control) -> {
			throw new LockObstructedException(ExitStatus.PERMISSION, "Its backend may still be at work.", "Grant.");
		});
		for (int i = 0; i < 1000; i++) {
			this.endings.add((control) -> {
				throw new SQLException("refused", "08001");
			});
		}
		assertThatItEnds(this::migrate, ExitStatus.TEMPORARY);
	}

	@Test
	void aChangeSetThatAnotherHolderHasDoneIsNotCounted() {
		this.schema.run((control) -> {
			control.began(ONE);
			throw lost(true);
		});
		this.endings.add((control) -> {
			this.leases.get(0).lose();
			this.schema.commit(ONE);
		});
		this.schema.run((control) -> apply(control, TWO));
		assertThat(migrate().applied()).isEqualTo(1);
	}

	@Test
	void aWaitingRunMayLackTheExtraConnections() {
		this.schema.heldBy("other");
		this.sessionsMissing = 2;
		this.schema.run((control) -> {
			apply(control, ONE);
			apply(control, TWO);
		});
		assertThat(migrate().applied()).isEqualTo(2);
		assertThat(this.sessionsMissing).isZero();
	}

	@Test
	void anUnforeseenFailureIsNotWaitedOut() {
		this.schema.run((control) -> {
			throw lost(true);
		});
		IllegalStateException bug = new IllegalStateException("a bug");
		this.endings.add((control) -> {
			throw bug;
		});
		assertThat(catchThrowable(this::migrate)).isSameAs(bug);
	}

	@Test
	void aRunIsOneInTheLedgerWhateverLeaseItHolds() {
		this.schema.run((control) -> {
			apply(control, ONE);
			throw lost(true);
		});
		this.endings.add((control) -> this.leases.get(0).lose());
		this.schema.run((control) -> {
			throw lost(true);
		});
		this.schema.run((control) -> apply(control, TWO));
		migrate();
		assertThat(this.ledger).containsExactly("begin 2 pending, open", "begin 1 pending, open", "DONE 0, 2, open");
	}

	@Test
	void theEndOfAFailedRunIsInTheLedgerWhileTheLeaseIsHeld() {
		this.schema.run((control) -> {
			control.began(ONE);
			throw new SQLException("duplicate", "42P07");
		});
		assertThatItEnds(this::migrate, ExitStatus.MIGRATION);
		assertThat(this.ledger).containsExactly("begin 2 pending, open",
				"MIGRATION 70, 0, open, file::one::me, 42P07, Change set file::one::me failed: duplicate");
	}

	@Test
	void anUnforeseenFailureIsInTheLedgerByItsName() {
		this.schema.run((control) -> {
			throw new IllegalStateException("create table secret");
		});
		assertThat(catchThrowable(this::migrate)).isInstanceOf(IllegalStateException.class);
		assertThat(this.ledger).containsExactly("begin 2 pending, open",
				"UNFORESEEN 1, 0, open, null, null, java.lang.IllegalStateException");
	}

	@Test
	void aRunWithRemainingChangeSetsIsNoSuccessInTheLedger() {
		this.schema.run((control) -> apply(control, ONE));
		assertThat(migrate().applied()).isEqualTo(1);
		assertThat(this.ledger).containsExactly("begin 2 pending, open",
				"MIGRATION 70, 1, open, null, null, The run ended without a failure, and the schema is PENDING: file::two::me.");
	}

	@Test
	void aStartWithoutARunIsNotInTheLedger() {
		this.schema.getPending().clear();
		migrate();
		assertThat(this.ledger).isEmpty();
	}

	private MigrationOutcome migrate() {
		return migrator(this.listener).migrate(this.schema);
	}

	private Migrator migrator(MigrationListener listener) {
		MigratorSettings settings = new MigratorSettings(this.databaseWait, this.lockWait, this.maxDuration,
				Duration.ofSeconds(1), 3, this.reconnectWait, 1, Duration.ZERO, false);
		return new Migrator(settings, (address) -> new TestLock(),
				new Polling(Duration.ofMillis(1), Duration.ofMillis(1)), new RecordingProgress(),
				new MigrationListeners(() -> List.of(listener)), new ProgressLog());
	}

	private final class RecordingProgress implements Progress {

		@Override
		public void found(String schema, SchemaInspection inspection) {
			ReconnectTests.this.found.add(inspection);
		}

		@Override
		public void failed(String schema, Instant at, String problem) {
			ReconnectTests.this.problems.add(problem);
		}

	}

	private void holdByOther() {
		this.schema.heldBy("other");
		// A waiting run does not need the sessions of a run
		this.sessionsMissing = Integer.MAX_VALUE;
	}

	private static Verdict assertThatItEnds(ThrowingCallable migration, ExitStatus status) {
		Verdict verdict = Objects.requireNonNull(LockkeeperException.findIn(catchThrowable(migration))).toVerdict();
		assertThat(verdict.status()).isEqualTo(status);
		return verdict;
	}

	private void apply(RunControl control, ChangeSetReference changeSet) {
		this.schema.apply(control, changeSet);
	}

	private void letOtherBeAt(RunProgress progress) {
		this.schema.inspection((connection) -> new SchemaInspection(this.schema.inspect(), progress, List.of()));
	}

	private void giveSessions() {
		if (this.sessionsMissing > 0) {
			this.sessionsMissing--;
			throw new SchemaUnreadableException("test", ExitStatus.UNAVAILABLE, "53300", true, "too many", "", null);
		}
		if (this.schema.getStory().isEmpty()) {
			this.schema.heldBy(null);
		}
	}

	private void recordBegin() {
		this.ledger.add("begin %d pending, %s".formatted(this.schema.getPending().size(), lastLease()));
	}

	private void recordEnd() {
		List<RunEnd> ends = this.schema.getEnds();
		RunEnd end = ends.get(ends.size() - 1);
		String words = "%s %d, %d, %s".formatted(end.status(), end.code(), end.applied(), lastLease());
		this.ledger.add((end.message() == null) ? words
				: "%s, %s, %s, %s".formatted(words, end.changeSet(), end.sqlState(), end.message()));
	}

	private String lastLease() {
		return this.leases.get(this.leases.size() - 1).closed ? "closed" : "open";
	}

	private static SessionLostException lost(boolean repeatable) {
		return new SessionLostException(new SQLException("terminating connection", "57P01"), repeatable);
	}

	private final class TestLock implements MigrationLock {

		@Override
		public Optional<Lease> tryAcquire() {
			if (ReconnectTests.this.obstructed) {
				throw new LockObstructedException(ExitStatus.PERMISSION, "Its backend may still be at work.", "Grant.");
			}
			if (ReconnectTests.this.schema.isHeld()) {
				return Optional.empty();
			}
			ReconnectTests.this.schema.getStory().add("acquire");
			TestLease lease = new TestLease();
			ReconnectTests.this.leases.add(lease);
			return Optional.of(lease);
		}

		@Override
		public Optional<LockHolder> findHolder(Connection connection) {
			return Optional.empty();
		}

	}

	private final class TestLease implements Lease {

		private final List<Consumer<String>> actions = new ArrayList<>();

		private boolean lost;

		private boolean closed;

		void lose() {
			this.lost = true;
			this.actions.forEach((action) -> action.accept("the test wants it"));
		}

		@Override
		public String getHolder() {
			return "me-" + ReconnectTests.this.leases.indexOf(this);
		}

		@Override
		public @Nullable String getPredecessor() {
			return ReconnectTests.this.predecessor;
		}

		@Override
		public boolean isLost() {
			return this.lost;
		}

		@Override
		public void onLost(Consumer<String> action) {
			this.actions.add(action);
		}

		@Override
		public boolean isFenced() {
			return ReconnectTests.this.fenced;
		}

		@Override
		public void endSession() throws SQLException {
			FakeSchema.Script ending = ReconnectTests.this.endings.poll();
			if (ending != null) {
				try {
					ending.run(new RunControl());
				}
				catch (SQLException | RuntimeException ex) {
					throw ex;
				}
				catch (Exception ex) {
					throw new IllegalStateException(ex);
				}
			}
			ReconnectTests.this.schema.getStory().add("end session");
		}

		@Override
		public void close() {
			if (!this.closed) {
				this.closed = true;
				ReconnectTests.this.schema.getStory().add("close");
			}
		}

	}

}
