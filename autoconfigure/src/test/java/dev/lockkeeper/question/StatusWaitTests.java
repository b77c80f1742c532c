// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.question;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.TerminatedException;
import dev.lockkeeper.migration.MigrationTarget;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.schema.SchemaUnreadableException;
import dev.lockkeeper.waiting.Polling;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;

/**
 * How long an answer waits until nothing is missing.
 */
class StatusWaitTests {

	private static final ChangeSetReference ONE = new ChangeSetReference("one", "me", "file");

	private static final Duration LONG = Duration.ofMinutes(5);

	private static final Object CURRENT = inspection(SchemaStatus.CURRENT, List.of(), List.of());

	private static final Object PENDING = inspection(SchemaStatus.PENDING, List.of(ONE), List.of());

	@Test
	void theWaitEndsOnceNothingIsMissing() {
		MigrationTarget target = target("a", PENDING, failure(ExitStatus.UNAVAILABLE), PENDING, CURRENT);
		assertThat(await(LONG, target)).containsExactly(Map.entry("a", (SchemaInspection) CURRENT));
	}

	@Test
	void aSchemaThatLacksNothingIsNotInspectedAgain() {
		MigrationTarget done = target("done", CURRENT);
		MigrationTarget late = target("late", PENDING, PENDING, CURRENT);
		assertThat(await(LONG, done, late)).containsOnlyKeys("done", "late");
		verify(done, times(1)).inspectWithRuns(any());
	}

	@Test
	void theAnswerHasWhatIsMissingToTheEnd() {
		assertThat(await(Duration.ZERO, target("a", PENDING), target("b", CURRENT)))
			.containsExactly(Map.entry("a", (SchemaInspection) PENDING), Map.entry("b", (SchemaInspection) CURRENT));
	}

	@Test
	void aFailureOfTheLastInspectionIsTheEndOfTheProcess() {
		for (ExitStatus status : List.of(ExitStatus.UNAVAILABLE, ExitStatus.TEMPORARY, ExitStatus.PERMISSION,
				ExitStatus.CONFIG)) {
			assertThatExceptionOfType(SchemaUnreadableException.class)
				.isThrownBy(() -> await(Duration.ZERO, target("a", failure(status)), target("b", PENDING)))
				.satisfies((ex) -> assertThat(ex.getStatus()).isEqualTo(status));
		}
	}

	@Test
	void aChangedChangeSetEndsTheWaitAtOnce() {
		Object changed = inspection(SchemaStatus.PENDING, List.of(ONE), List.of(ONE));
		assertThat(await(LONG, target("a", PENDING), target("b", changed))).containsEntry("b",
				(SchemaInspection) changed);
		assertThatExceptionOfType(ChangedSchemaException.class)
			.isThrownBy(() -> await(LONG, target("a", failure(ExitStatus.UNAVAILABLE)), target("b", changed)))
			.satisfies((ex) -> assertThat(ex.getStatus()).isEqualTo(ExitStatus.CHANGELOG));
	}

	@Test
	void aChangelogThatCannotBeReadEndsTheWaitAtOnce() {
		assertThatExceptionOfType(SchemaUnreadableException.class)
			.isThrownBy(() -> await(LONG, target("a", failure(ExitStatus.CHANGELOG))))
			.satisfies((ex) -> assertThat(ex.getStatus()).isEqualTo(ExitStatus.CHANGELOG));
	}

	@Test
	void anInterruptEndsTheWait() {
		Thread.currentThread().interrupt();
		try {
			assertThatExceptionOfType(TerminatedException.class).isThrownBy(() -> await(LONG, target("a", PENDING)));
		}
		finally {
			assertThat(Thread.interrupted()).isTrue();
		}
	}

	private static Map<String, SchemaInspection> await(Duration timeout, MigrationTarget... targets) {
		return new StatusWait(new Polling(Duration.ofMillis(1), Duration.ofMillis(5)), timeout).await(List.of(targets));
	}

	private static SchemaInspection inspection(SchemaStatus status, List<ChangeSetReference> pending,
			List<ChangeSetReference> changed) {
		return SchemaInspection
			.of(new SchemaState(status, Instant.EPOCH, null, 0, pending, List.of(), changed, null, null));
	}

	private static SchemaUnreadableException failure(ExitStatus status) {
		return new SchemaUnreadableException("a", status, null, true, "Gone.", "Find it.", null);
	}

	// The last of the answers is that of all further inspections
	private static MigrationTarget target(String name, Object... answers) {
		Deque<Object> remaining = new ArrayDeque<>(List.of(answers));
		MigrationTarget target = mock(MigrationTarget.class);
		given(target.getName()).willReturn(name);
		given(target.inspectWithRuns(any())).willAnswer((call) -> {
			Object answer = (remaining.size() > 1) ? remaining.pop() : remaining.peek();
			if (answer instanceof SchemaUnreadableException failure) {
				throw failure;
			}
			return answer;
		});
		return target;
	}

}
