// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.gate;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.progress.Progress;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.HistoryMark;
import dev.lockkeeper.schema.LockHolder;
import dev.lockkeeper.schema.InspectionConnection;
import dev.lockkeeper.schema.MissingSchemaException;
import dev.lockkeeper.schema.RunActivity;
import dev.lockkeeper.schema.RunOrigin;
import dev.lockkeeper.schema.RunProgress;
import dev.lockkeeper.schema.RunStart;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.schema.SchemaUnreadableException;
import dev.lockkeeper.testing.FakeSchema;
import dev.lockkeeper.waiting.Polling;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

@ExtendWith(OutputCaptureExtension.class)
class SchemaGateTests {

	private static final Duration ALWAYS_OLD = Duration.ofSeconds(-1);

	private final SchemaGate gate = new SchemaGate(Clock.systemUTC());

	private final FakeSchema inspector = new FakeSchema("fake").state(this::found)
		.inspection(this::inspect)
		.mark(this::mark);

	private SchemaStatus status = SchemaStatus.CURRENT;

	private long order = 1;

	private @Nullable String lastRun;

	private @Nullable LockHolder lock;

	private @Nullable RunProgress run;

	private Consumer<InspectionConnection> onInspection = (connection) -> {
	};

	@Test
	void isOpenWhileNothingIsGoverned() {
		assertThat(this.gate.isOpen()).isTrue();
	}

	@Test
	void isClosedUntilTheFirstInspection() {
		this.gate.add(this.inspector);
		assertThat(this.gate.isOpen()).isFalse();
		this.gate.refresh();
		assertThat(this.gate.isOpen()).isTrue();
	}

	@ParameterizedTest
	@CsvSource({ "CURRENT, true", "AHEAD, true", "PENDING, false", "CHANGED, false", "UNREADABLE, false" })
	void servesAtStartWhatMayBeServed(SchemaStatus status, boolean open) {
		become(status);
		this.gate.add(this.inspector);
		this.gate.refresh();
		assertThat(this.gate.isOpen()).isEqualTo(open);
	}

	@ParameterizedTest
	@CsvSource({ "CURRENT, true", "AHEAD, true", "PENDING, false", "CHANGED, true", "UNREADABLE, true" })
	void servesOnWhatMayBeServedOn(SchemaStatus status, boolean open) {
		this.gate.add(this.inspector);
		this.gate.refresh();
		become(status);
		this.gate.refresh();
		assertThat(this.gate.isOpen()).isEqualTo(open);
		assertThat(state().status()).isEqualTo(status);
	}

	@Test
	void aRepeatedAnswerHasWhatWasReadSince() {
		this.gate.add(this.inspector);
		assertThat(statusOf(this.gate.inspect("fake", Duration.ofHours(1)))).isEqualTo(SchemaStatus.CURRENT);
		become(SchemaStatus.UNREADABLE);
		this.gate.refresh();
		assertThat(statusOf(this.gate.inspect("fake", Duration.ofHours(1)))).isEqualTo(SchemaStatus.UNREADABLE);
	}

	@Test
	void theCodeIsForgottenWhenTheSchemaIsServedAndNothingMigratesIt() {
		become(SchemaStatus.PENDING);
		this.gate.add(this.inspector);
		this.gate.refresh();
		become(SchemaStatus.CURRENT);
		this.lock = new LockHolder("other-pod", Instant.EPOCH, Instant.EPOCH);
		this.gate.refresh();
		become(SchemaStatus.CURRENT);
		this.lock = null;
		this.run = runHeldBy("other-pod");
		this.gate.refresh();
		assertThat(this.inspector.getStory()).isEmpty();
		become(SchemaStatus.CURRENT);
		this.run = null;
		this.gate.refresh();
		assertThat(this.inspector.getStory()).containsExactly("forget");
		become(SchemaStatus.AHEAD);
		this.gate.inspect("fake", ALWAYS_OLD);
		assertThat(this.inspector.getStory()).containsExactly("forget", "forget");
	}

	private static SchemaStatus statusOf(@Nullable SchemaInspection inspection) {
		return Objects.requireNonNull(inspection).state().status();
	}

	@Test
	void aListenerDoesNotDecideWhetherItIsOpen() {
		this.gate.listen("fake", (inspection) -> {
			throw new IllegalStateException("no meter");
		});
		this.gate.add(this.inspector);
		this.gate.listen("fake", (inspection) -> {
			throw new IllegalStateException("no meter");
		});
		this.gate.refresh();
		assertThat(this.gate.isOpen()).isTrue();
		assertThat(statusOf(this.gate.inspect("fake", Duration.ZERO))).isEqualTo(SchemaStatus.CURRENT);
	}

	@Test
	void listenersReceiveWhatIsKnownAndEachInspection() {
		List<SchemaStatus> received = new ArrayList<>();
		this.gate.listen("fake", (inspection) -> received.add(inspection.state().status()));
		assertThat(received).isEmpty();
		this.gate.add(this.inspector);
		this.gate.refresh();
		this.gate.listen("fake", (inspection) -> received.add(inspection.state().status()));
		assertThat(received).containsExactly(SchemaStatus.UNREADABLE, SchemaStatus.CURRENT, SchemaStatus.CURRENT);
	}

	// Otherwise two inspections could wait for each other, where connections are few
	@Test
	void aCallThatWaitsForAnotherInspectionKeepsNoConnection() throws Exception {
		FakeSchema other = new FakeSchema("other").mark((connection) -> new HistoryMark(7, 1, null, null));
		this.gate.add(this.inspector);
		this.gate.add(other);
		CountDownLatch inspecting = new CountDownLatch(1);
		CountDownLatch closed = new CountDownLatch(1);
		this.onInspection = (connection) -> {
			try {
				connection.to("database", () -> closing(closed));
			}
			catch (SQLException ex) {
				throw new IllegalStateException(ex);
			}
		};
		other.inspection((connection) -> {
			inspecting.countDown();
			try {
				assertThat(closed.await(30, TimeUnit.SECONDS)).isTrue();
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
			return SchemaInspection.of(other.inspect());
		});
		CompletableFuture<@Nullable SchemaInspection> first = CompletableFuture
			.supplyAsync(() -> this.gate.inspect("other", Duration.ZERO));
		assertThat(inspecting.await(30, TimeUnit.SECONDS)).isTrue();
		assertThat(this.gate.inspect(Duration.ofSeconds(30))).hasSize(2);
		assertThat(statusOf(first.get(30, TimeUnit.SECONDS))).isEqualTo(SchemaStatus.CURRENT);
	}

	private static Connection closing(CountDownLatch closed) {
		return (Connection) Proxy.newProxyInstance(SchemaGateTests.class.getClassLoader(),
				new Class<?>[] { Connection.class }, (proxy, method, arguments) -> {
					closed.countDown();
					return null;
				});
	}

	@Test
	void oneSchemaThatIsNotThereClosesIt() {
		this.gate.add(this.inspector);
		this.gate.refresh();
		this.gate.add(new FakeSchema("other").pending(new ChangeSetReference("id", "me", "file"))
			.mark((connection) -> new HistoryMark(7, 1, null, null)));
		this.gate.refresh();
		assertThat(this.gate.isOpen()).isFalse();
	}

	@Test
	void inspectsOnlyWhenTheMarkHasChanged() {
		this.gate.add(this.inspector);
		this.gate.refresh();
		this.gate.refresh();
		this.gate.refresh();
		assertThat(this.inspector.countInspections()).isOne();
		become(SchemaStatus.AHEAD);
		this.gate.refresh();
		assertThat(this.inspector.countInspections()).isEqualTo(2);
	}

	@Test
	void keepsTheKnownStateWhenTheDatabaseIsGone() {
		this.gate.add(this.inspector);
		this.gate.refresh();
		become(SchemaStatus.UNREADABLE);
		this.gate.refresh();
		assertThat(state().applied()).isEqualTo(7);
		assertThat(state().problem()).isEqualTo("gone");
	}

	@Test
	void doesNotInspectAgainWithinTheAgeOfTheLastAnswer() {
		this.gate.add(this.inspector);
		assertThat(this.gate.inspect(Duration.ofHours(1))).containsOnlyKeys("fake");
		become(SchemaStatus.AHEAD);
		SchemaInspection again = this.gate.inspect("fake", Duration.ofHours(1));
		assertThat(again).isNotNull().isSameAs(this.gate.inspect(Duration.ofHours(1)).get("fake"));
		assertThat(this.inspector.countInspections()).isOne();
		assertThat(this.gate.inspect("another", Duration.ofHours(1))).isNull();
	}

	@Test
	void inspectsWhenTheLedgerHasChanged() {
		this.gate.add(this.inspector);
		this.gate.refresh();
		this.lastRun = "4711 CRASHED";
		this.gate.refresh();
		assertThat(this.inspector.countInspections()).isEqualTo(2);
	}

	@Test
	void theHolderOfTheLockIsKnownWhileItsRunIsInProgress() {
		this.lock = new LockHolder("other-pod", Instant.EPOCH, Instant.EPOCH);
		this.run = runHeldBy("other-pod");
		this.gate.add(this.inspector);
		this.gate.refresh();
		this.gate.refresh();
		assertThat(this.inspector.countInspections()).isOne();
		assertThat(state().lock()).isEqualTo(this.lock);
		this.run = null;
		become(SchemaStatus.CURRENT);
		this.gate.refresh();
		assertThat(state().lock()).isEqualTo(this.lock);
		this.gate.refresh();
		assertThat(state().lock()).as("nothing would show that the holder has released it").isNull();
	}

	@Test
	void inspectsWhileTheRunWaitsForALockOfAnotherProcess() {
		this.lock = LockHolder.ofEngine("a stock one", Instant.EPOCH);
		this.run = runHeldBy("other-pod");
		this.gate.add(this.inspector);
		this.gate.refresh();
		this.lock = new LockHolder("other-pod", Instant.EPOCH, Instant.EPOCH);
		this.gate.refresh();
		assertThat(state().lock()).isEqualTo(this.lock);
		this.gate.refresh();
		assertThat(this.inspector.countInspections()).isEqualTo(2);
	}

	private static RunProgress runHeldBy(String holder) {
		return new RunProgress(new RunStart("4711", "fake", new RunOrigin("SELF", "shop", null, "host"), holder, null,
				1, 0, null, Duration.ZERO, Instant.EPOCH), null, null, RunActivity.UNKNOWN);
	}

	@Test
	void runsThatCouldNotBeReadAreReadAgain() {
		this.lastRun = "4711 MIGRATION";
		this.gate.add(this.inspector);
		this.gate.refresh();
		this.gate.refresh();
		assertThat(this.inspector.countInspections()).isEqualTo(2);
	}

	@Test
	void anInspectionIsAnAnswerAndAMarkIsNot() {
		AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
		InstantSource clock = () -> Objects.requireNonNull(now.get());
		SchemaGate timed = new SchemaGate(clock.withZone(ZoneOffset.UTC));
		timed.add(this.inspector);
		timed.refresh();
		timed.inspect(Duration.ofMinutes(1));
		assertThat(this.inspector.countInspectionsWithRuns()).isOne();
		now.set(Instant.EPOCH.plus(Duration.ofMinutes(2)));
		timed.refresh();
		timed.inspect(Duration.ofMinutes(1));
		assertThat(this.inspector.countInspectionsWithRuns()).isOne();
		assertThat(this.inspector.countConfirmations()).isOne();
	}

	@Test
	void anAnswerWithTheSameMarkHasTheLockAndTheRunOfNow() {
		this.gate.add(this.inspector);
		SchemaInspection before = Objects.requireNonNull(this.gate.inspect("fake", ALWAYS_OLD));
		assertThat(before.state().lock()).isNull();
		this.lock = new LockHolder("other-pod", Instant.EPOCH, Instant.EPOCH);
		this.run = runHeldBy("other-pod");
		SchemaInspection now = Objects.requireNonNull(this.gate.inspect("fake", ALWAYS_OLD));
		assertThat(now.state().lock()).isEqualTo(this.lock);
		assertThat(now.run()).isEqualTo(this.run);
		assertThat(now.state().checkedAt()).isAfterOrEqualTo(before.state().checkedAt());
		assertThat(this.gate.inspect("fake", Duration.ofHours(1))).isSameAs(now);
		assertThat(this.inspector.countInspectionsWithRuns()).isOne();
	}

	@Test
	void anAnswerIsExactWhenTheMarkHasChangedOrTheSchemaIsNotServed() {
		this.gate.add(this.inspector);
		this.gate.inspect("fake", ALWAYS_OLD);
		become(SchemaStatus.PENDING);
		this.gate.inspect("fake", ALWAYS_OLD);
		this.gate.inspect("fake", ALWAYS_OLD);
		assertThat(this.inspector.countInspectionsWithRuns()).isEqualTo(3);
		become(SchemaStatus.CURRENT);
		this.gate.inspect("fake", ALWAYS_OLD);
		assertThat(state().status()).isEqualTo(SchemaStatus.CURRENT);
		assertThat(this.inspector.countInspectionsWithRuns()).isEqualTo(4);
	}

	@Test
	void aRefreshAfterAnAnswerInspectsOnlyWhenTheMarkHasChanged() {
		this.gate.add(this.inspector);
		this.gate.inspect("fake", ALWAYS_OLD);
		this.gate.refresh();
		assertThat(this.inspector.countInspectionsWithRuns()).isOne();
		become(SchemaStatus.AHEAD);
		this.gate.refresh();
		assertThat(state().status()).isEqualTo(SchemaStatus.AHEAD);
	}

	@Test
	void theKnownStateIsReturnedWithoutAnInspection() {
		assertThat(this.gate.getKnown("fake")).isNull();
		this.gate.add(this.inspector);
		this.gate.refresh();
		assertThat(statusOf(this.gate.getKnown("fake"))).isEqualTo(SchemaStatus.CURRENT);
		assertThat(this.inspector.countInspections()).isOne();
	}

	@Test
	void anInspectionOpensAndClosesTheGateAsWell() {
		this.gate.add(this.inspector);
		this.gate.inspect(Duration.ofHours(1));
		assertThat(this.gate.isOpen()).isTrue();
	}

	@Test
	void aFailedInspectionIsAnAnswerWithTheRunsThatWereKnown() {
		this.gate.add(this.inspector);
		SchemaInspection known = Objects.requireNonNull(this.gate.inspect("fake", Duration.ofHours(-1)));
		become(SchemaStatus.UNREADABLE);
		SchemaInspection failed = Objects.requireNonNull(this.gate.inspect("fake", Duration.ofHours(-1)));
		become(SchemaStatus.CURRENT);
		assertThat(failed).isSameAs(this.gate.inspect(Duration.ofHours(1)).get("fake"));
		assertThat(failed.state().problem()).isEqualTo("gone");
		assertThat(failed.runs()).isEqualTo(known.runs());
	}

	@Test
	void warnsOnceWhenAServedSchemaIsChanged(CapturedOutput output) {
		this.gate.add(this.inspector);
		this.gate.refresh();
		become(SchemaStatus.CHANGED);
		this.gate.refresh();
		this.gate.refresh();
		assertThat(output.getOut().lines().filter((line) -> line.contains("became CHANGED"))).hasSize(1);
		assertThat(output).contains("still ready");
	}

	@Test
	void aProcessWithoutItsSchemaIsNotReadyAndOneWithItsHistoryElsewhereIs(CapturedOutput output) {
		this.gate.add(this.inspector);
		this.gate.refresh();
		this.inspector.unreadable(new SchemaUnreadableException("fake", ExitStatus.CHANGELOG, null, false, "elsewhere",
				"Say where.", null));
		this.gate.refresh();
		this.gate.refresh();
		assertThat(this.gate.isOpen()).isTrue();
		this.inspector.unreadable(new MissingSchemaException("fake", "gone", "a setting"));
		this.gate.refresh();
		this.gate.refresh();
		assertThat(this.gate.isOpen()).isFalse();
		this.inspector.unreadable(null);
		this.gate.refresh();
		assertThat(this.gate.isOpen()).isTrue();
		assertThat(output.getOut().lines().filter((line) -> line.contains("WARN"))).hasSize(2)
			.anyMatch(
					(line) -> line.contains("still ready") && line.contains("elsewhere") && line.contains("say where."))
			.anyMatch((line) -> line.contains("not ready") && line.contains("CREATE SCHEMA gone;"));
	}

	@Test
	void aProcessThatServesAtOnceLogsOnceWhyItIsNotReady(CapturedOutput output) {
		this.inspector.unreadable(new SchemaUnreadableException("fake", ExitStatus.UNAVAILABLE, "08006", true, "Gone.",
				"Find it.", null));
		this.gate.add(this.inspector);
		this.gate.refresh();
		this.gate.refresh();
		assertThat(output).containsOnlyOnce(
				"lockkeeper - the schema is not served yet (schema fake, UNREADABLE, Gone); check the database");
	}

	@Test
	void aProcessThatServesAtOnceWarnsOfAMissingRightOnce(CapturedOutput output) {
		this.inspector.unreadable(new SchemaUnreadableException("fake", ExitStatus.PERMISSION, "42501", false,
				"Refused.", "Let it read: GRANT it.", null));
		this.gate.add(this.inspector);
		this.gate.refresh();
		this.gate.refresh();
		assertThat(output).containsOnlyOnce("lockkeeper - ")
			.contains("WARN")
			.contains("lockkeeper - the schema cannot be read (schema fake, this process is not ready: Refused); "
					+ "let it read: GRANT it.");
	}

	@Test
	void aSchemaWithoutAChangeSetHasNoVersion(CapturedOutput output) {
		this.gate.add(this.inspector);
		this.gate.refresh();
		assertThat(output).contains("lockkeeper - the schema is served (schema fake, CURRENT)");
	}

	@Test
	void theStateAtTheStartIsNotLoggedAgain(CapturedOutput output) {
		this.gate.add(this.inspector, this.inspector.inspect());
		this.gate.refresh();
		assertThat(output).doesNotContain("lockkeeper - ");
	}

	@Test
	void aProcessThatServesAtOnceWarnsOfWhatNoMigratorCanRepair(CapturedOutput output) {
		this.inspector.unreadable(new MissingSchemaException("fake", "gone", "a setting"));
		this.gate.add(this.inspector);
		this.gate.refresh();
		this.gate.refresh();
		assertThat(output.getOut().lines().filter((line) -> line.contains("WARN"))).singleElement()
			.asString()
			.contains("The database schema gone does not exist", "not ready", "CREATE SCHEMA gone;");
	}

	@Test
	void aWaitEndsWithWhatIsMissing() {
		this.status = SchemaStatus.PENDING;
		SchemaWait wait = new SchemaWait(new Polling(Duration.ofMillis(5), Duration.ofMillis(5)), Duration.ofMillis(20),
				Progress.NONE);
		assertThatExceptionOfType(SchemaNotReadyException.class).isThrownBy(() -> wait.await(this.inspector))
			.withMessageContaining("file::id::me")
			.satisfies((ex) -> {
				assertThat(ex.getStatus()).isEqualTo(ExitStatus.TEMPORARY);
				assertThat(ex.getAction()).contains("--migrate-only");
			});
	}

	@Test
	void aWaitDoesNotOutlastAChangedChangeSet() {
		this.status = SchemaStatus.CHANGED;
		SchemaWait wait = new SchemaWait(new Polling(Duration.ofMillis(5), Duration.ofMillis(5)), Duration.ofHours(1),
				Progress.NONE);
		assertThatExceptionOfType(SchemaNotReadyException.class).isThrownBy(() -> wait.await(this.inspector))
			.satisfies((ex) -> assertThat(ex.getStatus()).isEqualTo(ExitStatus.CHANGELOG));
	}

	private SchemaState state() {
		return Objects.requireNonNull(this.gate.getStates().get("fake"));
	}

	private void become(SchemaStatus next) {
		this.status = next;
		this.order++;
		this.inspector.unreadable((next == SchemaStatus.UNREADABLE)
				? new SchemaUnreadableException("fake", ExitStatus.UNAVAILABLE, "08006", true, "gone", "Find it.", null)
				: null);
	}

	private SchemaState found() {
		List<ChangeSetReference> some = List.of(new ChangeSetReference("id", "me", "file"));
		return new SchemaState(this.status, Instant.now(), null, 7,
				(this.status == SchemaStatus.PENDING) ? some : List.of(), List.of(),
				(this.status == SchemaStatus.CHANGED) ? some : List.of(), this.lock, null);
	}

	private SchemaInspection inspect(InspectionConnection connection) {
		this.onInspection.accept(connection);
		return new SchemaInspection(this.inspector.inspect(), this.run, List.of());
	}

	private HistoryMark mark(InspectionConnection connection) {
		return new HistoryMark(7, this.order, null, this.lastRun);
	}

}
