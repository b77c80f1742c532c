// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import dev.lockkeeper.liquibase.run.LiquibaseActivity;
import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.migration.RunControl;
import dev.lockkeeper.transaction.LockLimits;
import dev.lockkeeper.transaction.RunTransactions;
import liquibase.change.core.ExecuteShellCommandChange;
import liquibase.change.core.RawSQLChange;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.ChangeSet.ExecType;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.database.core.PostgresDatabase;
import liquibase.precondition.core.PreconditionContainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

class LiquibaseChangeSetTests {

	private final ChangeSet changeSet = new ChangeSet("id", "me", false, false, "file", null, null, false, null);

	private final LiquibaseChangeSet running = new LiquibaseChangeSet(this.changeSet, new PassedOverComments());

	@Test
	void hasTheNamesAndTheChecksumOfLiquibase() {
		assertThat(this.running.getReference()).hasToString(this.changeSet.toString());
		assertThat(this.running.getChecksum()).startsWith("9:");
		assertThat(this.running.isOneTransaction()).isFalse();
	}

	@ParameterizedTest
	@CsvSource({ ",", "'  ',", "jdbc,", "JDBC,", "psql,psql" })
	void isExecutedByAnotherProgramUnlessThatIsJdbc(String runWith, String executor) {
		this.changeSet.setRunWith(runWith);
		assertThat(this.running.getExecutor()).isEqualTo(executor);
	}

	@ParameterizedTest
	@EnumSource
	void isSkippedOrHasFailedAsInLiquibase(ExecType type) {
		assertThat(this.running.isSkipped()).isFalse();
		assertThat(this.running.hasFailed()).isFalse();
		this.changeSet.setExecType(type);
		assertThat(this.running.isSkipped()).isEqualTo(type == ExecType.SKIPPED);
		assertThat(this.running.hasFailed()).isEqualTo(type == ExecType.FAILED);
	}

	@Test
	void preconditionsAreGivenBack() {
		PreconditionContainer preconditions = new PreconditionContainer();
		this.changeSet.setPreconditions(preconditions);
		this.running.restorePreconditions();
		assertThat(this.changeSet.getPreconditions()).isSameAs(preconditions);
		this.running.removePreconditions();
		assertThat(this.changeSet.getPreconditions()).isNull();
		this.running.restorePreconditions();
		assertThat(this.changeSet.getPreconditions()).isSameAs(preconditions);
	}

	@Test
	void aProgramOfTheSystemWorksElsewhere() {
		assertThat(LiquibaseChangeSet.describe(new ExecuteShellCommandChange()).elsewhere()).isTrue();
		assertThat(LiquibaseChangeSet.describe(new RawSQLChange("SELECT 1")).elsewhere()).isFalse();
		assertThat(LiquibaseChangeSet.describe(new RawSQLChange("SELECT 1")).name()).isEqualTo("sql");
	}

	// Liquibase does not call it a failure, and writes no row
	@ParameterizedTest
	@CsvSource({ "EXECUTED,true", "FAILED,false" })
	void aRunIsNotRepeatableAfterAChangeSetThatWasAllowedToFail(ExecType type, boolean repeatable) {
		LiquibaseActivity activity = new LiquibaseActivity();
		RunTransactions transactions = new RunTransactions(Lease.local(), new RunControl(), null, activity,
				LockLimits.NONE);
		RunListener listener = new RunListener(new RunControl(), transactions, activity, (skipped) -> {
		});
		this.changeSet.setRunWith("psql");
		transactions.begin(this.running);
		listener.ran(this.changeSet, new DatabaseChangeLog(), new PostgresDatabase(), type);
		assertThat(transactions.isRepeatable()).isEqualTo(repeatable);
	}

}
