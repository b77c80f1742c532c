// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.sql.SQLException;

import dev.lockkeeper.postgresql.SessionIdentity;

/**
 * The role with which each change set begins, where that is wanted. As a rule the
 * transaction with the record of a change set brings it back for the next one.
 */
final class KeptRole {

	/**
	 * Whether a change set is over that may have left another role in the session.
	 */
	private boolean uncertain;

	/**
	 * A change set is over that has failed, or is not one transaction.
	 */
	void uncertain() {
		this.uncertain = true;
	}

	/**
	 * A change set begins.
	 */
	void keep(MergingConnection connection) throws SQLException {
		SessionIdentity own = connection.getOwn();
		if (this.uncertain && own != null && own.kept()) {
			connection.apart((apart) -> {
				own.takeOnRole(apart);
				return true;
			});
		}
		this.uncertain = false;
	}

}
