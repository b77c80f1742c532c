// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

import dev.lockkeeper.wording.Plural;

/**
 * What the server shows of the sessions of one host.
 *
 * @since 0.1.0
 */
public final class HostSessions {

	// The host is known by name only where the server resolves names; an application
	// may have it in its own name. A role that may not see a session sees neither its
	// address nor its start
	private static final String SESSIONS = """
			SELECT count(*) FILTER (WHERE here), min(backend_start) FILTER (WHERE here),
				count(*) FILTER (WHERE here AND xact_start IS NOT NULL), count(*) FILTER (WHERE backend_start IS NULL)
			FROM (SELECT backend_start, xact_start, (client_addr = ?::inet OR client_hostname = ? OR lower(?) = ANY
					(regexp_split_to_array(lower(application_name), '[^a-z0-9_.-]+'))) AS here
				FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
				AND application_name NOT LIKE 'lockkeeper %') sessions
			""";

	private HostSessions() {
	}

	/**
	 * Describe how many sessions the server sees of a host in this database, ours not
	 * counted. It cannot be proved that there is none: behind address translation, a
	 * proxy or a pooler a host has the address of another one.
	 * @param connection a connection to PostgreSQL
	 * @param host the name of the host
	 * @param address its address, as the host itself has it
	 * @return a clause of a sentence
	 * @throws SQLException when the server does not answer, or does not accept the
	 * address
	 */
	public static String describe(Connection connection, String host, String address) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(SESSIONS)) {
			statement.setString(1, withoutZone(address));
			statement.setString(2, host);
			statement.setString(3, host);
			try (ResultSet rows = statement.executeQuery()) {
				rows.next();
				int seen = rows.getInt(1);
				int hidden = rows.getInt(4);
				if (seen > 0) {
					return "the database sees %s of that host, the oldest since %s, %d in a transaction"
						.formatted(Plural.count(seen, "session"), rows.getTimestamp(2), rows.getInt(3));
				}
				if (hidden > 0) {
					return "the database sees no session of that host, but does not show this role where %s %s from"
						.formatted(Plural.count(hidden, "other"), Plural.of(hidden, "comes", "come"));
				}
				return "the database sees no session of that host; behind a proxy or a pooler it would not";
			}
		}
	}

	// An address of one network card only, as Java writes it
	private static String withoutZone(String address) {
		int zone = address.indexOf('%');
		return (zone < 0) ? address : address.substring(0, zone);
	}

}
