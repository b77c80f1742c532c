// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class RunRecordTests {

	private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

	private static final RunStart START = new RunStart("id", "liquibase", new RunOrigin("SELF", "app", "1", "host"),
			"holder", "level", 5, 10, "f::10::me", Duration.ofMillis(7), NOW);

	private static final RunEnd DONE = RunEnd.read("DONE", 0, 5, "f::15::me", null, null, null, NOW,
			NOW.plusSeconds(3));

	@Test
	void aRunTakesFromItsBeginToItsEnd() {
		assertThat(DONE.duration()).isEqualTo(Duration.ofSeconds(3));
		assertThat(RunEnd.done(5, "f::15::me", Duration.ofHours(1), NOW)
			.recorded("f::15::me", START.at(), NOW.plusSeconds(3))).isEqualTo(DONE);
	}

	@Test
	void theDurationOfACrashedRunIsUnknown() {
		RunEnd crash = RunEnd.crashed(2, "f::12::me", NOW.plusSeconds(60));
		assertThat(crash.duration()).isNull();
		assertThat(RunEnd.read("CRASHED", null, 2, "f::12::me", null, null, crash.message(), NOW, crash.at()))
			.isEqualTo(crash);
		assertThat(crash.isCrash()).isTrue();
		assertThat(DONE.isCrash()).isFalse();
		assertThat(crash.status()).isEqualTo("CRASHED");
		assertThat(crash.code()).isNull();
		assertThat(crash.applied()).isEqualTo(2);
		assertThat(crash.version()).isEqualTo("f::12::me");
		assertThat(crash.at()).isEqualTo(NOW.plusSeconds(60));
		assertThat(crash.message()).contains("end of the run was not recorded");
	}

	@Test
	void aRunGoesOnUnderAnotherHolder() {
		RunStart other = START.heldBy("other");
		assertThat(other.holder()).isEqualTo("other");
		assertThat(other.heldBy("holder")).isEqualTo(START);
	}

	@ParameterizedTest
	@CsvSource({ "5, 1, 0", "4, 2, 0.2", "1, 5, 0.8", "6,, 0", "0,, 1" })
	void codeOfTheSameLevelCountsWhatIsPendingAndNamesTheFirst(int pending, @Nullable Integer number, double share) {
		RunProgress progress = RunProgress.of(START, state(99, pending), "level", RunActivity.UNKNOWN);
		assertThat(progress.number()).isEqualTo(number);
		assertThat(progress.share()).isEqualTo(share);
		assertThat(progress.changeSet()).isEqualTo((pending > 0) ? new ChangeSetReference("0", "me", "f") : null);
		assertThat(progress.start()).isSameAs(START);
		assertThat(progress.activity()).isSameAs(RunActivity.UNKNOWN);
	}

	@ParameterizedTest
	@CsvSource({ "10, 1, 0", "12, 3, 0.4", "14, 5, 0.8", "15,, 1", "16,, 1", "9,, 0" })
	void otherCodeCountsTheRowsAndNamesNone(int rows, @Nullable Integer number, double share) {
		RunProgress progress = RunProgress.of(START, state(rows, 1), "other", RunActivity.UNKNOWN);
		assertThat(progress.number()).isEqualTo(number);
		assertThat(progress.share()).isEqualTo(share);
		assertThat(progress.changeSet()).isNull();
	}

	@Test
	void aRunForWhichNothingWasPendingHasNoShareOfThat() {
		RunStart start = new RunStart("id", "liquibase", START.origin(), "holder", null, 0, 10, null, Duration.ZERO,
				NOW);
		RunProgress progress = RunProgress.of(start, state(10, 0), null, RunActivity.UNKNOWN);
		assertThat(progress.number()).isNull();
		assertThat(progress.share()).isZero();
	}

	@Test
	void aRunIsUpdatedWithTheStateAlone() {
		RunProgress progress = RunProgress.of(START, state(10, 5), "level", RunActivity.UNKNOWN);
		assertThat(progress.withState(state(12, 3)))
			.isEqualTo(RunProgress.of(START, state(12, 3), "level", RunActivity.UNKNOWN));
		RunProgress done = RunProgress.of(START, state(10, 0), "level", RunActivity.UNKNOWN);
		assertThat(done.withState(state(10, 0)).number()).as("it was a rerun, which adds no row").isNull();
		RunProgress other = RunProgress.of(START, state(10, 1), "other", RunActivity.UNKNOWN);
		assertThat(other.withState(state(12, 1)))
			.isEqualTo(RunProgress.of(START, state(12, 1), "other", RunActivity.UNKNOWN));
	}

	@Test
	void aRunOfAnUnknownLevelIsOtherCode() {
		RunStart start = new RunStart("id", "liquibase", START.origin(), "holder", null, 5, 10, null, Duration.ZERO,
				NOW);
		assertThat(RunProgress.of(start, state(11, 1), null, RunActivity.UNKNOWN).changeSet()).isNull();
	}

	@Test
	void theFirstRunOfAnInspectionIsTheLast() {
		RunRecord last = new RunRecord(START, DONE);
		RunRecord before = new RunRecord(START.heldBy("before"), DONE);
		assertThat(new SchemaInspection(state(10, 0), null, List.of(last, before)).lastRun()).isSameAs(last);
		assertThat(SchemaInspection.of(state(10, 0)).lastRun()).isNull();
	}

	@Test
	void anInspectorWithoutRunsReadsTheStateAlone() {
		SchemaState seen = state(10, 0);
		SchemaInspector inspector = new SchemaInspector() {

			@Override
			public String getName() {
				return "stateOnly";
			}

			@Override
			public SchemaState inspect() {
				return seen;
			}

			@Override
			public HistoryMark mark(InspectionConnection connection) {
				throw new UnsupportedOperationException();
			}

			@Override
			public List<SchemaVersion> readHistory(InspectionConnection connection) {
				throw new UnsupportedOperationException();
			}

		};
		assertThat(inspector.inspectWithRuns(new InspectionConnection()))
			.isEqualTo(new SchemaInspection(seen, null, List.of()));
	}

	@Test
	void aFailedInspectionKeepsTheRunsThatWereKnown() {
		RunProgress running = RunProgress.of(START, state(10, 5), "level", RunActivity.UNKNOWN);
		SchemaInspection known = new SchemaInspection(state(10, 5), running, List.of(new RunRecord(START, DONE)));
		SchemaState unreadable = SchemaState.unreadable(NOW, "gone");
		assertThat(known.afterFailure(unreadable)).isEqualTo(new SchemaInspection(unreadable, null, known.runs()));
	}

	private static SchemaState state(int rows, int pending) {
		return new SchemaState(SchemaStatus.PENDING, NOW, null, rows,
				IntStream.range(0, pending)
					.mapToObj((i) -> new ChangeSetReference(String.valueOf(i), "me", "f"))
					.toList(),
				List.of(), List.of(), null, null);
	}

}
