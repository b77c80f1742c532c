// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import liquibase.changelog.ChangeSet.ExecType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

/**
 * Listeners never break a run.
 */
class MigrationListenersTests {

	private static final RunReference RUN = new RunReference("schema", "run");

	private final RecordingListener recording = new RecordingListener();

	@Test
	void anExceptionOfAListenerReachesNeitherTheRunNorTheOthers() {
		MigrationListener throwing = new MigrationListener() {

			@Override
			public void runStarted(RunReference run) {
				throw new IllegalStateException("no");
			}

			@Override
			public void leaseLost(RunReference run) {
				throw new NoSuchMethodError("no");
			}

		};
		MigrationListeners listeners = new MigrationListeners(() -> List.of(throwing, this.recording));
		listeners.runStarted(RUN);
		listeners.leaseLost(RUN);
		assertThat(this.recording.getEvents()).containsExactly("run started", "lease lost");
	}

	@Test
	void theyAreCreatedOnceAndNotBeforeTheFirstEvent() {
		AtomicInteger created = new AtomicInteger();
		MigrationListeners listeners = new MigrationListeners(() -> {
			created.incrementAndGet();
			return List.of(this.recording);
		});
		assertThat(created).hasValue(0);
		listeners.runStarted(RUN);
		listeners.runResumed(RUN);
		assertThat(created).hasValue(1);
	}

	@Test
	void listenersThatCannotBeCreatedReceiveNothing() {
		MigrationListeners listeners = new MigrationListeners(() -> {
			throw new IllegalStateException("in creation");
		});
		assertThatCode(() -> listeners.runStarted(RUN)).doesNotThrowAnyException();
	}

	@ParameterizedTest
	@EnumSource
	void everyOutcomeOfLiquibaseHasAName(ExecType execType) {
		ChangeSetOutcome outcome = ChangeSetOutcome.valueOf(execType.name());
		assertThat(outcome.isApplied()).isEqualTo(execType.ran || execType == ExecType.MARK_RAN);
	}

}
