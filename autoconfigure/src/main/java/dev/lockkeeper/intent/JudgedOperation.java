// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.intent;

import java.sql.Connection;

import org.jspecify.annotations.Nullable;

/**
 * An operation outside of a transaction that the catalog shows, and that stays half done
 * when its wait for a lock times out.
 */
abstract class JudgedOperation extends Operation {

	JudgedOperation(String kind, String sql) {
		super(kind, sql);
	}

	@Override
	public final Nature getNature() {
		return Nature.JUDGED;
	}

	@Override
	public final boolean waitsForLocks() {
		return true;
	}

	// The catalog always shows enough
	@Override
	final boolean isInQuestion(Connection connection, @Nullable String subject, String before) {
		return false;
	}

}
