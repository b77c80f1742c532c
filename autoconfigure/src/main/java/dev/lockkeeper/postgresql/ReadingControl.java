// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;

import org.jspecify.annotations.Nullable;

/**
 * The methods of {@link Connection} that concern a transaction, or what is set for it.
 */
interface ReadingControl {

	boolean getAutoCommit() throws SQLException;

	void setAutoCommit(boolean autoCommit) throws SQLException;

	void commit() throws SQLException;

	void rollback() throws SQLException;

	void rollback(Savepoint savepoint) throws SQLException;

	boolean isReadOnly() throws SQLException;

	void setReadOnly(boolean readOnly) throws SQLException;

	@Nullable String getSchema() throws SQLException;

	void setSchema(String schema) throws SQLException;

	Savepoint setSavepoint() throws SQLException;

	Savepoint setSavepoint(String name) throws SQLException;

	void setTransactionIsolation(int level) throws SQLException;

}
