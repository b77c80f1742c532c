// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.util.Set;

import dev.lockkeeper.migration.RunControl;
import liquibase.Scope;
import org.jspecify.annotations.Nullable;

/**
 * The run that Liquibase executes on this thread.
 *
 * @param holder the name under which the lock is held
 * @param control tells when to stop, and is told what is done
 * @param transactions decides about its commits
 * @param heldBack the keys of change sets that newer code has replaced, and that must not
 * run again
 * @param foreignLocks what to do about the lock of a Liquibase that is not governed
 */
record GovernedRun(String holder, RunControl control, RunTransactions transactions, Set<String> heldBack,
		ForeignLocks foreignLocks) {

	static final String SCOPE_KEY = "dev.lockkeeper.run";

	static @Nullable GovernedRun current() {
		return Scope.getCurrentScope().get(SCOPE_KEY, GovernedRun.class);
	}

}
