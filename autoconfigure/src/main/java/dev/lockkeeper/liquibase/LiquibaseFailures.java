// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import dev.lockkeeper.engine.DatabaseDiagnosis;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.liquibase.lock.ForeignLockException;
import dev.lockkeeper.migration.Diagnosis;
import dev.lockkeeper.postgresql.Login;
import dev.lockkeeper.postgresql.ServerMessage;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.redaction.Redaction;
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
		Diagnosis diagnosis = DatabaseDiagnosis.ofRead(failure, database, historyTable, login);
		return (diagnosis == null && isOfLiquibase(failure)) ? ofChangeLog(failure) : diagnosis;
	}

	/**
	 * Explain the failure of a run. Returns {@code null} when it is of no known kind.
	 */
	static @Nullable Diagnosis ofRun(Throwable failure, Login login) {
		Diagnosis ofDatabase = DatabaseDiagnosis.ofRun(failure, login);
		if (ofDatabase != null) {
			return ofDatabase;
		}
		ForeignLockException foreign = DatabaseDiagnosis.find(failure, ForeignLockException.class);
		if (foreign != null) {
			return new Diagnosis(ExitStatus.TEMPORARY, null, firstLine(foreign), foreign.getAction(), true);
		}
		SQLException sql = SqlStates.exceptionIn(failure);
		if (DatabaseDiagnosis.find(failure, LockException.class) != null) {
			return new Diagnosis(ExitStatus.TEMPORARY, (sql != null) ? sql.getSQLState() : null,
					firstLine(root(failure)), "Let the other process finish, then start this one again.", true);
		}
		if (isChangeLogFailure(failure)) {
			return ofChangeLog(failure);
		}
		return (sql != null || isOfLiquibase(failure)) ? DatabaseDiagnosis.ofChangeSet(failure, login) : null;
	}

	private static Diagnosis ofChangeLog(Throwable failure) {
		Throwable speaking = failure;
		for (Class<? extends Throwable> type : CHANGELOG_FAILURES) {
			Throwable found = DatabaseDiagnosis.find(failure, type);
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
		return DatabaseDiagnosis.find(failure, LiquibaseException.class) != null
				|| DatabaseDiagnosis.find(failure, UnexpectedLiquibaseException.class) != null
				|| DatabaseDiagnosis.find(failure, UnsupportedChecksumVersionException.class) != null;
	}

	private static boolean isChangeLogFailure(Throwable failure) {
		return CHANGELOG_FAILURES.stream().anyMatch((type) -> DatabaseDiagnosis.find(failure, type) != null);
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

	private static String allLines(Throwable failure) {
		return DatabaseDiagnosis.joined(textOf(failure).lines().toList());
	}

	// A parser of YAML shows the lines at which it stopped, each above one that points
	// there
	private static String withoutSource(Throwable failure) {
		List<String> lines = textOf(failure).lines().toList();
		return DatabaseDiagnosis.joined(IntStream.range(0, lines.size())
			.filter((i) -> !isPointer(lines, i) && !isPointer(lines, i + 1))
			.mapToObj(lines::get)
			.toList());
	}

	private static boolean isPointer(List<String> lines, int i) {
		return i < lines.size() && lines.get(i).strip().equals("^");
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
		return DatabaseDiagnosis.textOf(failure);
	}

}
