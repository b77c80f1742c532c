// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.intent.UnfinishedException;
import dev.lockkeeper.liquibase.lock.ForeignLockException;
import dev.lockkeeper.migration.Diagnosis;
import dev.lockkeeper.migration.FailurePolicy;
import dev.lockkeeper.postgresql.Login;
import dev.lockkeeper.postgresql.ServerMessage;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.redaction.Redaction;
import dev.lockkeeper.schema.DatabaseFailure;
import liquibase.exception.DuplicateChangeSetException;
import liquibase.exception.LiquibaseException;
import liquibase.exception.LiquibaseParseException;
import liquibase.exception.LockException;
import liquibase.exception.PreconditionErrorException;
import liquibase.exception.PreconditionFailedException;
import liquibase.exception.SetupException;
import liquibase.exception.UnexpectedLiquibaseException;
import liquibase.exception.UnknownChangeLogParameterException;
import liquibase.exception.UnknownChangelogFormatException;
import liquibase.exception.UnsupportedChecksumVersionException;
import liquibase.exception.ValidationFailedException;
import liquibase.precondition.FailedPrecondition;
import org.jspecify.annotations.Nullable;

/**
 * Explains failures of Liquibase, of the driver and of the lock.
 */
final class LiquibaseFailures {

	private static final List<Class<? extends Throwable>> CHANGELOG_FAILURES = List.of(ValidationFailedException.class,
			PreconditionFailedException.class, PreconditionErrorException.class, LiquibaseParseException.class,
			DuplicateChangeSetException.class, UnknownChangeLogParameterException.class,
			UnknownChangelogFormatException.class, SetupException.class, UnsupportedChecksumVersionException.class);

	private LiquibaseFailures() {
	}

	/**
	 * Explain the failure of an inspection. Returns {@code null} when it is of no known
	 * kind.
	 */
	static @Nullable Diagnosis ofRead(Throwable failure, String database, String historyTable, Login login) {
		SQLException sql = SqlStates.exceptionIn(failure);
		if (sql == null) {
			return isOfLiquibase(failure) ? ofChangeLog(failure) : null;
		}
		DatabaseFailure kind = SqlStates.kindOf(sql);
		FailurePolicy policy = FailurePolicy.of(kind);
		return new Diagnosis(policy.onRead(), sql.getSQLState(), "%s: %s".formatted(database, firstLine(sql)),
				"%s: %s".formatted(database, withoutValues(sql)),
				actionOf(policy.onRead(), kind, toRead(historyTable, login.role()), login), policy.passing());
	}

	/**
	 * Explain the failure of a run. Returns {@code null} when it is of no known kind.
	 */
	static @Nullable Diagnosis ofRun(Throwable failure, Login login) {
		UnfinishedException unfinished = find(failure, UnfinishedException.class);
		if (unfinished != null) {
			return new Diagnosis(unfinished.getStatus(), null, allLines(unfinished),
					Redaction.redact(unfinished.getReason()), unfinished.getAction(), false);
		}
		SQLException sql = SqlStates.exceptionIn(failure);
		String reported = (sql != null) ? sql.getSQLState() : null;
		DatabaseFailure kind = SqlStates.kindOf(sql);
		ExitStatus status = FailurePolicy.of(kind).inRun();
		if (sql != null && status != ExitStatus.MIGRATION) {
			return new Diagnosis(status, reported, firstLine(sql), withoutValues(sql),
					actionOf(status, kind, toMigrate(login.role()), login), status == ExitStatus.TEMPORARY);
		}
		ForeignLockException foreign = find(failure, ForeignLockException.class);
		if (foreign != null) {
			return new Diagnosis(ExitStatus.TEMPORARY, null, firstLine(foreign), foreign.getAction(), true);
		}
		if (find(failure, LockException.class) != null) {
			return new Diagnosis(ExitStatus.TEMPORARY, reported, firstLine(root(failure)),
					"Let the other process finish, then start this one again.", true);
		}
		if (isChangeLogFailure(failure)) {
			return ofChangeLog(failure);
		}
		if (sql == null && !isOfLiquibase(failure)) {
			return null;
		}
		Throwable speaking = (sql != null) ? sql : root(failure);
		return new Diagnosis(ExitStatus.MIGRATION, reported, firstLine(speaking), withoutValues(speaking),
				actionOf(ExitStatus.MIGRATION, kind, "", login), false);
	}

	private static Diagnosis ofChangeLog(Throwable failure) {
		Throwable speaking = failure;
		for (Class<? extends Throwable> type : CHANGELOG_FAILURES) {
			Throwable found = find(failure, type);
			if (found != null) {
				speaking = found;
				break;
			}
		}
		if (speaking == failure) {
			speaking = root(failure);
		}
		String reason = (speaking instanceof PreconditionErrorException errors) ? reasonOf(errors)
				: withoutSource(speaking);
		String message = allLines(speaking);
		return new Diagnosis(ExitStatus.CHANGELOG, null, message, reason, ChangeLogAdvice.of(failure, message), false);
	}

	private static String reasonOf(PreconditionErrorException failure) {
		return failure.getErrorPreconditions()
			.stream()
			.map((error) -> "%s: %s".formatted(error.getPrecondition().getName(),
					ServerMessage.withoutValues(SqlStates.of(error.getCause()), firstLine(root(error.getCause())))))
			.collect(Collectors.joining("; "));
	}

	private static boolean isOfLiquibase(Throwable failure) {
		return find(failure, LiquibaseException.class) != null
				|| find(failure, UnexpectedLiquibaseException.class) != null
				|| find(failure, UnsupportedChecksumVersionException.class) != null;
	}

	private static boolean isChangeLogFailure(Throwable failure) {
		return CHANGELOG_FAILURES.stream().anyMatch((type) -> find(failure, type) != null);
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

	static <T extends Throwable> @Nullable T find(Throwable failure, Class<T> type) {
		Throwable candidate = failure;
		while (candidate != null) {
			if (type.isInstance(candidate)) {
				return type.cast(candidate);
			}
			candidate = candidate.getCause();
		}
		return null;
	}

	private static Throwable root(Throwable failure) {
		Throwable root = failure;
		while (root.getCause() != null && !(root instanceof LockException)) {
			root = root.getCause();
		}
		return root;
	}

	private static String firstLine(Throwable failure) {
		return Redaction.redact(textOf(failure).lines().findFirst().orElse("").strip());
	}

	private static String withoutValues(Throwable failure) {
		String line = firstLine(failure);
		String state = (failure instanceof SQLException sql) ? sql.getSQLState() : null;
		return Objects.requireNonNullElse(ServerMessage.withoutValues(state, line), line);
	}

	private static String allLines(Throwable failure) {
		return joined(textOf(failure).lines().toList());
	}

	// A parser of YAML shows the lines at which it stopped, each above one that points
	// there
	private static String withoutSource(Throwable failure) {
		List<String> lines = textOf(failure).lines().toList();
		return joined(IntStream.range(0, lines.size())
			.filter((i) -> !isPointer(lines, i) && !isPointer(lines, i + 1))
			.mapToObj(lines::get)
			.toList());
	}

	private static boolean isPointer(List<String> lines, int i) {
		return i < lines.size() && lines.get(i).strip().equals("^");
	}

	private static String joined(List<String> lines) {
		return Redaction.redact(String.join(" ", lines.stream().map(String::strip).toList()).strip());
	}

	private static String textOf(Throwable failure) {
		// The message of these contains no more than that there was one
		if (failure instanceof PreconditionFailedException failed) {
			return failed.getFailedPreconditions()
				.stream()
				.map(FailedPrecondition::getMessage)
				.collect(Collectors.joining("; "));
		}
		if (failure instanceof PreconditionErrorException errors) {
			return errors.getErrorPreconditions()
				.stream()
				.map((error) -> "%s: %s".formatted(error.getPrecondition().getName(), textOf(root(error.getCause()))))
				.collect(Collectors.joining("; "));
		}
		String message = failure.getMessage();
		return (message != null) ? message.strip() : failure.getClass().getSimpleName();
	}

}
