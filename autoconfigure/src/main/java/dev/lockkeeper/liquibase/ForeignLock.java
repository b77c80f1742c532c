// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.lockkeeper.postgresql.HostSessions;
import org.jspecify.annotations.Nullable;

/**
 * The changelog lock in the hands of a Liquibase that is not governed.
 *
 * @param holder who holds it, in Liquibase's words: the host with its address
 * @param granted since when, by the clock of the database and in the time zone of the
 * session that wrote it
 * @param age how old that makes it, if both zones are the same
 */
record ForeignLock(@Nullable String holder, @Nullable LocalDateTime granted, @Nullable Duration age) {

	/**
	 * A host, perhaps a description that the user has given it, and its address.
	 */
	private static final Pattern HOLDER = Pattern.compile("(?<host>[^#(]+?)(#.*)? \\((?<address>[^()]+)\\)");

	/**
	 * Read who holds the lock.
	 * @return the lock, or {@code null} when nobody holds it
	 */
	static @Nullable ForeignLock read(Connection connection, String table) throws SQLException {
		try (PreparedStatement statement = connection
			.prepareStatement("SELECT LOCKEDBY, LOCKGRANTED, CURRENT_TIMESTAMP FROM %s WHERE ID = 1 AND LOCKED = ?"
				.formatted(table))) {
			statement.setBoolean(1, true);
			try (ResultSet rows = statement.executeQuery()) {
				if (!rows.next()) {
					return null;
				}
				LocalDateTime granted = rows.getObject(2, LocalDateTime.class);
				Instant now = rows.getTimestamp(3).toInstant();
				Duration age = (granted != null)
						? Duration.between(granted.atZone(ZoneId.systemDefault()).toInstant(), now) : null;
				return new ForeignLock(rows.getString(1), granted, age);
			}
		}
	}

	boolean isSame(@Nullable ForeignLock other) {
		return other != null && Objects.equals(this.holder, other.holder)
				&& Objects.equals(this.granted, other.granted);
	}

	/**
	 * Return whether the lock is as old as that.
	 * @param limit the age
	 * @param watched how long it has been seen, which it is at least old
	 */
	boolean isOlderThan(Duration limit, Duration watched) {
		return watched.compareTo(limit) >= 0 || (this.age != null && this.age.compareTo(limit) >= 0);
	}

	/**
	 * Return what the database shows of the holder's host, as a sentence.
	 */
	String sessions(Connection connection) throws SQLException {
		Matcher matcher = HOLDER.matcher((this.holder != null) ? this.holder : "");
		if (!matcher.matches()) {
			return "the lock does not name a host whose sessions could be looked for";
		}
		return HostSessions.describe(connection, matcher.group("host"), matcher.group("address"));
	}

	@Override
	public String toString() {
		return "%s since %s".formatted((this.holder != null) ? this.holder : "somebody",
				(this.granted != null) ? this.granted : "an unknown time");
	}

}
