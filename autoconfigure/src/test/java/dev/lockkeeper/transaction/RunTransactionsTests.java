// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;

import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.migration.RunControl;
import dev.lockkeeper.migration.RunControl.StopReason;
import dev.lockkeeper.transaction.RunningEngine.Activity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.mockito.Mockito.mock;

/**
 * Which commits are deferred, and which runs may be repeated.
 */
class RunTransactionsTests {

	private final FakeEngine engine = new FakeEngine();

	private final RunTransactions transactions = new RunTransactions(Lease.local(), new RunControl(), null, this.engine,
			LockLimits.NONE);

	private final FakeChangeSet changeSet = new FakeChangeSet(true, null);

	@Test
	void theCommitOfAChangeSetIsDeferred() {
		assertThat(this.transactions.isMerging()).isFalse();
		this.transactions.begin(this.changeSet);
		assertThat(this.transactions.isMerging()).isTrue();
		this.transactions.end();
		assertThat(this.transactions.isMerging()).isFalse();
	}

	@ParameterizedTest
	@EnumSource(names = "EXECUTING", mode = EnumSource.Mode.EXCLUDE)
	void theCommitOfTheEngineItselfIsMade(Activity activity) {
		this.transactions.begin(this.changeSet);
		this.engine.activity = activity;
		assertThat(this.transactions.isMerging()).isFalse();
	}

	@Test
	void theCommitAfterASkippedChangeSetIsMade() {
		this.transactions.begin(this.changeSet);
		this.changeSet.skipped = true;
		assertThat(this.transactions.isMerging()).isFalse();
	}

	@Test
	void theCommitOfAChangeSetWithoutTransactionIsMade() {
		this.transactions.begin(new FakeChangeSet(false, null));
		assertThat(this.transactions.isMerging()).isFalse();
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void warnsOfAChangeSetThatAnotherProgramExecutes(CapturedOutput output) {
		this.transactions.wrap(connection(false), null);
		this.transactions.begin(this.changeSet);
		assertThat(output).doesNotContain("not in one transaction");
		this.transactions.begin(new FakeChangeSet(true, "psql"));
		assertThat(output).contains(
				"not in one transaction with its row in the history (change set file::id::me: it runs with psql)");
	}

	@Test
	void aRunIsRepeatableUnlessSomethingMayRemainThatIsNotRecorded() {
		assertThat(this.transactions.isRepeatable()).isTrue();
		this.transactions.begin(this.changeSet);
		assertThat(this.transactions.isRepeatable()).isTrue();
		this.transactions.begin(new FakeChangeSet(true, "psql"));
		assertThat(this.transactions.isRepeatable()).isFalse();
		this.transactions.end();
		assertThat(this.transactions.isRepeatable()).isTrue();
	}

	@Test
	void aRunIsNotRepeatableAfterAFailureOfWhichSomethingMayRemain() {
		this.transactions.begin(new FakeChangeSet(true, "psql"));
		this.transactions.fail();
		this.transactions.begin(this.changeSet);
		assertThat(this.transactions.isRepeatable()).isFalse();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			INSERT INTO t VALUES (1)                               | true
			INSERT INTO t VALUES ('commit; rollback')              | true
			DO $$ begin perform 1; end $$                          | true
			COMMIT                                                 | false
			INSERT INTO t VALUES (1); COMMIT; INSERT INTO t VALUES | false
			PREPARE TRANSACTION 'x'                                | false""")
	void sqlThatMayEndItsTransactionIsRecognisedByItsText(String sql, boolean repeatable) throws Exception {
		this.transactions.begin(this.changeSet);
		this.transactions.beginChange(new RunningChange("sql", false));
		this.transactions.executing(connection(false), sql);
		assertThat(this.transactions.isRepeatable()).isEqualTo(repeatable);
	}

	@Test
	void statementsInAutoCommitModeRemain() throws Exception {
		this.transactions.begin(this.changeSet);
		this.transactions.beginChange(new RunningChange("sql", false));
		this.transactions.executing(connection(true), "SELECT 1");
		assertThat(this.transactions.isRepeatable()).isFalse();
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void warnsOfAChangeThatExecutesNothingHere(CapturedOutput output) {
		this.transactions.wrap(connection(false), null);
		this.transactions.begin(this.changeSet);
		this.transactions.beginChange(new RunningChange("customChange", true));
		this.transactions.executed(false);
		this.transactions.endChange();
		assertThat(output).doesNotContain("executes nothing");
		this.transactions.beginChange(new RunningChange("customChange", true));
		this.transactions.endChange();
		assertThat(output).contains("customChange executes nothing on the connection of the run");
	}

	@Test
	void nothingMoreIsExecutedAfterARollbackOfWhatTheEngineTakesForCommitted() {
		String message = "Change set file::id::me was rolled back after The engine had taken it for committed";
		this.transactions.begin(this.changeSet);
		this.transactions.breakOff();
		assertThatExceptionOfType(SQLException.class).isThrownBy(this.transactions::requireWhole).withMessage(message);
		assertThatIllegalStateException().isThrownBy(this.transactions::finish).withMessage(message);
	}

	@Test
	void theEngineReleasesItsLockWhateverHasHappened() {
		this.transactions.begin(this.changeSet);
		this.transactions.breakOff();
		this.engine.activity = Activity.RELEASING;
		assertThatNoException().isThrownBy(this.transactions::requireWhole);
	}

	@Test
	void theRunStopsWhenTheLeaseCannotBeProved() throws Exception {
		Lease lost = mock(Lease.class);
		RunControl control = new RunControl();
		RunTransactions run = new RunTransactions(lost, control, null, this.engine, LockLimits.NONE);
		String message = "The lease was lost, so nothing was committed";
		assertThatExceptionOfType(SQLException.class).isThrownBy(() -> run.prove(connection(false)))
			.withMessage(message);
		assertThat(control.getStopReason()).isEqualTo(StopReason.LEASE_LOST);
		assertThatIllegalStateException().isThrownBy(run::finish).withMessage(message);
	}

	@Test
	void aCommitOfAChangeSetThatWasNotAnnouncedIsRefused() {
		this.engine.unannounced = "Add a listener, do not replace it";
		assertThatExceptionOfType(SQLException.class).isThrownBy(() -> this.transactions.committing(connection(false)))
			.withMessage(this.engine.unannounced);
	}

	private static Connection connection(boolean autoCommit) {
		return (Connection) Proxy.newProxyInstance(RunTransactionsTests.class.getClassLoader(),
				new Class<?>[] { Connection.class }, (proxy, method, arguments) -> autoCommit);
	}

}
