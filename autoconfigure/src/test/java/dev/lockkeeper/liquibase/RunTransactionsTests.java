// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.util.Map;

import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.migration.RunControl;
import liquibase.Scope;
import liquibase.change.core.RawSQLChange;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.ChangeSet.ExecType;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.database.core.PostgresDatabase;
import liquibase.executor.jvm.JdbcExecutor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Which commits are left out.
 */
class RunTransactionsTests {

	private final RunTransactions transactions = new RunTransactions(Lease.local(), "lockkeeper_lock", false,
			new RunControl(), null);

	private final ChangeSet changeSet = changeSet(true);

	private static ChangeSet changeSet(boolean runInTransaction) {
		return new ChangeSet("id", "me", false, false, "file", null, null, runInTransaction, null);
	}

	@Test
	void thatOfAChangeSet() {
		assertThat(this.transactions.isMerging()).isFalse();
		this.transactions.begin(this.changeSet);
		assertThat(this.transactions.isMerging()).isTrue();
		this.transactions.end();
		assertThat(this.transactions.isMerging()).isFalse();
	}

	@Test
	void alsoWhenItRunsASecondTime() {
		this.changeSet.setExecType(ExecType.EXECUTED);
		this.transactions.begin(this.changeSet);
		assertThat(this.transactions.isMerging()).isTrue();
	}

	@Test
	void notThatOfItsRow() throws Exception {
		this.transactions.begin(this.changeSet);
		assertThat(Scope.child(Map.of(JdbcExecutor.SHOULD_UPDATE_ROWS_AFFECTED_SCOPE_KEY, false),
				this.transactions::isMerging))
			.isFalse();
	}

	@Test
	void notAfterOneThatWasSkipped() {
		this.transactions.begin(this.changeSet);
		this.changeSet.setExecType(ExecType.SKIPPED);
		assertThat(this.transactions.isMerging()).isFalse();
	}

	@Test
	void notThatOfAChangeSetWithoutTransaction() {
		this.transactions.begin(changeSet(false));
		assertThat(this.transactions.isMerging()).isFalse();
	}

	@Test
	void notWhenLiquibaseReleasesItsLock() {
		this.transactions.begin(this.changeSet);
		this.transactions.release();
		assertThat(this.transactions.isMerging()).isFalse();
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void warnsOfAChangeSetThatAnotherProgramExecutes(CapturedOutput output) {
		this.transactions.wrap((Connection) Proxy.newProxyInstance(getClass().getClassLoader(),
				new Class<?>[] { Connection.class }, (proxy, method, arguments) -> null), null);
		this.changeSet.setRunWith("jdbc");
		this.transactions.begin(this.changeSet);
		assertThat(output).doesNotContain("not in one transaction");
		this.changeSet.setRunWith("psql");
		this.transactions.begin(this.changeSet);
		assertThat(output).contains(
				"not in one transaction with its row in the history (change set file::id::me: it runs with psql)");
	}

	@Test
	void aRunIsRepeatedUnlessSomethingMayLastOfWhatIsNotRecorded() {
		assertThat(this.transactions.isRepeatable()).isTrue();
		this.transactions.begin(this.changeSet);
		assertThat(this.transactions.isRepeatable()).isTrue();
		this.changeSet.setRunWith("psql");
		this.transactions.begin(this.changeSet);
		assertThat(this.transactions.isRepeatable()).isFalse();
		listener().ran(this.changeSet, new DatabaseChangeLog(), new PostgresDatabase(), ExecType.EXECUTED);
		assertThat(this.transactions.isRepeatable()).isTrue();
	}

	// Liquibase does not call it a failure, and writes no row
	@Test
	void whatWasAllowedToFailIsNotForgotten() {
		this.changeSet.setRunWith("psql");
		this.transactions.begin(this.changeSet);
		listener().ran(this.changeSet, new DatabaseChangeLog(), new PostgresDatabase(), ExecType.FAILED);
		this.transactions.begin(changeSet(true));
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
	void sqlThatMayEndItsTransactionIsToldByItsText(String sql, boolean repeatable) throws Exception {
		this.transactions.begin(this.changeSet);
		this.transactions.beginChange(new RawSQLChange(sql));
		this.transactions.executing(connection(false), sql);
		assertThat(this.transactions.isRepeatable()).isEqualTo(repeatable);
	}

	@Test
	void whatIsDoneInAutoCommitModeLasts() throws Exception {
		this.transactions.begin(this.changeSet);
		this.transactions.beginChange(new RawSQLChange("SELECT 1"));
		this.transactions.executing(connection(true), "SELECT 1");
		assertThat(this.transactions.isRepeatable()).isFalse();
	}

	private RunListener listener() {
		return new RunListener(new RunControl(), this.transactions, (skipped) -> {
		});
	}

	private static Connection connection(boolean autoCommit) {
		return (Connection) Proxy.newProxyInstance(RunTransactionsTests.class.getClassLoader(),
				new Class<?>[] { Connection.class }, (proxy, method, arguments) -> autoCommit);
	}

}
