// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

import dev.lockkeeper.dialect.Dialect;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Grants the readers of one table the right to read another.
 *
 * @since 0.1.0
 */
public final class SelectGrants {

	private static final Log logger = LogFactory.getLog(SelectGrants.class);

	private static final String READERS = "SELECT DISTINCT CASE WHEN a.grantee = 0 THEN 'PUBLIC' "
			+ "ELSE quote_ident(pg_get_userbyid(a.grantee)) END "
			+ "FROM pg_class c, LATERAL aclexplode(c.relacl) a WHERE c.oid = to_regclass(?) AND to_regclass(?) IS NOT NULL "
			+ "AND a.privilege_type = 'SELECT' AND a.grantee <> c.relowner AND NOT EXISTS (SELECT 1 FROM pg_class t, "
			+ "LATERAL aclexplode(t.relacl) b WHERE t.oid = to_regclass(?) AND b.privilege_type = 'SELECT' "
			+ "AND b.grantee = a.grantee)";

	private SelectGrants() {
	}

	/**
	 * Grant SELECT on a table to all roles that have it on another one, and not yet on
	 * it. Does nothing on other databases than PostgreSQL. It is no failure when that is
	 * not possible: the roles cannot read the table then.
	 * @param connection a connection in auto-commit mode
	 * @param from the qualified name of the table whose readers count; it need not exist
	 * @param to the qualified name of the table to be read; it need not exist
	 */
	public static void copy(Connection connection, String from, String to) {
		try {
			if (Dialect.of(connection) != Dialect.POSTGRESQL) {
				return;
			}
			for (String reader : readers(connection, from, to)) {
				try (Statement statement = connection.createStatement()) {
					statement.execute("GRANT SELECT ON %s TO %s".formatted(to, reader));
				}
			}
		}
		catch (SQLException ex) {
			logger.debug("lockkeeper - the readers of %s were not granted SELECT on %s".formatted(from, to), ex);
		}
	}

	private static List<String> readers(Connection connection, String from, String to) throws SQLException {
		List<String> readers = new ArrayList<>();
		try (PreparedStatement statement = connection.prepareStatement(READERS)) {
			statement.setString(1, from);
			statement.setString(2, to);
			statement.setString(3, to);
			try (ResultSet rows = statement.executeQuery()) {
				while (rows.next()) {
					readers.add(rows.getString(1));
				}
			}
		}
		return readers;
	}

}
