// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.dialect;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Locale;

import org.jspecify.annotations.Nullable;

/**
 * How a database writes the columns of our own tables, and keeps the time of a lease.
 *
 * @since 0.1.0
 */
public enum Dialect {

	/**
	 * PostgreSQL.
	 */
	POSTGRESQL("TIMESTAMP", "TIMESTAMP", "timezone('utc', clock_timestamp())"),

	/**
	 * H2. A time without a zone would be one of the session that writes it: two processes
	 * in two time zones, or one across the change to winter time, would not agree on when
	 * a lease ends.
	 */
	H2("TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "CURRENT_TIMESTAMP"),

	/**
	 * HSQLDB, which is like H2 in this.
	 */
	HSQLDB("TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "CURRENT_TIMESTAMP"),

	/**
	 * MySQL and MariaDB. Their {@code TIMESTAMP} is converted from the zone of the
	 * session, where an hour is missing each spring; it has no fractions of a second; and
	 * each update may set it anew.
	 */
	MYSQL("DATETIME(6)", "DATETIME(6)", "UTC_TIMESTAMP(6)"),

	/**
	 * SQL Server, whose {@code TIMESTAMP} is the version of a row.
	 */
	SQL_SERVER("DATETIME2(6)", "DATETIME2(6)", "SYSUTCDATETIME()", "BIGINT", "BIT"),

	/**
	 * Oracle, which has neither {@code BIGINT} nor, before version 23, {@code BOOLEAN}.
	 */
	ORACLE("TIMESTAMP(6)", "TIMESTAMP(6)", "SYS_EXTRACT_UTC(SYSTIMESTAMP)", "NUMBER(19)", "NUMBER(1)"),

	/**
	 * Db2, which has {@code BOOLEAN} in some editions alone.
	 */
	DB2("TIMESTAMP", "TIMESTAMP", "(CURRENT TIMESTAMP - CURRENT TIMEZONE)", "BIGINT", "SMALLINT"),

	/**
	 * Any other database, for which ShedLock uses the clock of the process.
	 */
	OTHER("TIMESTAMP", "TIMESTAMP", null);

	private final String utcType;

	private final String leaseType;

	private final @Nullable String leaseNow;

	private final String longType;

	private final String booleanType;

	Dialect(String utcType, String leaseType, @Nullable String leaseNow) {
		this(utcType, leaseType, leaseNow, "BIGINT", "BOOLEAN");
	}

	Dialect(String utcType, String leaseType, @Nullable String leaseNow, String longType, String booleanType) {
		this.utcType = utcType;
		this.leaseType = leaseType;
		this.leaseNow = leaseNow;
		this.longType = longType;
		this.booleanType = booleanType;
	}

	/**
	 * Return the dialect of a database. The driver has it without a query.
	 * @param connection a connection to it
	 * @return the dialect
	 * @throws SQLException when the driver does not name the database
	 */
	public static Dialect of(Connection connection) throws SQLException {
		return named(connection.getMetaData().getDatabaseProductName());
	}

	static Dialect named(@Nullable String product) {
		String name = String.valueOf(product).toLowerCase(Locale.ROOT);
		return switch (name) {
			case "postgresql" -> POSTGRESQL;
			case "h2" -> H2;
			case "hsql database engine" -> HSQLDB;
			case "mysql", "mariadb" -> MYSQL;
			case "microsoft sql server" -> SQL_SERVER;
			case "oracle" -> ORACLE;
			// The platform follows
			default -> name.startsWith("db2") ? DB2 : OTHER;
		};
	}

	/**
	 * Return the type of a column for whole numbers of 64 bits.
	 * @return the type
	 */
	public String longType() {
		return this.longType;
	}

	/**
	 * Return the type of a column for a truth value, which JDBC writes and reads as one.
	 * @return the type
	 */
	public String booleanType() {
		return this.booleanType;
	}

	/**
	 * Return the type of a column for times in UTC that the process writes.
	 * @return the type
	 */
	public String utcType() {
		return this.utcType;
	}

	/**
	 * Return the type of a column for the times of a lease, which ShedLock lets the
	 * database write.
	 * @return the type
	 */
	public String leaseType() {
		return this.leaseType;
	}

	/**
	 * Return what the database calls the present time, to be compared with that of a
	 * lease.
	 * @return the expression, or {@code null} where it is not known
	 */
	public @Nullable String leaseNow() {
		return this.leaseNow;
	}

	/**
	 * Read a time of a lease.
	 * @param rows the rows
	 * @param column the name of the column
	 * @return the time, or {@code null}
	 * @throws SQLException when it cannot be read
	 */
	public @Nullable Instant readLeaseTime(ResultSet rows, String column) throws SQLException {
		if (this.leaseType.endsWith("ZONE")) {
			OffsetDateTime time = rows.getObject(column, OffsetDateTime.class);
			return (time != null) ? time.toInstant() : null;
		}
		LocalDateTime time = rows.getObject(column, LocalDateTime.class);
		return (time != null) ? time.toInstant(ZoneOffset.UTC) : null;
	}

}
