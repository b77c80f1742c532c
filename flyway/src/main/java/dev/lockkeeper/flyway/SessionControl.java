// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;

/**
 * The methods of {@link Connection} that control a session, or end it.
 */
interface SessionControl {

	boolean getAutoCommit() throws SQLException;

	void setAutoCommit(boolean autoCommit) throws SQLException;

	void commit() throws SQLException;

	void rollback() throws SQLException;

	void rollback(Savepoint savepoint) throws SQLException;

	void close() throws SQLException;

	boolean isClosed() throws SQLException;

}
