// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.BatchUpdateException;
import java.sql.SQLException;
import java.util.Set;

import dev.lockkeeper.dialect.Translation;
import dev.lockkeeper.schema.DatabaseFailure;
import org.jspecify.annotations.Nullable;

/**
 * What the SQLSTATE of a failure means. The states are those of PostgreSQL's
 * documentation, appendix "PostgreSQL Error Codes"; {@link #of} gives the one of a
 * failure of another database.
 *
 * @since 0.1.0
 */
public final class SqlStates {

	/**
	 * A connection could not be established.
	 */
	public static final String CONNECTION_NOT_ESTABLISHED = "08001";

	/**
	 * A connection does not exist any more.
	 */
	public static final String CONNECTION_LOST = "08003";

	/**
	 * Something was to be written in a transaction that only reads, as each one on a
	 * standby does.
	 */
	public static final String READ_ONLY = "25006";

	private static final String UNDEFINED_TABLE = "42P01";

	/**
	 * Another session was faster: a duplicate key, a duplicate table, the type of a
	 * duplicate table, a serialisation.
	 */
	private static final Set<String> RACE = Set.of("23505", "42P07", "42710", "40001");

	/**
	 * A statement before it in the transaction has failed: it has no other meaning.
	 */
	private static final String FAILED_TRANSACTION = "25P02";

	private static final String MISSING_RIGHT = "42501";

	private static final String UNDEFINED_FUNCTION = "42883";

	private static final String NOT_SUPPORTED = "0A000";

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
	 * that shows what happened
	 */
	public static @Nullable SQLException exceptionIn(@Nullable Throwable failure) {
		SQLException vague = null;
		Throwable candidate = failure;
		while (candidate != null) {
			if (candidate instanceof BatchUpdateException batch && batch.getNextException() != null) {
				// Its own message is the statement; that of the server comes next
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
	 * Return the kind of a failure, whichever database has reported it.
	 * @param failure the failure
	 * @return the kind
	 */
	public static DatabaseFailure kindOf(@Nullable Throwable failure) {
		return kindOf(of(failure));
	}

	/**
	 * Return what kind of failure an SQLSTATE stands for.
	 * @param sqlState the SQLSTATE
	 * @return the kind
	 */
	public static DatabaseFailure kindOf(@Nullable String sqlState) {
		if (sqlState == null) {
			return DatabaseFailure.UNKNOWN;
		}
		return switch (sqlState) {
			case "57P03" -> DatabaseFailure.UNREACHABLE;
			case "53300" -> DatabaseFailure.TOO_MANY_CONNECTIONS;
			case "57P01", "57P02" -> DatabaseFailure.SESSION_ENDED;
			case "57014", "25P03", "25P04", "57P05" -> DatabaseFailure.OUT_OF_TIME;
			case LOCK_NOT_AVAILABLE, "40P01" -> DatabaseFailure.LOCKED;
			case "40001" -> DatabaseFailure.NOT_SERIALIZABLE;
			case NOT_SUPPORTED -> DatabaseFailure.NOT_SUPPORTED;
			case READ_ONLY -> DatabaseFailure.READ_ONLY;
			case "28P01" -> DatabaseFailure.WRONG_PASSWORD;
			case "28000" -> DatabaseFailure.LOGIN_REFUSED;
			case MISSING_RIGHT -> DatabaseFailure.MISSING_RIGHT;
			case "3D000" -> DatabaseFailure.NO_SUCH_DATABASE;
			default -> kindOfClass(sqlState);
		};
	}

	private static DatabaseFailure kindOfClass(String sqlState) {
		if (sqlState.startsWith(CONNECTION_CLASS)) {
			return DatabaseFailure.UNREACHABLE;
		}
		return sqlState.startsWith(RESOURCES_CLASS) ? DatabaseFailure.SHORTAGE : DatabaseFailure.OF_STATEMENT;
	}

	/**
	 * Return whether a right was missing.
	 * @param sqlState the SQLSTATE
	 * @return whether the state means that
	 */
	public static boolean isPermission(@Nullable String sqlState) {
		return MISSING_RIGHT.equals(sqlState);
	}

	/**
	 * Return whether the server does not have what a statement needs, or withholds it
	 * from this role.
	 * @param sqlState the SQLSTATE
	 * @return whether the state means that
	 */
	public static boolean isWithheld(@Nullable String sqlState) {
		return isPermission(sqlState) || UNDEFINED_FUNCTION.equals(sqlState) || NOT_SUPPORTED.equals(sqlState);
	}

	/**
	 * Return whether a table was not there.
	 * @param sqlState the SQLSTATE
	 * @return whether the state means that
	 */
	public static boolean isUndefinedTable(@Nullable String sqlState) {
		return UNDEFINED_TABLE.equals(sqlState);
	}

	/**
	 * Return whether another session did the same at the same time, so that another
	 * attempt is worthwhile.
	 * @param sqlState the SQLSTATE
	 * @return whether the state means that
	 */
	public static boolean isRace(@Nullable String sqlState) {
		return sqlState != null && RACE.contains(sqlState);
	}

	/**
	 * Return whether the outcome of the statement is unknown: the connection was lost, or
	 * its backend ended.
	 * @param sqlState the SQLSTATE
	 * @return whether the state means that, or there is none
	 */
	public static boolean isConnectionLost(@Nullable String sqlState) {
		return sqlState == null || sqlState.startsWith(CONNECTION_CLASS) || sqlState.startsWith("57P");
	}

	/**
	 * Return whether a statement was refused because it stood in a transaction, or
	 * because it wanted to end it.
	 * @param sqlState the SQLSTATE
	 * @return whether the state means that
	 */
	public static boolean isRefusedInTransaction(@Nullable String sqlState) {
		return "25001".equals(sqlState) || "2D000".equals(sqlState);
	}

	/**
	 * Return whether a statement gave up waiting for a lock.
	 * @param sqlState the SQLSTATE
	 * @return whether the state means that
	 */
	public static boolean isLockTimeout(@Nullable String sqlState) {
		return LOCK_NOT_AVAILABLE.equals(sqlState);
	}

	/**
	 * Return whether a transaction was given up because others were in its way: a lock
	 * was not granted in time, or it was chosen to end a deadlock or a conflict. Another
	 * attempt may succeed although nothing is changed.
	 * @param sqlState the SQLSTATE
	 * @return whether the state means that
	 */
	public static boolean isContention(@Nullable String sqlState) {
		DatabaseFailure kind = kindOf(sqlState);
		return kind == DatabaseFailure.LOCKED || kind == DatabaseFailure.NOT_SERIALIZABLE;
	}

	/**
	 * Return whether a statement was cancelled: by a timeout of its session, or on
	 * request.
	 * @param sqlState the SQLSTATE
	 * @return whether the state means that
	 */
	public static boolean isCancelled(@Nullable String sqlState) {
		return "57014".equals(sqlState);
	}

	/**
	 * Return whether a session was ended because it took longer than it is allowed to, in
	 * a transaction or without one: another session would be ended likewise.
	 * @param sqlState the SQLSTATE
	 * @return whether the state means that
	 */
	public static boolean isSessionTimeout(@Nullable String sqlState) {
		return "25P03".equals(sqlState) || "25P04".equals(sqlState) || "57P05".equals(sqlState);
	}

	/**
	 * Return whether a connection may have been refused because of an option with which
	 * it started: one that a pooler does not let through, that the server does not have,
	 * or that this login may not set.
	 * @param sqlState the SQLSTATE
	 * @return whether the state means that
	 */
	public static boolean isRefusedStartOption(@Nullable String sqlState) {
		return "08P01".equals(sqlState) || "0A000".equals(sqlState) || "42704".equals(sqlState)
				|| "22023".equals(sqlState) || "42501".equals(sqlState);
	}

}
