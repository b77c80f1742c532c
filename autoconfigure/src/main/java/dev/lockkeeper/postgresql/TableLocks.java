// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.util.List;
import java.util.regex.Pattern;

/**
 * Which locks SQL takes on the tables that are there already, as far as its text shows
 * it. What the text does not show counts as strong.
 *
 * @since 0.1.0
 */
public enum TableLocks {

	/**
	 * None that is stronger than ROW EXCLUSIVE, so that tables can be read and written
	 * beside it.
	 */
	WEAK,

	/** A stronger one, or it is not known. */
	STRONG,

	/**
	 * As strong, and locks on rows as well, or it is not known: a block, a call of a
	 * procedure, or several statements that are sent as one.
	 */
	STRONG_WITH_ROWS;

	private static final int FLAGS = Pattern.CASE_INSENSITIVE | Pattern.DOTALL;

	private static final Pattern DATA = Pattern
		.compile("[( ]*(SELECT|WITH|VALUES|TABLE|INSERT|UPDATE|DELETE|MERGE|COPY)\\b.*", FLAGS);

	private static final Pattern SESSION = Pattern.compile(
			"(EXPLAIN|SET|RESET|SHOW|BEGIN|START|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE|PREPARE|EXECUTE"
					+ "|DEALLOCATE|DECLARE|FETCH|MOVE|CLOSE|LISTEN|UNLISTEN|NOTIFY|DISCARD|LOAD|CHECKPOINT)\\b.*",
			FLAGS);

	private static final Pattern BEGINS = Pattern
		.compile("(BEGIN|START|SET TRANSACTION|SET SESSION CHARACTERISTICS)\\b.*", FLAGS);

	// What refers to a table, or becomes a part of one, locks that table. A schema can be
	// created with what is in it
	private static final Pattern CREATES = Pattern.compile("CREATE (OR REPLACE )?(FUNCTION|PROCEDURE)\\b.*"
			+ "|CREATE (SEQUENCE|TYPE|DOMAIN|VIEW|MATERIALIZED VIEW)\\b.*" + "|CREATE SCHEMA\\b(?!.*\\bCREATE\\b).*"
			+ "|CREATE ((GLOBAL |LOCAL )?TEMP(ORARY)? |UNLOGGED )?(TABLE|VIEW)\\b"
			+ "(?!.*\\b(REFERENCES|PARTITION OF|INHERITS)\\b).*", FLAGS);

	private static final Pattern GRANTS = Pattern.compile("(GRANT|REVOKE|ALTER DEFAULT PRIVILEGES)\\b.*", FLAGS);

	private static final Pattern LOCKS_WEAKLY = Pattern
		.compile("LOCK\\b.*\\bIN (ACCESS SHARE|ROW SHARE|ROW EXCLUSIVE) MODE( NOWAIT)?", FLAGS);

	// Of a block, what its words show. A function that it calls counts as in a SELECT
	private static final Pattern CHANGES_DATA = Pattern.compile(
			"DO\\b(?!.*\\b(ALTER|CREATE|DROP|TRUNCATE|LOCK|EXECUTE|CALL|REINDEX|CLUSTER|REFRESH|ANALYZE|COMMENT|REASSIGN"
					+ "|SECURITY LABEL|LANGUAGE (?!'?plpgsql\\b))\\b).*",
			FLAGS);

	private static final Pattern BLOCK = Pattern
		.compile("DO\\b.*\\b(INSERT|UPDATE|DELETE|MERGE|SHARE|CALL|PERFORM|EXECUTE)\\b.*", FLAGS);

	private static final Pattern CALL = Pattern.compile("CALL\\b.*", FLAGS);

	/**
	 * Find out which locks SQL takes.
	 * @param sql the SQL, as it is sent to the server
	 * @return the locks
	 */
	public static TableLocks of(SqlText sql) {
		List<String> statements = sql.statements();
		if (statements.stream().allMatch(TableLocks::isWeak)) {
			return WEAK;
		}
		boolean rows = statements.stream().anyMatch((statement) -> matches(statement, DATA, BLOCK, CALL));
		return rows ? STRONG_WITH_ROWS : STRONG;
	}

	/**
	 * Return whether SQL begins with what must be the first statement of a transaction.
	 * @param sql the SQL
	 * @return whether nothing may be executed before it in its transaction
	 */
	public static boolean mustBeFirst(SqlText sql) {
		return !sql.statements().isEmpty() && matches(sql.statements().get(0), BEGINS);
	}

	/**
	 * Return whether a statement that takes these locks takes one for which others wait.
	 * @return whether it does, or that is not known
	 */
	public boolean isStrong() {
		return this != WEAK;
	}

	private static boolean isWeak(String statement) {
		return matches(statement, DATA, SESSION, CREATES, GRANTS, LOCKS_WEAKLY, CHANGES_DATA);
	}

	private static boolean matches(String statement, Pattern... patterns) {
		for (Pattern pattern : patterns) {
			if (pattern.matcher(statement).matches()) {
				return true;
			}
		}
		return false;
	}

}
