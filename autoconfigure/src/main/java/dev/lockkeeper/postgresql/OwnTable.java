// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.lockkeeper.dialect.Dialect;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * A table of our own, which several processes may create at once. Its first version is
 * that of Lockkeeper 0.1.0; each later one has one column more, which may be empty. So
 * processes of an older version go on with the table of a newer one, and the version of a
 * table follows from its columns.
 *
 * @param columns the definitions of the columns of the first version
 * @param later the columns of the later versions, in their order
 * @since 0.1.0
 */
public record OwnTable(String columns, List<Column> later) {

	private static final Log logger = LogFactory.getLog(OwnTable.class);

	private static final int ATTEMPTS = 5;

	/**
	 * Create the first version of a table.
	 * @param columns the definitions of its columns
	 * @return the table
	 */
	public static OwnTable first(String columns) {
		return new OwnTable(columns, List.of());
	}

	/**
	 * Return the next version of this table.
	 * @param column the name of its new column
	 * @param type the type of that column, which may be empty
	 * @return the table
	 */
	public OwnTable then(String column, String type) {
		return new OwnTable(this.columns,
				Stream.concat(this.later.stream(), Stream.of(new Column(column, type))).toList());
	}

	/**
	 * Return the version of this table.
	 * @return the number of the version, from 1
	 */
	public int version() {
		return 1 + this.later.size();
	}

	/**
	 * Create the table unless it is there, in whatever version.
	 * @param connection a connection in auto-commit mode
	 * @param table the qualified name of the table
	 * @param readableLike the table whose readers may read it, if there is one
	 * @throws SQLException when it is not there and cannot be created
	 */
	public void createIfMissing(Connection connection, String table, @Nullable String readableLike)
			throws SQLException {
		provide(connection, table, readableLike);
	}

	/**
	 * Create the table unless it is there, and add the columns that an older version of
	 * it lacks. To be called while the lock of the schema is held. It is no failure when
	 * a column cannot be added: the table may belong to another login.
	 * @param connection a connection in auto-commit mode
	 * @param table the qualified name of the table
	 * @param readableLike the table whose readers may read it, if there is one
	 * @return the version that the table has
	 * @throws SQLException when it is not there and cannot be created
	 */
	public int upgrade(Connection connection, String table, @Nullable String readableLike) throws SQLException {
		Set<String> names = provide(connection, table, readableLike);
		for (Column column : this.later) {
			if (!names.contains(column.name()) && !add(connection, table, column)) {
				return this.later.indexOf(column) + 1;
			}
		}
		return version();
	}

	/**
	 * Find out which version of this table is there.
	 * @param connection a connection in auto-commit mode
	 * @param table the qualified name of the table
	 * @return the number of the version; 0 when there is no such table
	 * @throws SQLException when it cannot be found out
	 */
	public int findVersion(Connection connection, String table) throws SQLException {
		Set<String> names = findColumns(connection, table);
		return (names != null)
				? 1 + (int) this.later.stream().takeWhile((column) -> names.contains(column.name())).count() : 0;
	}

	private Set<String> provide(Connection connection, String table, @Nullable String readableLike)
			throws SQLException {
		for (int attempt = 1;; attempt++) {
			Set<String> names = findColumns(connection, table);
			if (names != null) {
				return names;
			}
			try (Statement statement = connection.createStatement()) {
				create(statement, Dialect.of(connection), table, definition());
				if (readableLike != null) {
					SelectGrants.copy(connection, readableLike, table);
				}
			}
			catch (SQLException ex) {
				if (!SqlStates.isRace(SqlStates.of(ex)) || attempt == ATTEMPTS) {
					throw ex;
				}
			}
		}
	}

	private String definition() {
		return Stream.concat(Stream.of(this.columns), this.later.stream().map(Column::toString))
			.collect(Collectors.joining(", "));
	}

	// A process that migrates another schema may have added it meanwhile
	private static boolean add(Connection connection, String table, Column column) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute("ALTER TABLE %s ADD %s".formatted(table, column));
			logger.info("lockkeeper - added column %s to %s".formatted(column.name(), table));
			return true;
		}
		catch (SQLException ex) {
			Set<String> names = findColumns(connection, table);
			if (names != null && names.contains(column.name())) {
				return true;
			}
			logger.debug("lockkeeper - column %s could not be added to %s".formatted(column.name(), table), ex);
			return false;
		}
	}

	// H2 shows a table to other sessions before it has its primary key. Rows that they
	// write until then may double, or go when the key cannot be created
	private static void create(Statement statement, Dialect dialect, String table, String columns) throws SQLException {
		if (dialect != Dialect.H2) {
			statement.execute("CREATE TABLE %s (%s)".formatted(table, columns));
			return;
		}
		String name = table.substring(table.lastIndexOf('.') + 1);
		String unfinished = "%slockkeeper_%s".formatted(table.substring(0, table.length() - name.length()),
				UUID.randomUUID().toString().replace('-', '_'));
		statement.execute("CREATE TABLE %s (%s)".formatted(unfinished, columns));
		try {
			statement.execute("ALTER TABLE %s RENAME TO %s".formatted(unfinished, name));
		}
		catch (SQLException ex) {
			statement.execute("DROP TABLE " + unfinished);
			if (findColumns(statement.getConnection(), table) == null) {
				throw ex;
			}
		}
	}

	private static @Nullable Set<String> findColumns(Connection connection, String table) throws SQLException {
		try (Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery("SELECT * FROM %s WHERE 1 = 0".formatted(table))) {
			ResultSetMetaData metaData = rows.getMetaData();
			Set<String> names = new HashSet<>();
			for (int column = 1; column <= metaData.getColumnCount(); column++) {
				names.add(metaData.getColumnLabel(column).toLowerCase(Locale.ROOT));
			}
			return names;
		}
		catch (SQLException ex) {
			if (SqlStates.isUndefinedTable(SqlStates.of(ex))) {
				return null;
			}
			throw ex;
		}
	}

	/**
	 * A column of a later version.
	 *
	 * @param name its name, in lower case
	 * @param type its type
	 */
	public record Column(String name, String type) {

		@Override
		public String toString() {
			return "%s %s".formatted(this.name, this.type);
		}

	}

}
