// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.sql.Connection;

import dev.lockkeeper.postgresql.PostgreSql;

/**
 * Whether the session of a connection is gone, or cannot write any more. The server is
 * queried only when something has failed on the connection, and not after it was closed.
 */
final class SessionLoss {

	private final Connection connection;

	private boolean suspected;

	private boolean certain;

	private boolean closed;

	SessionLoss(Connection connection) {
		this.connection = connection;
	}

	/**
	 * Something has failed on the connection.
	 */
	void suspect() {
		this.suspected = true;
	}

	/**
	 * The connection is about to be closed.
	 */
	void closing() {
		isCertain();
		this.closed = true;
	}

	/**
	 * Return whether the session is lost.
	 */
	boolean isCertain() {
		if (this.suspected && !this.certain && !this.closed) {
			this.certain = PostgreSql.isLost(this.connection);
		}
		return this.certain;
	}

}
