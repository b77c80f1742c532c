// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.repair;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.lock.MigrationLock;
import dev.lockkeeper.lock.SuppliedLock;
import dev.lockkeeper.migration.MigrationListeners;
import dev.lockkeeper.migration.MigrationTarget;
import dev.lockkeeper.migration.Migrator;
import dev.lockkeeper.migration.MigratorSettings;
import dev.lockkeeper.migration.ProgressLog;
import dev.lockkeeper.migration.UnfinishedChangeSets;
import dev.lockkeeper.migration.UnfinishedChangeSets.Answer;
import dev.lockkeeper.migration.UnfinishedChangeSets.Unfinished;
import dev.lockkeeper.progress.Progress;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.waiting.Polling;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyBoolean;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;

/**
 * Which answers are written, and which are refused.
 */
class ResolutionTests {

	private static final ChangeSetReference FILL = new ChangeSetReference("fill", "me", "a.sql");

	private static final Unfinished IN_QUESTION = new Unfinished(FILL, 3, "call fill()", null, "note");

	private final UnfinishedChangeSets changeSets = mock(UnfinishedChangeSets.class);

	private final Lease lease = mock(Lease.class);

	@Test
	void anAnswerIsWrittenAndTheLeaseReleased() throws SQLException {
		given(this.changeSets.resolve(IN_QUESTION, true, this.lease)).willReturn(Answer.WRITTEN);
		Verdict verdict = resolve(null, target("liquibase", this.changeSets, IN_QUESTION));
		assertThat(verdict.status()).isEqualTo(ExitStatus.DONE);
		assertThat(verdict.message()).startsWith("Statement 3 of change set a.sql::fill::me: done");
		verify(this.lease).close();
	}

	@Test
	void anAnswerThatComesTooLateEndsWith65() throws SQLException {
		given(this.changeSets.resolve(any(), anyBoolean(), any())).willReturn(Answer.OUTDATED);
		assertThat(refused(null, target("liquibase", this.changeSets, IN_QUESTION)).getStatus())
			.isEqualTo(ExitStatus.CHANGELOG);
		verify(this.lease).close();
	}

	@Test
	void aSessionThatIsLostWithTheLeaseIsNoUnforeseenFailure() throws SQLException {
		given(this.changeSets.resolve(any(), anyBoolean(), any())).willThrow(new SQLException("The lease is lost"));
		given(this.lease.isLost()).willReturn(true);
		assertThat(refused(null, target("liquibase", this.changeSets, IN_QUESTION)))
			.hasMessage("Nothing was written: the lease was lost.")
			.satisfies((ex) -> assertThat(ex.getStatus()).isEqualTo(ExitStatus.TEMPORARY));
	}

	@Test
	void anEngineThatNotesNothingHasNoQuestion() throws SQLException {
		assertThat(refused(null, target("liquibase", null))).hasMessage("No pending change set is shown as %s.", FILL)
			.satisfies((ex) -> assertThat(ex.getStatus()).isEqualTo(ExitStatus.CHANGELOG));
	}

	@Test
	void twoChangeSetsThatAreShownAlikeAreRefused() throws SQLException {
		Unfinished alike = new Unfinished(new ChangeSetReference("me", "b", "a.sql::fill"), 1, "call other()", null,
				"other");
		Unfinished second = new Unfinished(new ChangeSetReference("fill::me", "b", "a.sql"), 1, "call other()", null,
				"second");
		assertThat(alike.changeSet()).hasToString(second.changeSet().toString());
		assertThat(refusedOf("a.sql::fill::me::b", target("liquibase", this.changeSets, alike, second)))
			.hasMessage("Several change sets of schema liquibase are shown as a.sql::fill::me::b.");
		verify(this.changeSets, never()).resolve(any(), anyBoolean(), any());
	}

	@Test
	void anotherSchemaThanTheNamedOneIsNotInspected() throws SQLException {
		given(this.changeSets.resolve(IN_QUESTION, true, this.lease)).willReturn(Answer.WRITTEN);
		MigrationTarget other = target("other", this.changeSets, IN_QUESTION);
		resolve("liquibase", other, target("liquibase", this.changeSets, IN_QUESTION));
		verify(other, never()).inspectWithRuns(any());
	}

	@Test
	void withoutASchemaThereIsNoVerdict() {
		MigrationTarget embedded = mock(MigrationTarget.class);
		given(embedded.isEmbedded()).willReturn(true);
		Resolution resolution = command(FILL.toString(), null);
		resolution.handle(embedded);
		assertThat(resolution.finish()).isNull();
	}

	private LockkeeperException refused(@Nullable String schema, MigrationTarget... targets) {
		return refusal(() -> resolve(schema, targets));
	}

	private LockkeeperException refusedOf(String changeSet, MigrationTarget target) {
		return refusal(() -> resolveOf(changeSet, null, target));
	}

	private static LockkeeperException refusal(ThrowingCallable resolution) {
		return assertThatExceptionOfType(LockkeeperException.class).isThrownBy(resolution).actual();
	}

	private Verdict resolve(@Nullable String schema, MigrationTarget... targets) {
		return resolveOf(FILL.toString(), schema, targets);
	}

	private Verdict resolveOf(String changeSet, @Nullable String schema, MigrationTarget... targets) {
		Resolution resolution = command(changeSet, schema);
		List.of(targets).forEach(resolution::handle);
		return Objects.requireNonNull(resolution.finish());
	}

	private Resolution command(String changeSet, @Nullable String schema) {
		Migrator migrator = new Migrator(
				new MigratorSettings(Duration.ofMillis(10), Duration.ZERO, null, Duration.ZERO, 1, Duration.ZERO, 1,
						Duration.ZERO, false),
				(address) -> MigrationLock.local(), new Polling(Duration.ofMillis(1), Duration.ofMillis(1)),
				Progress.NONE, MigrationListeners.none(), new ProgressLog());
		return new Resolution(migrator, (address) -> new SuppliedLock(() -> Optional.of(this.lease)), true, changeSet,
				schema);
	}

	private static MigrationTarget target(String name, @Nullable UnfinishedChangeSets changeSets,
			Unfinished... unfinished) throws SQLException {
		MigrationTarget target = mock(MigrationTarget.class);
		given(target.getName()).willReturn(name);
		given(target.inspectWithRuns(any())).willReturn(SchemaInspection.of(new SchemaState(SchemaStatus.PENDING,
				Instant.EPOCH, null, 0, List.of(), List.of(), List.of(), null, null)));
		given(target.getUnfinishedChangeSets()).willReturn(changeSets);
		if (changeSets != null) {
			given(changeSets.find()).willReturn(List.of(unfinished));
		}
		return target;
	}

}
