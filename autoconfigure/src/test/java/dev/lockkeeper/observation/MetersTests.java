// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observation;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.migration.LockWaitOutcome;
import dev.lockkeeper.migration.RunReference;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.HistoryMark;
import dev.lockkeeper.schema.LockContention;
import dev.lockkeeper.schema.LockHolder;
import dev.lockkeeper.schema.RunActivity;
import dev.lockkeeper.schema.RunEnd;
import dev.lockkeeper.schema.RunOrigin;
import dev.lockkeeper.schema.RunProgress;
import dev.lockkeeper.schema.RunRecord;
import dev.lockkeeper.schema.RunStart;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.schema.SchemaVersion;
import dev.lockkeeper.testing.FakeSchema;
import io.micrometer.common.docs.KeyName;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Gauges and counters have the names and tags that are declared, and the right values.
 */
class MetersTests {

	private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");

	private static final RunReference RUN = new RunReference("liquibase", "4711");

	private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

	private final SchemaGate gate = new SchemaGate(Clock.fixed(NOW, ZoneOffset.UTC));

	private final RunMemory memory = new RunMemory();

	private final SchemaMeters gauges = new SchemaMeters(this.gate, this.memory, Mode.DEFER);

	private final MeterMigrationListener listener = new MeterMigrationListener(() -> this.registry, this.gauges,
			Mode.DEFER);

	@Test
	void theGaugesShowWhatTheGateHas() {
		found(state(SchemaStatus.PENDING, List.of(changeSet("one"), changeSet("two")), List.of(changeSet("three")),
				new LockHolder("holder", NOW.minusSeconds(90), NOW.plusSeconds(10))));
		this.gauges.bindTo(this.registry);
		assertThat(gauge("lockkeeper.schema.pending")).isEqualTo(2);
		assertThat(gauge("lockkeeper.schema.unknown")).isEqualTo(1);
		assertThat(gauge("lockkeeper.schema.lock.held")).isEqualTo(90);
		assertThat(gauge("lockkeeper.ready")).isZero();
		found(state(SchemaStatus.CURRENT, List.of(), List.of(), null));
		assertThat(gauge("lockkeeper.schema.pending")).isZero();
		assertThat(gauge("lockkeeper.schema.unknown")).isZero();
		assertThat(gauge("lockkeeper.schema.lock.held")).isZero();
		assertThat(gauge("lockkeeper.ready")).isEqualTo(1);
	}

	@ParameterizedTest
	@EnumSource
	void exactlyTheSeriesOfTheStatusIsOne(SchemaStatus status) {
		found(state(status, List.of(), List.of(), null));
		this.gauges.bindTo(this.registry);
		for (SchemaStatus each : SchemaStatus.values()) {
			assertThat(this.registry.get("lockkeeper.schema.status").tag("status", each.name()).gauge().value())
				.isEqualTo((each == status) ? 1 : 0);
		}
	}

	@Test
	void theVersionIsATagOfOneSeries() {
		this.gauges.bindTo(this.registry, "liquibase");
		assertVersion("unknown", 0);
		found(SchemaState.unreadable(NOW, "gone"));
		assertVersion("unknown", 0);
		found(at(new SchemaVersion(new ChangeSetReference("2026-01", "me", "file"), null, NOW, 7)));
		assertVersion("2026-01 by me", 7);
		found(at(new SchemaVersion(new ChangeSetReference("2026-02", "me", "file"), null, NOW, 8)));
		assertVersion("2026-02 by me", 8);
		found(at(null));
		assertVersion("none", 0);
	}

	@Test
	void aGaugeStaysWhileItsNameStays() {
		this.gauges.bindTo(this.registry, "liquibase");
		String name = MigrationMeterDocumentation.SCHEMA_NEXT.getName();
		found(state(SchemaStatus.PENDING, List.of(changeSet("three"), changeSet("four")), List.of(), null));
		Gauge gauge = this.registry.get(name).gauge();
		found(state(SchemaStatus.PENDING, List.of(changeSet("three")), List.of(), null));
		assertThat(this.registry.get(name).gauge()).isSameAs(gauge);
		assertThat(gauge.value()).isOne();
		found(state(SchemaStatus.CURRENT, List.of(), List.of(), null));
		assertThat(this.registry.get(name).gauge()).isNotSameAs(gauge);
	}

	@Test
	void theMigratingHostIsATagAndItsProgressTheValue() {
		this.gauges.bindTo(this.registry, "liquibase");
		assertProgress("none", 0);
		SchemaState state = state(SchemaStatus.PENDING, List.of(changeSet("three"), changeSet("four")), List.of(),
				null);
		RunStart start = new RunStart("4710", "liquibase", new RunOrigin("SELF", "shop", null, "pod-7"), "holder",
				"level", 4, 0, null, Duration.ZERO, NOW);
		found(new SchemaInspection(state, RunProgress.of(start, state, "level", RunActivity.UNKNOWN), List.of()));
		assertProgress("pod-7", 0.5);
		SchemaState done = state(SchemaStatus.CURRENT, List.of(), List.of(), null);
		found(new SchemaInspection(done, RunProgress.of(start, done, "level", RunActivity.UNKNOWN), List.of()));
		assertProgress("pod-7", 1);
		found(new SchemaInspection(done, new RunProgress(start, null, null, RunActivity.UNKNOWN), List.of()));
		assertProgress("pod-7", 0);
		found(new SchemaInspection(state, null, List.of()));
		assertProgress("none", 0);
	}

	@Test
	void howOftenTheRunInProgressWasBlockedIsShownUntilItsEnd() {
		this.gauges.bindTo(this.registry, "liquibase");
		assertThat(gauge("lockkeeper.schema.run.blocked")).isZero();
		SchemaState state = state(SchemaStatus.PENDING, List.of(changeSet("three")), List.of(), null);
		RunStart start = new RunStart("4710", "liquibase", new RunOrigin("SELF", "shop", null, "pod-7"), "holder",
				"level", 1, 0, null, Duration.ZERO, NOW);
		LockContention contention = new LockContention(1, changeSet("three"), "did not get a lock", NOW);
		found(new SchemaInspection(state,
				RunProgress.of(start.blockedBy(contention).blockedBy(contention), state, "level", RunActivity.UNKNOWN),
				List.of()));
		assertThat(gauge("lockkeeper.schema.run.blocked")).isEqualTo(2);
		found(new SchemaInspection(state, null, List.of()));
		assertThat(gauge("lockkeeper.schema.run.blocked")).isZero();
	}

	@Test
	void theNextChangeSetIsATagAndTheNumberOfMissingOnesTheValue() {
		this.gauges.bindTo(this.registry, "liquibase");
		assertNext("unknown", 0);
		found(SchemaState.unreadable(NOW, "gone"));
		assertNext("unknown", 0);
		found(state(SchemaStatus.PENDING, List.of(changeSet("three"), changeSet("four")), List.of(), null));
		assertNext("log.sql::three::me", 2);
		found(state(SchemaStatus.CURRENT, List.of(), List.of(), null));
		assertNext("none", 0);
	}

	private void assertNext(String changeSet, int missing) {
		assertThat(this.registry.find("lockkeeper.schema.next").gauges()).singleElement().satisfies((gauge) -> {
			assertThat(gauge.getId().getTag("change.set")).isEqualTo(changeSet);
			assertThat(gauge.value()).isEqualTo(missing);
		});
	}

	@Test
	void howTheLastRunOfThisProcessEndedIsInTheTagsOfOneSeries() {
		this.listener.runStarted(RUN);
		assertVerdict("none", "none", "none", Instant.EPOCH);
		this.memory.runFailed(RUN, RunEnd.read("MIGRATION", 70, 1, null, changeSet("two"), "42P07", "why", NOW, NOW));
		assertVerdict("MIGRATION", "42P07", "log.sql::two::me", NOW);
		this.listener.runStarted(RUN);
		this.memory.runFailed(RUN, unforeseen(changeSet("two")));
		assertVerdict("UNFORESEEN", "none", "log.sql::two::me", NOW);
		this.memory.runFailed(RUN, unforeseen(null));
		assertVerdict("UNFORESEEN", "none", "none", NOW);
		this.memory.runEnded(RUN, RunEnd.done(1, null, Duration.ZERO, NOW));
		assertVerdict("DONE", "none", "none", NOW);
	}

	@Test
	void howTheLastRunOfAnotherProcessEndedIsInTheTagsOfOneSeries() {
		this.gauges.bindTo(this.registry, "liquibase");
		SchemaState state = state(SchemaStatus.CURRENT, List.of(), List.of(), null);
		found(state,
				RunEnd.read("MIGRATION", 70, 0, null, changeSet("two"), "42P07", "why", NOW, NOW.minusSeconds(60)));
		assertVerdict("MIGRATION", "42P07", "log.sql::two::me", NOW.minusSeconds(60));
		found(state, RunEnd.crashed(0, null, NOW));
		assertVerdict("CRASHED", "none", "none", NOW);
	}

	private void assertVerdict(String status, String sqlState, String changeSet, Instant ended) {
		assertThat(this.registry.find("lockkeeper.last.run.verdict").gauges()).singleElement().satisfies((gauge) -> {
			assertThat(gauge.getId().getTag("status")).isEqualTo(status);
			assertThat(gauge.getId().getTag("sql.state")).isEqualTo(sqlState);
			assertThat(gauge.getId().getTag("change.set")).isEqualTo(changeSet);
			assertThat(gauge.value()).isEqualTo((double) ended.getEpochSecond());
		});
	}

	private void assertProgress(String host, double share) {
		assertThat(this.registry.find("lockkeeper.schema.run.progress").gauges()).singleElement().satisfies((gauge) -> {
			assertThat(gauge.getId().getTag("host")).isEqualTo(host);
			assertThat(gauge.value()).isEqualTo(share);
		});
	}

	private static SchemaState at(@Nullable SchemaVersion version) {
		return new SchemaState(SchemaStatus.CURRENT, NOW, version, 1, List.of(), List.of(), List.of(), null, null);
	}

	private void assertVersion(String version, int order) {
		assertThat(this.registry.find("lockkeeper.schema.version").gauges()).singleElement().satisfies((gauge) -> {
			assertThat(gauge.getId().getTag("version")).isEqualTo(version);
			assertThat(gauge.value()).isEqualTo(order);
		});
	}

	@Test
	void anUnknownValueIsNoNumber() {
		this.listener.runStarted(RUN);
		assertThat(gauge("lockkeeper.schema.pending")).isNaN();
		found(state(SchemaStatus.PENDING, List.of(changeSet("one")), List.of(), null));
		assertThat(gauge("lockkeeper.schema.pending")).isEqualTo(1);
	}

	@Test
	void theCountersAreThereBeforeTheyCount() {
		this.listener.runStarted(RUN);
		for (String name : List.of("lockkeeper.leases.lost", "lockkeeper.takeovers", "lockkeeper.retries",
				"lockkeeper.blocked")) {
			assertThat(this.registry.get(name).tag("schema", "liquibase").counter().count()).as(name).isZero();
		}
		this.listener.leaseLost(RUN);
		this.listener.lockTakenOver(RUN);
		this.listener.lockTakenOver(RUN);
		this.listener.runResumed(RUN);
		this.listener.changeSetBlocked(RUN, changeSet("two"), List.of());
		assertThat(this.registry.get("lockkeeper.leases.lost").counter().count()).isEqualTo(1);
		assertThat(this.registry.get("lockkeeper.takeovers").counter().count()).isEqualTo(2);
		assertThat(this.registry.get("lockkeeper.retries").counter().count()).isEqualTo(1);
		assertThat(this.registry.get("lockkeeper.blocked").counter().count()).isEqualTo(1);
	}

	@Test
	void theLastRunIsRemembered() {
		this.listener.runStarted(RUN);
		assertThat(gauge("lockkeeper.last.run.failed")).isZero();
		assertThat(gauge("lockkeeper.last.run.crashed")).isZero();
		assertThat(gauge("lockkeeper.last.run.ended")).isZero();
		this.memory.runFailed(RUN, unforeseen(null));
		assertThat(gauge("lockkeeper.last.run.failed")).isEqualTo(1);
		assertThat(gauge("lockkeeper.last.run.ended")).isEqualTo((double) NOW.getEpochSecond());
		RunEnd nothing = RunEnd.done(0, null, Duration.ZERO, NOW);
		this.memory.runEnded(RUN, nothing);
		assertThat(gauge("lockkeeper.last.run.failed")).as("what finds nothing to do is no run").isEqualTo(1);
		this.memory.lockWaitEnded(RUN, LockWaitOutcome.MIGRATED_BY_ANOTHER);
		this.memory.runEnded(RUN, nothing);
		assertThat(gauge("lockkeeper.last.run.failed")).as("nor what another has done").isEqualTo(1);
		this.memory.lockWaitEnded(RUN, LockWaitOutcome.ACQUIRED);
		this.memory.runEnded(RUN, nothing);
		assertThat(gauge("lockkeeper.last.run.failed")).isZero();
	}

	@Test
	void aRunWithRemainingChangeSetsHasFailed() {
		this.listener.runStarted(RUN);
		this.memory.runFailed(RUN, ended(ExitStatus.MIGRATION, NOW));
		assertThat(gauge("lockkeeper.last.run.failed")).isEqualTo(1);
		assertVerdict("MIGRATION", "none", "none", NOW);
	}

	@Test
	void aCrashedRunOfAnotherProcessIsShown() {
		this.gauges.bindTo(this.registry, "liquibase");
		found(state(SchemaStatus.CURRENT, List.of(), List.of(), null), RunEnd.crashed(1, null, NOW));
		assertThat(gauge("lockkeeper.last.run.crashed")).isEqualTo(1);
		assertThat(gauge("lockkeeper.last.run.failed")).isZero();
		assertThat(gauge("lockkeeper.last.run.ended")).isEqualTo((double) NOW.getEpochSecond());
		found(state(SchemaStatus.CURRENT, List.of(), List.of(), null), ended(ExitStatus.MIGRATION, NOW));
		assertThat(gauge("lockkeeper.last.run.crashed")).isZero();
		assertThat(gauge("lockkeeper.last.run.failed")).isEqualTo(1);
		for (ExitStatus passing : List.of(ExitStatus.DONE, ExitStatus.TEMPORARY, ExitStatus.TERMINATED)) {
			found(state(SchemaStatus.CURRENT, List.of(), List.of(), null), ended(passing, NOW));
			assertThat(gauge("lockkeeper.last.run.failed")).as(passing.name()).isZero();
		}
	}

	@Test
	void gaugesAreBoundOnce() {
		this.listener.runStarted(RUN);
		this.gauges.bindTo(this.registry, "liquibase");
		assertThat(this.registry.find("lockkeeper.schema.pending").gauges()).hasSize(1);
	}

	@Test
	void theLaterOneOfTwoRunsIsTheLast() {
		this.gauges.bindTo(this.registry, "liquibase");
		this.memory.runFailed(RUN, unforeseen(null));
		found(state(SchemaStatus.CURRENT, List.of(), List.of(), null), ended(ExitStatus.DONE, NOW.minusSeconds(1)));
		assertThat(gauge("lockkeeper.last.run.failed")).isEqualTo(1);
		found(state(SchemaStatus.CURRENT, List.of(), List.of(), null), ended(ExitStatus.DONE, NOW.plusSeconds(1)));
		assertThat(gauge("lockkeeper.last.run.failed")).isZero();
	}

	// Clocks of several hosts may differ
	@Test
	void theOrderOfTheLedgerCountsForARunThatIsInIt() {
		this.gauges.bindTo(this.registry, "liquibase");
		this.memory.runFailed(RUN, unforeseen(null));
		RunOrigin origin = new RunOrigin("SELF", "shop", null, "host");
		RunStart mine = new RunStart(RUN.runId(), "liquibase", origin, "holder", null, 1, 0, null, Duration.ZERO, NOW);
		RunStart next = new RunStart("4712", "liquibase", origin, "other", null, 1, 0, null, Duration.ZERO, NOW);
		RunRecord slow = new RunRecord(next, ended(ExitStatus.DONE, NOW.minusSeconds(180)));
		SchemaState state = state(SchemaStatus.CURRENT, List.of(), List.of(), null);
		found(new SchemaInspection(state, null, List.of(slow, new RunRecord(mine, ended(ExitStatus.MIGRATION, NOW)))));
		assertThat(gauge("lockkeeper.last.run.failed")).isZero();
		found(new SchemaInspection(state, null, List.of(slow)));
		assertThat(gauge("lockkeeper.last.run.failed")).isEqualTo(1);
		found(new SchemaInspection(state, null,
				List.of(new RunRecord(mine, RunEnd.crashed(0, null, NOW.plusSeconds(9))))));
		assertThat(gauge("lockkeeper.last.run.crashed")).as("it only could not write how it ended").isZero();
	}

	@Test
	void everyMeterIsDeclaredAndEveryDeclarationIsAMeter() {
		this.listener.runStarted(RUN);
		this.gauges.bindTo(this.registry);
		assertThat(this.registry.getMeters()).extracting((meter) -> meter.getId().getName())
			.containsOnly(Arrays.stream(MigrationMeterDocumentation.values())
				.map(MigrationMeterDocumentation::getName)
				.toArray(String[]::new));
		for (MigrationMeterDocumentation declared : MigrationMeterDocumentation.values()) {
			for (Meter meter : this.registry.get(declared.getName()).meters()) {
				assertThat(meter.getId().getType()).isEqualTo(declared.getType());
				assertThat(meter.getId().getBaseUnit()).isEqualTo(declared.getBaseUnit());
				assertThat(meter.getId().getDescription()).isEqualTo(declared.getMeaning());
				assertThat(meter.getId().getTags()).extracting(Tag::getKey)
					.containsExactlyInAnyOrderElementsOf(
							Arrays.stream(declared.getKeyNames()).map(KeyName::asString).toList());
			}
		}
	}

	private double gauge(String name) {
		return this.registry.get(name).gauge().value();
	}

	private void found(SchemaState state) {
		found(state, null);
	}

	private void found(SchemaState state, @Nullable RunEnd last) {
		RunStart start = new RunStart("4710", "liquibase", new RunOrigin("SELF", "shop", null, "host"), "holder", null,
				1, 0, null, Duration.ZERO, NOW);
		found(new SchemaInspection(state, null, (last != null) ? List.of(new RunRecord(start, last)) : List.of()));
	}

	private void found(SchemaInspection inspection) {
		this.gate.add(new FakeSchema("liquibase").inspection(inspection)
			.mark((connection) -> new HistoryMark(0, 0, null, null)), inspection.state());
		if (inspection.run() != null || !inspection.runs().isEmpty()) {
			this.gate.refresh();
		}
	}

	private static RunEnd unforeseen(@Nullable ChangeSetReference changeSet) {
		return RunEnd.unforeseen(0, changeSet, new IllegalStateException("secret"), Duration.ZERO, NOW);
	}

	private static RunEnd ended(ExitStatus status, Instant at) {
		return RunEnd.read(status.name(), status.getCode(), 0, null, null, null, null, at, at);
	}

	private static SchemaState state(SchemaStatus status, List<ChangeSetReference> pending,
			List<ChangeSetReference> unknown, @Nullable LockHolder lock) {
		return new SchemaState(status, NOW, null, 0, pending, unknown, List.of(), lock, null);
	}

	private static ChangeSetReference changeSet(String id) {
		return new ChangeSetReference(id, "me", "log.sql");
	}

}
