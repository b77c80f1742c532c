// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;

import dev.lockkeeper.testing.FakeSchema;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The holder of the lock, and the progress of its run, from one inspection to the next.
 */
class SchemaInspectionTests {

	private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");

	private static final LockHolder HOLDER = new LockHolder("holder", NOW, NOW.plusSeconds(30));

	private static final LockHolder STOCK = LockHolder.ofEngine("a stock one", null);

	@Test
	void aConfirmedInspectionKeepsTheLockOfTheRunInProgress() {
		SchemaInspection inspection = new SchemaInspection(state(2, HOLDER), run(2), List.of());
		assertThat(inspection.isHeldByRun()).isTrue();
		SchemaInspection confirmed = inspection.confirmed(NOW.plusSeconds(5));
		assertThat(confirmed.state()).isEqualTo(new SchemaState(SchemaStatus.PENDING, NOW.plusSeconds(5), null, 10,
				changeSets(2), List.of(), List.of(), HOLDER, null));
		assertThat(confirmed.run()).isSameAs(inspection.run());
	}

	@Test
	void aConfirmedInspectionDropsTheLockOfAnotherProcess() {
		SchemaInspection waiting = new SchemaInspection(state(2, STOCK), run(2), List.of());
		assertThat(waiting.isHeldByRun()).isFalse();
		assertThat(waiting.confirmed(NOW).state().lock()).isNull();
		SchemaInspection alone = SchemaInspection.of(state(2, HOLDER));
		assertThat(alone.isHeldByRun()).isFalse();
		assertThat(alone.confirmed(NOW).state().lock()).isNull();
		assertThat(new SchemaInspection(state(2, null), run(2), List.of()).isHeldByRun()).isFalse();
	}

	@Test
	void theHolderIsNamedWithHowFarItsRunIs() {
		assertThat(SchemaInspection.of(state(2, null)).holder()).isNull();
		assertThat(SchemaInspection.of(state(2, HOLDER)).holder()).isEqualTo("holder since 2026-01-01T12:00:00Z");
		assertThat(new SchemaInspection(state(2, HOLDER), run(2), List.of()).holder())
			.isEqualTo("holder since 2026-01-01T12:00:00Z, at change set 2 of 3");
		assertThat(new SchemaInspection(state(0, HOLDER), run(0), List.of()).holder())
			.isEqualTo("holder since 2026-01-01T12:00:00Z");
		assertThat(new SchemaInspection(state(2, STOCK), run(2), List.of()).holder()).isEqualTo("a stock one");
	}

	@Test
	void theRunsOfANewHolderAreReadAndThenTheStateAlone() {
		SchemaInspection found = new SchemaInspection(state(3, HOLDER), run(3), List.of());
		FakeSchema schema = new FakeSchema("schema").inspection(found);
		SchemaInspection first = schema.watch(state(3, HOLDER), null, false);
		assertThat(first).isSameAs(found);
		SchemaInspection second = schema.watch(state(1, HOLDER), first, false);
		assertThat(second.holder()).endsWith("at change set 3 of 3");
		assertThat(second.state()).isEqualTo(state(1, HOLDER));
		assertThat(schema.countInspectionsWithRuns()).isOne();
		assertThat(schema.watch(state(1, HOLDER), second, true)).isSameAs(found);
		assertThat(schema.watch(state(1, new LockHolder("next", NOW, NOW)), second, false)).isSameAs(found);
		assertThat(schema.countInspectionsWithRuns()).isEqualTo(3);
	}

	@Test
	void aHolderWithoutARecordedRunIsInspectedAgain() {
		SchemaInspection found = SchemaInspection.of(state(3, HOLDER));
		FakeSchema schema = new FakeSchema("schema").inspection(found);
		SchemaInspection first = schema.watch(state(3, HOLDER), null, false);
		schema.watch(state(3, HOLDER), first, false);
		assertThat(schema.countInspectionsWithRuns()).isEqualTo(2);
	}

	@Test
	void aLiquibaseThatIsNotGovernedWritesNoRun() {
		SchemaInspection found = SchemaInspection.of(state(3, STOCK));
		FakeSchema schema = new FakeSchema("schema").inspection(found);
		SchemaInspection first = schema.watch(state(3, STOCK), null, false);
		assertThat(schema.watch(state(2, STOCK), first, false)).isEqualTo(SchemaInspection.of(state(2, STOCK)));
		assertThat(schema.countInspectionsWithRuns()).isOne();
	}

	@Test
	void withoutAHolderTheRunsAreReadAtFirstAndOnceInAWhile() {
		SchemaInspection found = SchemaInspection.of(state(3, null));
		FakeSchema schema = new FakeSchema("schema").inspection(found);
		SchemaInspection first = schema.watch(state(3, null), null, false);
		assertThat(first).isSameAs(found);
		assertThat(schema.watch(state(2, null), first, false)).isEqualTo(SchemaInspection.of(state(2, null)));
		assertThat(schema.countInspectionsWithRuns()).isOne();
		schema.watch(state(3, null), first, true);
		assertThat(schema.countInspectionsWithRuns()).isEqualTo(2);
	}

	@Test
	void theRunsAreReadWhenTheLockIsReleased() {
		SchemaInspection found = SchemaInspection.of(state(3, null));
		FakeSchema schema = new FakeSchema("schema").inspection(found);
		schema.watch(state(3, null), SchemaInspection.of(state(3, HOLDER)), false);
		schema.watch(state(3, HOLDER), SchemaInspection.of(state(3, null)), false);
		assertThat(schema.countInspectionsWithRuns()).isEqualTo(2);
	}

	@Test
	void changeSetsAreCountedInWords() {
		assertThat(SchemaState.count(1)).isEqualTo("one change set");
		assertThat(SchemaState.count(2)).isEqualTo("2 change sets");
		assertThat(HOLDER.named()).isEqualTo("holder since 2026-01-01T12:00:00Z");
		assertThat(STOCK.named()).isEqualTo("a stock one");
	}

	private static SchemaState state(int pending, @Nullable LockHolder lock) {
		return new SchemaState((pending > 0) ? SchemaStatus.PENDING : SchemaStatus.CURRENT, NOW, null, 10,
				changeSets(pending), List.of(), List.of(), lock, null);
	}

	private static List<ChangeSetReference> changeSets(int count) {
		return IntStream.range(0, count).mapToObj((i) -> new ChangeSetReference("c" + i, "me", "f")).toList();
	}

	private static RunProgress run(int pending) {
		RunStart start = new RunStart("4711", "schema", new RunOrigin("SELF", "shop", null, "host"), "holder", "level",
				3, 7, null, Duration.ZERO, NOW);
		return RunProgress.of(start, state(pending, null), "level", RunActivity.UNKNOWN);
	}

}
