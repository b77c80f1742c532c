// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initialization;

import java.sql.SQLException;

import dev.lockkeeper.engine.DatabaseDiagnosis;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.migration.Diagnosis;
import dev.lockkeeper.postgresql.Login;
import dev.lockkeeper.postgresql.SqlStates;
import org.jspecify.annotations.Nullable;

/**
 * A script cannot be executed, or has failed.
 */
final class ScriptException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private static final String CORRECT = "Correct the script. Those that were executed before it are recorded.";

	/** How the process ends, if that does not follow from the database. */
	private final @Nullable ExitStatus status;

	/** The message without SQL. */
	private final String reason;

	/** What to do. */
	private final String action;

	private ScriptException(@Nullable ExitStatus status, String message, String reason, String action,
			@Nullable Throwable cause) {
		super(message, cause);
		this.status = status;
		this.reason = reason;
		this.action = action;
	}

	/**
	 * A statement has failed.
	 * @param number its number in the script, from 1
	 * @param sql the statement, in one line
	 */
	static ScriptException ofStatement(String script, int number, String sql, SQLException failure) {
		String where = "Statement %d of %s".formatted(number, script);
		return new ScriptException(null, "%s, %s: ".formatted(where, sql), where + ": ", CORRECT, failure);
	}

	/**
	 * The scripts cannot be read.
	 */
	static ScriptException ofContent(String initializer, Throwable failure) {
		String message = "The scripts of bean %s cannot be read: %s".formatted(initializer,
				DatabaseDiagnosis.joined(DatabaseDiagnosis.textOf(failure).lines().toList()));
		return new ScriptException(ExitStatus.CHANGELOG, message, message,
				"Put the script where the settings of the bean have it, or correct the settings.", failure);
	}

	/**
	 * A script must not be executed.
	 */
	static ScriptException refused(String message, String action) {
		return new ScriptException(ExitStatus.CHANGELOG, message, message, action, null);
	}

	/**
	 * Return what has failed, in one line without SQL.
	 */
	String toLine() {
		Throwable cause = getCause();
		return this.reason + DatabaseDiagnosis.ofChangeSet((cause != null) ? cause : this, Login.UNKNOWN).reason();
	}

	/**
	 * Explain the failure.
	 */
	Diagnosis explain(Login login) {
		if (this.status != null) {
			return new Diagnosis(this.status, null, String.valueOf(getMessage()), this.action, false);
		}
		Throwable cause = getCause();
		Throwable failure = (cause != null) ? cause : this;
		Diagnosis known = DatabaseDiagnosis.ofRun(failure, login);
		Diagnosis diagnosis = (known != null) ? known : DatabaseDiagnosis.ofChangeSet(failure, login);
		return new Diagnosis(diagnosis.status(), SqlStates.of(failure), getMessage() + diagnosis.message(),
				this.reason + diagnosis.reason(), (known != null) ? diagnosis.action() : this.action,
				diagnosis.passing());
	}

}
