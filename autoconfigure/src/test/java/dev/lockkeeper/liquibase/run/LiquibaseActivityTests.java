// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase.run;

import java.time.Instant;
import java.util.Date;
import java.util.Map;

import dev.lockkeeper.transaction.RunningEngine.Activity;
import liquibase.Scope;
import liquibase.changelog.ChangeSet;
import liquibase.executor.jvm.JdbcExecutor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

class LiquibaseActivityTests {

	private final LiquibaseActivity activity = new LiquibaseActivity();

	private final ChangeSet changeSet = new ChangeSet("id", "me", false, false, "file", null, null, true, null);

	@BeforeEach
	void liquibaseHasBegunTheChangeSet() {
		this.changeSet.setOperationStartTime(Date.from(Instant.EPOCH));
	}

	@Test
	void liquibaseRecordsWhileItDoesNotCountRows() throws Exception {
		assertThat(this.activity.getActivity()).isEqualTo(Activity.EXECUTING);
		assertThat(Scope.child(Map.of(JdbcExecutor.SHOULD_UPDATE_ROWS_AFFECTED_SCOPE_KEY, false),
				this.activity::getActivity))
			.isEqualTo(Activity.RECORDING);
	}

	// As it does when it tests rollbacks
	@Test
	void liquibaseReleasesUntilItTakesItsLockOnceMore() {
		this.activity.locked(true);
		this.activity.releases();
		assertThat(this.activity.getActivity()).isEqualTo(Activity.RELEASING);
		this.activity.locked(false);
		assertThat(this.activity.getActivity()).isEqualTo(Activity.RELEASING);
		this.activity.locked(true);
		assertThat(this.activity.getActivity()).isEqualTo(Activity.EXECUTING);
	}

	@Test
	void refusesAChangeSetThatWasNotAnnounced() throws Exception {
		assertThatExceptionOfType(Exception.class).isThrownBy(this::requireAnnounced)
			.withMessageContaining("Change set file::id::me began without");
		this.activity.announce(this.changeSet);
		assertThatNoException().isThrownBy(this::requireAnnounced);
	}

	// It writes the SQL of rollbacks to a file
	@Test
	void acceptsTheRollbackOfAChangeSetThatWasNotAnnounced() throws Exception {
		this.activity.announceRollback(this.changeSet);
		assertThatNoException().isThrownBy(this::requireAnnounced);
		this.activity.announce(new ChangeSet("other", "me", false, false, "file", null, null, true, null));
		assertThatExceptionOfType(Exception.class).isThrownBy(this::requireAnnounced);
	}

	private void requireAnnounced() throws Exception {
		Scope.child(Map.of(Scope.Attr.changeSet.name(), this.changeSet), this.activity::requireAnnounced);
	}

}
