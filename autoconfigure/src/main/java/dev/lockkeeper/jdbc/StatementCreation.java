// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.jdbc;

import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The methods of {@link Connection} that create statements.
 */
interface StatementCreation {

	Statement createStatement() throws SQLException;

	Statement createStatement(int type, int concurrency) throws SQLException;

	Statement createStatement(int type, int concurrency, int holdability) throws SQLException;

	PreparedStatement prepareStatement(String sql) throws SQLException;

	PreparedStatement prepareStatement(String sql, int generatedKeys) throws SQLException;

	PreparedStatement prepareStatement(String sql, int[] columns) throws SQLException;

	PreparedStatement prepareStatement(String sql, String[] columns) throws SQLException;

	PreparedStatement prepareStatement(String sql, int type, int concurrency) throws SQLException;

	PreparedStatement prepareStatement(String sql, int type, int concurrency, int holdability) throws SQLException;

	CallableStatement prepareCall(String sql) throws SQLException;

	CallableStatement prepareCall(String sql, int type, int concurrency) throws SQLException;

	CallableStatement prepareCall(String sql, int type, int concurrency, int holdability) throws SQLException;

}
