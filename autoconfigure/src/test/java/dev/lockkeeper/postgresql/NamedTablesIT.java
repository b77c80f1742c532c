// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

import dev.lockkeeper.dialect.DatabaseServers;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JdbcDatabase;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The tables of a script are found on databases that are not PostgreSQL.
 */
@FullTier
class NamedTablesIT {

	@Test
	void findsTablesOfH2() throws SQLException {
		findsTablesWhateverTheCaseOfTheirNames(DatabaseServers.h2());
	}

	@Test
	void findsTablesOfHsqldb() throws SQLException {
		findsTablesWhateverTheCaseOfTheirNames(DatabaseServers.hsqldb());
	}

	@Test
	void findsTablesOfMariaDb() throws SQLException {
		findsTablesWhateverTheCaseOfTheirNames(DatabaseServers.mariaDb());
	}

	private static void findsTablesWhateverTheCaseOfTheirNames(JdbcDatabase database) throws SQLException {
		database.execute("CREATE TABLE QRTZ_LOCKS (id int)", "CREATE TABLE Ship (id int)",
				"INSERT INTO QRTZ_LOCKS VALUES (1)");
		NamedTables tables = NamedTables.of(List.of("DROP TABLE IF EXISTS QRTZ_LOCKS",
				"CREATE TABLE QRTZ_LOCKS (id int)", "CREATE TABLE Ship (id int)", "CREATE TABLE berth (id int)"));
		try (Connection connection = database.open()) {
			String schema = connection.getSchema();
			List<String> schemas = List.of((schema != null) ? schema : connection.getCatalog());
			assertThat(tables.findAbsent(connection, schemas)).hasToString("[berth]");
			assertThat(tables.findFilled(connection, schemas)).hasToString("[qrtz_locks]");
		}
	}

}
