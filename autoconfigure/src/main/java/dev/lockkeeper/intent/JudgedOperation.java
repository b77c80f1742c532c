// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.intent;

import java.sql.Connection;

import org.jspecify.annotations.Nullable;

/**
 * Something that stands alone, leaves traces in the catalog, and is half done when it
 * gives up waiting for a lock.
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
