// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.repair;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.UsageException;
import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.lock.LockRemains;
import dev.lockkeeper.lock.LockRemains.Outcome;
import dev.lockkeeper.lock.MigrationLock;
import dev.lockkeeper.migration.Diagnosis;
import dev.lockkeeper.migration.EngineWords;
import dev.lockkeeper.migration.MigrationListeners;
import dev.lockkeeper.migration.MigrationTarget;
import dev.lockkeeper.migration.Migrator;
import dev.lockkeeper.migration.MigratorSettings;
import dev.lockkeeper.migration.ProgressLog;
import dev.lockkeeper.migration.ReleasableLock;
import dev.lockkeeper.migration.ReleasableLock.Held;
import dev.lockkeeper.progress.Progress;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.waiting.Polling;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;

/**
 * Which locks are released, and which are kept.
 */
@ExtendWith(OutputCaptureExtension.class)
class LockReleaseTests {

	private static final String HOST = "another (10.0.0.1)";

	private final MigrationTarget target = mock(MigrationTarget.class);

	private final ReleasableLock lock = mock(ReleasableLock.class);

	private LockRemains lease = new LockRemains(Outcome.FREE, null, "no process has ever held it");

	@Test
	void nothingHeldIsSuccess(CapturedOutput output) throws SQLException {
		Verdict verdict = release("", null);
		assertThat(verdict.status()).isEqualTo(ExitStatus.DONE);
		assertThat(verdict.message()).isEqualTo("No lock was held.");
		assertThat(output.getOut()).contains("schema:         liquibase",
				"lease:          free (no process has ever held it)", "changelog lock: free (no process holds it)");
	}

	@Test
	void aStockLockIsKeptUntilTheOperatorNamesItsHolder(CapturedOutput output) throws SQLException {
		assertThatExceptionOfType(LockkeeperException.class).isThrownBy(() -> release("", foreign()))
			.satisfies((ex) -> assertThat(ex.getStatus()).isEqualTo(ExitStatus.CHANGELOG))
			.satisfies((ex) -> assertThat(ex.getMessage()).contains("held by another since yesterday"))
			.satisfies((ex) -> assertThat(ex.getAction()).endsWith("--release-lock='%s'".formatted(HOST)));
		assertThat(output.getOut()).contains("changelog lock: kept (held by another since yesterday)");
		verify(this.lock, never()).release(any());
	}

	@Test
	void theWordOfTheOperatorReleasesTheRowOfThatHolder() throws SQLException {
		Held held = foreign();
		given(this.lock.release(held)).willReturn(true);
		assertThat(release(HOST, held).message()).isEqualTo("One lock was released.");
	}

	@Test
	void theNameOfAnotherHolderReleasesNothing() throws SQLException {
		assertThatExceptionOfType(LockkeeperException.class).isThrownBy(() -> release("other (10.0.0.2)", foreign()))
			.withMessageContaining("and not by 'other (10.0.0.2)'");
		verify(this.lock, never()).release(any());
	}

	@Test
	void aRowThatWasTakenMeanwhileEndsWith65() throws SQLException {
		Held held = foreign();
		given(this.lock.release(held)).willReturn(false);
		assertThatExceptionOfType(LockkeeperException.class).isThrownBy(() -> release(HOST, held))
			.withMessageContaining("another process has taken or released it meanwhile")
			.satisfies((ex) -> assertThat(ex.getStatus()).isEqualTo(ExitStatus.CHANGELOG));
	}

	@Test
	void theRowOfADeadRunIsReleasedWithItsLease() throws SQLException {
		this.lease = new LockRemains(Outcome.RELEASED, "app/1", "held by app/1, whose session (pid 7) is gone");
		Held held = governed("app/1");
		given(this.lock.release(held)).willReturn(true);
		assertThat(release("", held).message()).isEqualTo("2 locks were released.");
	}

	@Test
	void theRowOfARunThatMayLiveIsKeptWhateverTheOperatorSays() throws SQLException {
		this.lease = new LockRemains(Outcome.KEPT, "app/1", "held by app/1");
		assertThatExceptionOfType(LockkeeperException.class)
			.isThrownBy(() -> release("lockkeeper:app/1", governed("app/1")))
			.satisfies((ex) -> assertThat(ex.getStatus()).isEqualTo(ExitStatus.CHANGELOG));
		verify(this.lock, never()).release(any());
	}

	@Test
	void theRowOfARunWhoseLeaseAnotherOneHasIsReleased() throws SQLException {
		this.lease = new LockRemains(Outcome.KEPT, "app/2", "held by app/2");
		Held held = governed("app/1");
		given(this.lock.release(held)).willReturn(true);
		assertThatExceptionOfType(LockkeeperException.class).isThrownBy(() -> release("", held))
			.withMessageContaining("The lease of schema liquibase was not released");
		verify(this.lock).release(held);
	}

	@Test
	void aRightThatIsMissingIsReportedAsInARun() throws SQLException {
		Held held = foreign();
		given(this.lock.release(held)).willThrow(new SQLException("no", "42501"));
		given(this.target.diagnose(any()))
			.willReturn(new Diagnosis(ExitStatus.PERMISSION, "42501", "It may not.", "Grant it.", false));
		assertThatExceptionOfType(LockkeeperException.class).isThrownBy(() -> release(HOST, held))
			.satisfies((ex) -> assertThat(ex.getStatus()).isEqualTo(ExitStatus.PERMISSION))
			.satisfies((ex) -> assertThat(ex.toVerdict().sqlState()).isEqualTo("42501"));
	}

	@Test
	void withoutASchemaThereIsNoVerdict() {
		given(this.target.isEmbedded()).willReturn(true);
		LockRelease release = new LockRelease(migrator(), (address) -> mock(MigrationLock.class), "", null);
		release.handle(this.target);
		assertThat(release.finish()).isNull();
	}

	@Test
	void aReleaseCompletesOneThatDiedAfterTheLease() throws SQLException {
		this.lease = new LockRemains(Outcome.FREE, "app/1", "last held by app/1");
		Held held = governed("app/1");
		given(this.lock.release(held)).willReturn(true);
		assertThat(release("", held).message()).isEqualTo("One lock was released.");
	}

	@Test
	void ofSeveralSchemasWhoseLocksThatHolderHasOneHasToBeNamed() throws SQLException {
		MigrationTarget other = mock(MigrationTarget.class);
		prepare(other, "other", foreign());
		prepare(this.target, "liquibase", foreign());
		given(this.lock.release(any())).willReturn(true);
		assertThatExceptionOfType(UsageException.class).isThrownBy(() -> release(HOST, null, this.target, other))
			.withMessage("%s holds the changelog lock in 2 schemas: liquibase, other.", HOST)
			.satisfies((ex) -> assertThat(ex.getAction()).isEqualTo("Add --schema='liquibase' or --schema='other'."));
		verify(this.lock, never()).release(any());
		assertThat(release(HOST, "other", this.target, other).message()).isEqualTo("One lock was released.");
		verify(this.lock, times(1)).release(any());
		assertThatExceptionOfType(UsageException.class).isThrownBy(() -> release(HOST, "none", this.target, other))
			.withMessage("There is no schema none.");
	}

	@Test
	void aLockThatNamesNoHolderIsKeptWithoutACommand() {
		assertThatExceptionOfType(LockkeeperException.class)
			.isThrownBy(() -> release("", new Held("", null, "held by an unknown process", "row")))
			.satisfies((ex) -> assertThat(ex.getAction()).doesNotContain("--release-lock").endsWith("Empty its row."));
	}

	private Verdict release(String word, @Nullable Held held) throws SQLException {
		prepare(this.target, "liquibase", held);
		return release(word, null, this.target);
	}

	private void prepare(MigrationTarget target, String name, @Nullable Held held) throws SQLException {
		given(target.getName()).willReturn(name);
		given(target.getWords()).willReturn(new EngineWords("Engine", "changelog lock", "", "", ""));
		given(target.inspectWithRuns(any())).willReturn(SchemaInspection.of(new SchemaState(SchemaStatus.CURRENT,
				Instant.EPOCH, null, 0, List.of(), List.of(), List.of(), null, null)));
		given(target.getReleasableLock()).willReturn(this.lock);
		given(this.lock.getAdviceWithoutHolder()).willReturn("Empty its row.");
		given(this.lock.findHeld()).willReturn(held);
	}

	private Verdict release(String word, @Nullable String schema, MigrationTarget... targets) throws SQLException {
		MigrationLock found = mock(MigrationLock.class);
		given(found.releaseDead()).willReturn(this.lease);
		LockRelease release = new LockRelease(migrator(), (address) -> found, word, schema);
		List.of(targets).forEach(release::handle);
		return Objects.requireNonNull(release.finish());
	}

	private static Migrator migrator() {
		return new Migrator(
				new MigratorSettings(Duration.ofMillis(10), Duration.ZERO, null, Duration.ZERO, 1, Duration.ZERO, 1,
						Duration.ZERO, false),
				(address) -> MigrationLock.local(), new Polling(Duration.ofMillis(1), Duration.ofMillis(1)),
				Progress.NONE, MigrationListeners.none(), new ProgressLog());
	}

	private static Held foreign() {
		return new Held(HOST, null, "held by another since yesterday", "row");
	}

	private static Held governed(String run) {
		return new Held("lockkeeper:" + run, run, "held by lockkeeper:" + run, "row");
	}

}
