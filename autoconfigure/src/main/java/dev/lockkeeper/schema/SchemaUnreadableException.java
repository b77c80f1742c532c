// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.redaction.Redaction;
import org.jspecify.annotations.Nullable;

/**
 * A database did not answer, or refused to be read.
 *
 * @since 0.1.0
 */
public class SchemaUnreadableException extends LockkeeperException {

	private static final long serialVersionUID = 1L;

	/** The name of the schema. */
	private final String schema;

	/** The SQLSTATE, if the database gave one. */
	private final @Nullable String sqlState;

	/** What happened, without what the changelog has in it. */
	private final String reason;

	/** Whether the problem may go away by itself. */
	private final boolean passing;

	/**
	 * Create an exception whose message may be shown wherever the state of the schema is
	 * shown.
	 * @param schema the name of the schema
	 * @param status how the process ends when the problem stays
	 * @param sqlState the SQLSTATE, if the database gave one
	 * @param passing whether the problem may go away while a database starts, a password
	 * rotates or a database is created
	 * @param message what happened
	 * @param action what to do
	 * @param cause the cause
	 */
	public SchemaUnreadableException(String schema, ExitStatus status, @Nullable String sqlState, boolean passing,
			String message, String action, @Nullable Throwable cause) {
		this(schema, status, sqlState, passing, message, message, action, cause);
	}

	/**
	 * Create an exception.
	 * @param schema the name of the schema
	 * @param status how the process ends when the problem stays
	 * @param sqlState the SQLSTATE, if the database gave one
	 * @param passing whether the problem may go away while a database starts, a password
	 * rotates or a database is created
	 * @param message what happened
	 * @param reason the same without what the changelog has in it
	 * @param action what to do
	 * @param cause the cause
	 */
	public SchemaUnreadableException(String schema, ExitStatus status, @Nullable String sqlState, boolean passing,
			String message, String reason, String action, @Nullable Throwable cause) {
		super(status, message, action, cause);
		this.schema = schema;
		this.sqlState = sqlState;
		this.reason = reason;
		this.passing = passing;
	}

	/**
	 * Create an exception for a database that accepted a connection and never answered.
	 * @param schema the name of the schema
	 * @return the exception
	 */
	public static SchemaUnreadableException ofSilence(String schema) {
		return new SchemaUnreadableException(schema, ExitStatus.UNAVAILABLE, null, true,
				"The database of schema %s accepted a connection and did not answer.".formatted(schema),
				"Check that the database is up, and what stands between it and this process.", null);
	}

	/**
	 * Return whether a migrator waits for the problem to pass.
	 * @return whether it may go away by itself
	 */
	public boolean isPassing() {
		return this.passing;
	}

	/**
	 * Return whether an operator has to act: a right, a login, a database or a schema is
	 * missing, and it seldom comes by itself.
	 * @return whether it is so
	 */
	public boolean needsOperator() {
		return getStatus() == ExitStatus.PERMISSION || getStatus() == ExitStatus.CONFIG;
	}

	/**
	 * Return what happened, as it may be shown wherever the state of the schema is shown.
	 * @return the message without what the changelog has in it
	 */
	public String getReason() {
		return Redaction.redact(this.reason);
	}

	@Override
	public Verdict toVerdict() {
		return new Verdict(getStatus(), this.schema, null, this.sqlState, getMessage(), getAction(), 0, 0, null);
	}

}
