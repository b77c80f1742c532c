// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.jdbc;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * The methods of {@link PreparedStatement} that execute something. Those that are given
 * the text are the methods of every statement.
 */
interface StatementExecution {

	ResultSet executeQuery(String sql) throws SQLException;

	ResultSet executeQuery() throws SQLException;

	boolean execute(String sql) throws SQLException;

	boolean execute(String sql, int generatedKeys) throws SQLException;

	boolean execute(String sql, int[] columns) throws SQLException;

	boolean execute(String sql, String[] columns) throws SQLException;

	boolean execute() throws SQLException;

	int executeUpdate(String sql) throws SQLException;

	int executeUpdate(String sql, int generatedKeys) throws SQLException;

	int executeUpdate(String sql, int[] columns) throws SQLException;

	int executeUpdate(String sql, String[] columns) throws SQLException;

	int executeUpdate() throws SQLException;

	long executeLargeUpdate(String sql) throws SQLException;

	long executeLargeUpdate(String sql, int generatedKeys) throws SQLException;

	long executeLargeUpdate(String sql, int[] columns) throws SQLException;

	long executeLargeUpdate(String sql, String[] columns) throws SQLException;

	long executeLargeUpdate() throws SQLException;

	void addBatch(String sql) throws SQLException;

	void addBatch() throws SQLException;

	void clearBatch() throws SQLException;

	int[] executeBatch() throws SQLException;

	long[] executeLargeBatch() throws SQLException;

}
