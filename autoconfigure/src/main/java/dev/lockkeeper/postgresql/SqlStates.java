// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.BatchUpdateException;
import java.sql.SQLException;
import java.util.Set;

import dev.lockkeeper.dialect.Translation;
import dev.lockkeeper.exit.ExitStatus;
import org.jspecify.annotations.Nullable;

/**
 * What the SQLSTATE of a failure means for a process. The states are those of
 * PostgreSQL's documentation, appendix "PostgreSQL Error Codes"; {@link #of} gives the
 * one of a failure of another database.
 *
 * @since 0.1.0
 */
public final class SqlStates {

	/**
	 * A connection that has not come about.
	 */
	public static final String CONNECTION_NOT_ESTABLISHED = "08001";

	/**
	 * A connection that is not there any more.
	 */
	public static final String CONNECTION_LOST = "08003";

	/**
	 * Something was to be written in a transaction that only reads, as each one on a
	 * standby does.
	 */
	public static final String READ_ONLY = "25006";

	private static final String UNDEFINED_TABLE = "42P01";

	/**
	 * Somebody else was faster: a duplicate key, a duplicate table, the type of a
	 * duplicate table, a serialisation.
	 */
	private static final Set<String> RACE = Set.of("23505", "42P07", "42710", "40001");

	private static final Set<String> PERMISSION = Set.of("42501", "28000", "28P01");

	private static final Set<String> TEMPORARY = Set.of(READ_ONLY, "55P03", "40P01", "40001", "57P01", "57P02",
			"57P03");

	private static final Set<String> UNAVAILABLE = Set.of("57P03", "53300");

	/**
	 * What others do while somebody only reads: a standby replays what the primary has
	 * done, or is not the primary yet.
	 */
	private static final Set<String> DISTURBED = Set.of("40001", "0A000");

	/**
	 * What a look that is taken again need not meet again.
	 */
	private static final Set<String> PASSING = Set.of("57P01", "57P02", "55P03", "40P01");

	/**
	 * Says no more than that a statement before it has failed.
	 */
	private static final String FAILED_TRANSACTION = "25P02";

	private static final String INVALID_PASSWORD = "28P01";

	private static final String UNDEFINED_FUNCTION = "42883";

	private static final String NOT_SUPPORTED = "0A000";

	private static final String NO_SUCH_DATABASE = "3D000";

	private static final String LOCK_NOT_AVAILABLE = "55P03";

	private static final String CONNECTION_CLASS = "08";

	private static final String RESOURCES_CLASS = "53";

	private SqlStates() {
	}

	/**
	 * Return what a failure means, whichever database has reported it.
	 * @param failure the failure
	 * @return the SQLSTATE that PostgreSQL has for the first SQL exception in its chain
	 * of causes that has a state
	 */
	public static @Nullable String of(@Nullable Throwable failure) {
		SQLException exception = exceptionIn(failure);
		return (exception != null) ? Translation.toPostgreSql(exception) : null;
	}

	/**
	 * Find the SQL exception that a failure was caused by.
	 * @param failure the failure
	 * @return the first SQL exception in its chain of causes, preferably one with a state
	 * that tells what happened
	 */
	public static @Nullable SQLException exceptionIn(@Nullable Throwable failure) {
		SQLException vague = null;
		Throwable candidate = failure;
		while (candidate != null) {
			if (candidate instanceof BatchUpdateException batch && batch.getNextException() != null) {
				// Its own message is the statement; what the server says comes next
				candidate = batch.getNextException();
			}
			if (candidate instanceof SQLException exception) {
				String state = exception.getSQLState();
				if (state != null && !FAILED_TRANSACTION.equals(state)) {
					return exception;
				}
				vague = (vague != null && (state == null || vague.getSQLState() != null)) ? vague : exception;
			}
			candidate = candidate.getCause();
		}
		return vague;
	}

	/**
	 * Return how a process ends that could not open a connection or read.
	 * @param sqlState the SQLSTATE
	 * @return the status
	 */
	public static ExitStatus onRead(@Nullable String sqlState) {
		if (sqlState == null || sqlState.startsWith(CONNECTION_CLASS) || UNAVAILABLE.contains(sqlState)
				|| DISTURBED.contains(sqlState) || isCancelled(sqlState) || isSessionTimeout(sqlState)) {
			return ExitStatus.UNAVAILABLE;
		}
		return inRun(sqlState);
	}

	/**
	 * Return how a process ends whose run broke off.
	 * @param sqlState the SQLSTATE
	 * @return the status
	 */
	public static ExitStatus inRun(@Nullable String sqlState) {
		if (sqlState == null) {
			return ExitStatus.MIGRATION;
		}
		if (PERMISSION.contains(sqlState)) {
			return ExitStatus.PERMISSION;
		}
		if (NO_SUCH_DATABASE.equals(sqlState)) {
			return ExitStatus.CONFIG;
		}
		if (TEMPORARY.contains(sqlState) || sqlState.startsWith(CONNECTION_CLASS)
				|| sqlState.startsWith(RESOURCES_CLASS)) {
			return ExitStatus.TEMPORARY;
		}
		return ExitStatus.MIGRATION;
	}

	/**
	 * Return whether a migrator that looks waits for a problem to pass before it gives
	 * up: a database may still be starting, a password may be rotating, a database may
	 * still be created, others may be in the way.
	 * @param sqlState the SQLSTATE
	 * @return whether it may pass
	 */
	public static boolean isPassing(@Nullable String sqlState) {
		return onRead(sqlState) == ExitStatus.UNAVAILABLE || INVALID_PASSWORD.equals(sqlState)
				|| NO_SUCH_DATABASE.equals(sqlState) || (sqlState != null && PASSING.contains(sqlState));
	}

	/**
	 * Return whether a right was missing.
	 * @param sqlState the SQLSTATE
	 * @return whether it says so
	 */
	public static boolean isPermission(@Nullable String sqlState) {
		return "42501".equals(sqlState);
	}

	/**
	 * Return whether the server does not have what was asked for, or keeps it from this
	 * role.
	 * @param sqlState the SQLSTATE
	 * @return whether it says so
	 */
	public static boolean isWithheld(@Nullable String sqlState) {
		return isPermission(sqlState) || UNDEFINED_FUNCTION.equals(sqlState) || NOT_SUPPORTED.equals(sqlState);
	}

	/**
	 * Return whether the server does not have what was asked for, as a standby has no
	 * serializable transactions.
	 * @param sqlState the SQLSTATE
	 * @return whether it says so
	 */
	public static boolean isNotSupported(@Nullable String sqlState) {
		return NOT_SUPPORTED.equals(sqlState);
	}

	/**
	 * Return whether transactions could not be put in an order, or a standby could not
	 * show what its primary has removed.
	 * @param sqlState the SQLSTATE
	 * @return whether it says so
	 */
	public static boolean isNotSerializable(@Nullable String sqlState) {
		return "40001".equals(sqlState);
	}

	/**
	 * Return whether a table was not there.
	 * @param sqlState the SQLSTATE
	 * @return whether it says so
	 */
	public static boolean isUndefinedTable(@Nullable String sqlState) {
		return UNDEFINED_TABLE.equals(sqlState);
	}

	/**
	 * Return whether somebody else did the same at the same time, so that it is worth to
	 * look again.
	 * @param sqlState the SQLSTATE
	 * @return whether it says so
	 */
	public static boolean isRace(@Nullable String sqlState) {
		return sqlState != null && RACE.contains(sqlState);
	}

	/**
	 * Return whether nobody can tell what became of the statement: the connection was
	 * lost, or its backend ended.
	 * @param sqlState the SQLSTATE
	 * @return whether it says so, or there is none
	 */
	public static boolean isConnectionLost(@Nullable String sqlState) {
		return sqlState == null || sqlState.startsWith(CONNECTION_CLASS) || sqlState.startsWith("57P");
	}

	/**
	 * Return whether a statement was refused because it stood in a transaction, or
	 * because it wanted to end it.
	 * @param sqlState the SQLSTATE
	 * @return whether it says so
	 */
	public static boolean isRefusedInTransaction(@Nullable String sqlState) {
		return "25001".equals(sqlState) || "2D000".equals(sqlState);
	}

	/**
	 * Return whether a statement gave up waiting for a lock.
	 * @param sqlState the SQLSTATE
	 * @return whether it says so
	 */
	public static boolean isLockTimeout(@Nullable String sqlState) {
		return LOCK_NOT_AVAILABLE.equals(sqlState);
	}

	/**
	 * Return whether a statement was cancelled: by a timeout of its session, or by
	 * somebody.
	 * @param sqlState the SQLSTATE
	 * @return whether it says so
	 */
	public static boolean isCancelled(@Nullable String sqlState) {
		return "57014".equals(sqlState);
	}

	/**
	 * Return whether a session was ended because it took longer than it is allowed to, in
	 * a transaction or without one: another session would fare no better.
	 * @param sqlState the SQLSTATE
	 * @return whether it says so
	 */
	public static boolean isSessionTimeout(@Nullable String sqlState) {
		return "25P03".equals(sqlState) || "25P04".equals(sqlState) || "57P05".equals(sqlState);
	}

	/**
	 * Return whether a connection may have been refused for what it asked for when it
	 * started: an option that a pooler does not let through, that the server does not
	 * know, or that this login may not set.
	 * @param sqlState the SQLSTATE
	 * @return whether it says so
	 */
	public static boolean isRefusedStartOption(@Nullable String sqlState) {
		return "08P01".equals(sqlState) || "0A000".equals(sqlState) || "42704".equals(sqlState)
				|| "22023".equals(sqlState) || "42501".equals(sqlState);
	}

	/**
	 * Return whether nothing could be written because the database is read-only.
	 * @param sqlState the SQLSTATE
	 * @return whether it says so
	 */
	public static boolean isReadOnly(@Nullable String sqlState) {
		return READ_ONLY.equals(sqlState);
	}

	/**
	 * Return whether disk, memory or another resource was short.
	 * @param sqlState the SQLSTATE
	 * @return whether it says so
	 */
	public static boolean isShortage(@Nullable String sqlState) {
		return sqlState != null && sqlState.startsWith(RESOURCES_CLASS);
	}

}
