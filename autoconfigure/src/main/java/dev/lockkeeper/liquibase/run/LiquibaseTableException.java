// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase.run;

import liquibase.exception.DatabaseException;

/**
 * The history table or the lock table of Liquibase could not be created, read or written.
 *
 * @since 0.1.0
 */
public class LiquibaseTableException extends DatabaseException {

	private static final long serialVersionUID = 1L;

	/** The table. */
	private final String table;

	/** Whether the row of a change set could not be written. */
	private final boolean row;

	/**
	 * Create an exception.
	 * @param table what the table is for, and its qualified name
	 * @param row whether the row of a change set could not be written
	 * @param cause what the database has reported
	 */
	LiquibaseTableException(String table, boolean row, Throwable cause) {
		super(cause);
		this.table = table;
		this.row = row;
	}

	/**
	 * Create an exception for the history table.
	 * @param table its qualified name
	 * @param row whether the row of a change set could not be written
	 * @param cause what the database has reported
	 * @return the exception
	 */
	public static LiquibaseTableException ofHistory(String table, boolean row, Throwable cause) {
		return new LiquibaseTableException("history table " + table, row, cause);
	}

	/**
	 * Create an exception for the lock table.
	 * @param table its qualified name
	 * @param cause what the database has reported
	 * @return the exception
	 */
	public static LiquibaseTableException ofLock(String table, Throwable cause) {
		return new LiquibaseTableException("lock table " + table, false, cause);
	}

	/**
	 * Return the table.
	 * @return what it is for, and its qualified name
	 */
	public String getTable() {
		return this.table;
	}

	/**
	 * Return whether the row of a change set could not be written.
	 * @return whether it was a row, and not the table
	 */
	public boolean isOfRow() {
		return this.row;
	}

}
