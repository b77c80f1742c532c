// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * The catalog of the server.
 *
 * @param connection a connection
 */
record Catalog(Connection connection) {

	List<Row> rows(String sql, Object... parameters) throws SQLException {
		List<Row> rows = new ArrayList<>();
		try (PreparedStatement statement = this.connection.prepareStatement(sql)) {
			for (int i = 0; i < parameters.length; i++) {
				if (parameters[i] instanceof List<?> names) {
					Array array = this.connection.createArrayOf("text", names.toArray());
					statement.setArray(i + 1, array);
				}
				else {
					statement.setString(i + 1, String.valueOf(parameters[i]));
				}
			}
			try (ResultSet found = statement.executeQuery()) {
				int columns = found.getMetaData().getColumnCount();
				while (found.next()) {
					List<@Nullable String> texts = new ArrayList<>();
					for (int i = 1; i <= columns; i++) {
						texts.add(found.getString(i));
					}
					rows.add(new Row(texts));
				}
			}
		}
		return rows;
	}

	List<String> list(String sql, Object... parameters) throws SQLException {
		return rows(sql, parameters).stream().map((row) -> row.text(1)).toList();
	}

	boolean is(String sql, Object... parameters) throws SQLException {
		return rows(sql, parameters).stream().anyMatch((row) -> row.is(1));
	}

	/**
	 * A row of an answer.
	 *
	 * @param texts its columns
	 */
	record Row(List<@Nullable String> texts) {

		String text(int column) {
			return String.valueOf(this.texts.get(column - 1));
		}

		boolean is(int column) {
			return "t".equals(this.texts.get(column - 1));
		}

		boolean isNull(int column) {
			return this.texts.get(column - 1) == null;
		}

	}

}
