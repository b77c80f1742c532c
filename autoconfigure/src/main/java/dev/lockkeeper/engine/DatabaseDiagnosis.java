// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.engine;

import java.sql.SQLException;
import java.util.List;
import java.util.Objects;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.intent.UnfinishedException;
import dev.lockkeeper.migration.Diagnosis;
import dev.lockkeeper.migration.FailurePolicy;
import dev.lockkeeper.postgresql.Login;
import dev.lockkeeper.postgresql.ServerMessage;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.redaction.Redaction;
import dev.lockkeeper.schema.DatabaseFailure;
import org.jspecify.annotations.Nullable;

/**
 * Explains what a database has refused, for whatever engine it was. No message has a
 * credential.
 *
 * @since 0.1.0
 */
public final class DatabaseDiagnosis {

	private DatabaseDiagnosis() {
	}

	/**
	 * Explain the failure of an inspection.
	 * @param failure what was thrown
	 * @param database where the database is, for people to read
	 * @param history the name of the history, for people to read
	 * @param login the login
	 * @return the explanation, or {@code null} when the database has refused nothing
	 */
	public static @Nullable Diagnosis ofRead(Throwable failure, String database, String history, Login login) {
		SQLException sql = SqlStates.exceptionIn(failure);
		if (sql == null) {
			return null;
		}
		DatabaseFailure kind = SqlStates.kindOf(sql);
		FailurePolicy policy = FailurePolicy.of(kind);
		return new Diagnosis(policy.onRead(), sql.getSQLState(), "%s: %s".formatted(database, firstLine(sql)),
				"%s: %s".formatted(database, withoutValues(sql)),
				actionOf(policy.onRead(), kind, toRead(history, login.role()), login), policy.passing());
	}

	/**
	 * Explain the failure of a run, unless it is that of a change set.
	 * @param failure what was thrown
	 * @param login the login
	 * @return the explanation, or {@code null} when the change set may be at fault, or
	 * the database has refused nothing
	 */
	public static @Nullable Diagnosis ofRun(Throwable failure, Login login) {
		UnfinishedException unfinished = find(failure, UnfinishedException.class);
		if (unfinished != null) {
			return new Diagnosis(unfinished.getStatus(), null, joined(textOf(unfinished).lines().toList()),
					Redaction.redact(unfinished.getReason()), unfinished.getAction(), false);
		}
		SQLException sql = SqlStates.exceptionIn(failure);
		DatabaseFailure kind = SqlStates.kindOf(sql);
		ExitStatus status = FailurePolicy.of(kind).inRun();
		if (sql == null || status == ExitStatus.MIGRATION) {
			return null;
		}
		return new Diagnosis(status, sql.getSQLState(), firstLine(sql), withoutValues(sql),
				actionOf(status, kind, toMigrate(login.role()), login), status == ExitStatus.TEMPORARY);
	}

	/**
	 * Explain the failure of a change set.
	 * @param failure what was thrown
	 * @param login the login
	 * @return the explanation
	 */
	public static Diagnosis ofChangeSet(Throwable failure, Login login) {
		SQLException sql = SqlStates.exceptionIn(failure);
		Throwable speaking = (sql != null) ? sql : rootOf(failure);
		return new Diagnosis(ExitStatus.MIGRATION, (sql != null) ? sql.getSQLState() : null, firstLine(speaking),
				withoutValues(speaking), actionOf(ExitStatus.MIGRATION, SqlStates.kindOf(sql), "", login), false);
	}

	// The advice when the catalog does not show what the role lacks
	private static String toRead(String historyTable, String role) {
		return "Let the role read the history: GRANT SELECT ON %s TO %s, and let it use the schema of that table."
			.formatted(historyTable, role);
	}

	private static String toMigrate(String role) {
		return ("Grant %s the right that the message names. To migrate it must be allowed to create tables, and it "
				+ "must have the rights of the owner of what it alters: migrate as that owner, or as a member of it.")
			.formatted(role);
	}

	private static String actionOf(ExitStatus status, DatabaseFailure kind, String grants, Login login) {
		return switch (status) {
			case UNAVAILABLE -> actionOfUnavailable(kind, login);
			case PERMISSION -> (kind == DatabaseFailure.MISSING_RIGHT) ? grants : "Check the user and the password.";
			case CONFIG -> "Check the name of the database in the URL. If it is right, create the database.";
			case TEMPORARY -> actionOfTemporary(kind, login);
			default -> "Correct the change set. Those that ran before it are recorded and will not run again.";
		};
	}

	private static String actionOfUnavailable(DatabaseFailure kind, Login login) {
		if (kind == DatabaseFailure.NOT_SUPPORTED) {
			return "A standby has no serializable transactions: point the URL to the primary, or let this role ask for "
					+ "others: %s.".formatted(login.toSet("default_transaction_isolation = 'read committed'"));
		}
		if (kind == DatabaseFailure.NOT_SERIALIZABLE) {
			return "Start it again: others were in the way. On a standby, see its max_standby_streaming_delay.";
		}
		return "Check that the database is up and that its URL is right.";
	}

	private static String actionOfTemporary(DatabaseFailure kind, Login login) {
		if (kind == DatabaseFailure.READ_ONLY) {
			return "Point the URL to the primary, or wait until a failover is over; then start it again. If it is the "
					+ "primary, something has set default_transaction_read_only: see whether its disk is full. If it "
					+ "was set to let this role read only, execute, in a session that may write (in the database postgres, "
					+ "say): %s.".formatted(login.toSet("default_transaction_read_only = off"));
		}
		if (kind == DatabaseFailure.SHORTAGE || kind == DatabaseFailure.TOO_MANY_CONNECTIONS) {
			return "Make room, then start it again: it goes on where it stopped.";
		}
		return "Start it again: it goes on where it stopped.";
	}

	/**
	 * Find a failure among the causes of another one.
	 * @param <T> the type
	 * @param failure the other one
	 * @param type the type
	 * @return the first of that type, or {@code null}
	 */
	public static <T extends Throwable> @Nullable T find(Throwable failure, Class<T> type) {
		Throwable candidate = failure;
		while (candidate != null) {
			if (type.isInstance(candidate)) {
				return type.cast(candidate);
			}
			candidate = candidate.getCause();
		}
		return null;
	}

	/**
	 * Return the innermost cause of a failure.
	 * @param failure the failure
	 * @return the cause, or the failure itself
	 */
	public static Throwable rootOf(Throwable failure) {
		Throwable root = failure;
		while (root.getCause() != null) {
			root = root.getCause();
		}
		return root;
	}

	/**
	 * Return the message of a failure.
	 * @param failure the failure
	 * @return the message, or the type of a failure that has none
	 */
	public static String textOf(Throwable failure) {
		String message = failure.getMessage();
		return (message != null) ? message.strip() : failure.getClass().getSimpleName();
	}

	/**
	 * Join the lines of a message to one, without credentials.
	 * @param lines the lines
	 * @return one line
	 */
	public static String joined(List<String> lines) {
		return Redaction.redact(String.join(" ", lines.stream().map(String::strip).toList()).strip());
	}

	private static String firstLine(Throwable failure) {
		return Redaction.redact(textOf(failure).lines().findFirst().orElse("").strip());
	}

	private static String withoutValues(Throwable failure) {
		String line = firstLine(failure);
		String state = (failure instanceof SQLException sql) ? sql.getSQLState() : null;
		return Objects.requireNonNullElse(ServerMessage.withoutValues(state, line), line);
	}

}
