// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;

/**
 * The methods of {@link Connection} that may end a transaction.
 */
interface TransactionControl {

	void commit() throws SQLException;

	void rollback() throws SQLException;

	void rollback(Savepoint savepoint) throws SQLException;

	void setAutoCommit(boolean autoCommit) throws SQLException;

	void close() throws SQLException;

}
