// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase.lock;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.lockkeeper.database.ConnectedDatabase;
import dev.lockkeeper.schema.LockHolder;
import org.jspecify.annotations.Nullable;

/**
 * Liquibase's own lock while it is held: by a governed run, or by a Liquibase that is not
 * governed.
 *
 * @param holder its holder; of a Liquibase that is not governed the host with its address
 * @param granted since when, by the clock of the database and in the time zone of the
 * session that wrote it
 * @param age how old that makes it, if both zones are the same
 */
record StockLock(@Nullable String holder, @Nullable LocalDateTime granted, @Nullable Duration age) {

	/**
	 * What the names of governed runs begin with.
	 */
	static final String GOVERNED = "lockkeeper:";

	/**
	 * A host, perhaps a description that the user has given it, and its address.
	 */
	private static final Pattern HOST = Pattern.compile("(?<host>[^#(]+?)(#.*)? \\((?<address>[^()]+)\\)");

	boolean isGoverned() {
		return this.holder != null && this.holder.startsWith(GOVERNED);
	}

	/**
	 * Return the holder of the lease under which a governed run has taken the lock, or
	 * {@code null} when a Liquibase holds it that is not governed.
	 */
	@Nullable String toRun() {
		return (this.holder != null && isGoverned()) ? this.holder.substring(GOVERNED.length()) : null;
	}

	/**
	 * Return the holder, if the row names one.
	 */
	@Nullable LockHolder toHolder() {
		return (this.holder != null) ? LockHolder.ofEngine(this.holder,
				(this.granted != null) ? this.granted.atZone(ZoneId.systemDefault()).toInstant() : null) : null;
	}

	boolean isSame(@Nullable StockLock other) {
		return other != null && Objects.equals(this.holder, other.holder)
				&& Objects.equals(this.granted, other.granted);
	}

	/**
	 * Return whether the lock is as old as that.
	 * @param limit the age
	 * @param watched for how long this process has seen it: it is at least as old
	 */
	boolean isOlderThan(Duration limit, Duration watched) {
		return watched.compareTo(limit) >= 0 || (this.age != null && this.age.compareTo(limit) >= 0);
	}

	/**
	 * Return what the database shows of the holder's host, as a sentence.
	 */
	String sessions(Connection connection) throws SQLException {
		Matcher matcher = HOST.matcher((this.holder != null) ? this.holder : "");
		if (!matcher.matches()) {
			return "the lock does not name a host whose sessions could be looked for";
		}
		return ConnectedDatabase.of(connection).describeSessions(matcher.group("host"), matcher.group("address"));
	}

	@Override
	public String toString() {
		return "%s since %s".formatted((this.holder != null) ? this.holder : "an unknown process",
				(this.granted != null) ? this.granted : "an unknown time");
	}

}
