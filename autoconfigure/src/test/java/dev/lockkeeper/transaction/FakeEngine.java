// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.sql.SQLException;

import org.jspecify.annotations.Nullable;

/**
 * An engine that does what a test scripts.
 */
final class FakeEngine implements RunningEngine {

	Activity activity = Activity.EXECUTING;

	@Nullable String unannounced;

	@Override
	public String getName() {
		return "The engine";
	}

	@Override
	public Activity getActivity() {
		return this.activity;
	}

	@Override
	public void requireAnnounced() throws SQLException {
		if (this.unannounced != null) {
			throw new SQLException(this.unannounced);
		}
	}

}
