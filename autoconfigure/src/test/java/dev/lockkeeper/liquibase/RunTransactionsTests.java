// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.util.Map;

import dev.lockkeeper.migration.RunControl;
import liquibase.Scope;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.ChangeSet.ExecType;
import liquibase.executor.jvm.JdbcExecutor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Which commits are left out.
 */
class RunTransactionsTests {

	private final RunTransactions transactions = new RunTransactions(null, "lockkeeper_lock", false, new RunControl(),
			null);

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
				new Class<?>[] { Connection.class }, (proxy, method, arguments) -> null));
		this.changeSet.setRunWith("jdbc");
		this.transactions.begin(this.changeSet);
		assertThat(output).doesNotContain("not in one transaction");
		this.changeSet.setRunWith("psql");
		this.transactions.begin(this.changeSet);
		assertThat(output).contains(
				"not in one transaction with its row in the history (change set file::id::me: it runs with psql)");
	}

}
