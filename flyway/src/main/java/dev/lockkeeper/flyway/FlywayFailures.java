// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import java.util.regex.Pattern;

import dev.lockkeeper.engine.DatabaseDiagnosis;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.migration.Diagnosis;
import dev.lockkeeper.postgresql.Login;
import dev.lockkeeper.postgresql.SqlStates;
import org.flywaydb.core.api.CoreErrorCode;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.internal.exception.FlywayMigrateException;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * Explains failures of Flyway, of the driver and of the lock.
 */
final class FlywayFailures {

	/**
	 * What the message has of a Flyway that has waited for another one. It has no error
	 * code of its own.
	 */
	private static final String LOCKED = "acquire PostgreSQL advisory lock";

	private static final Pattern ADDRESS = Pattern.compile("(^|(?<=[.!?]))[^.!?]*https://\\S*");

	private FlywayFailures() {
	}

	/**
	 * Explain the failure of an inspection. Returns {@code null} when it is of no known
	 * kind.
	 */
	static @Nullable Diagnosis ofRead(Throwable failure, String database, String history, Login login) {
		Diagnosis diagnosis = DatabaseDiagnosis.ofRead(failure, database, history, login);
		return (diagnosis != null) ? diagnosis : ofMigrations(failure);
	}

	/**
	 * Explain the failure of a run. Returns {@code null} when it is of no known kind.
	 */
	static @Nullable Diagnosis ofRun(Throwable failure, Login login) {
		RemainingMigrationsException remaining = DatabaseDiagnosis.find(failure, RemainingMigrationsException.class);
		if (remaining != null) {
			return new Diagnosis(ExitStatus.MIGRATION, null, String.valueOf(remaining.getMessage()),
					remaining.getAction(), false)
				.ofNoChangeSet();
		}
		Diagnosis ofDatabase = DatabaseDiagnosis.ofRun(failure, login);
		if (ofDatabase != null) {
			return ofDatabase;
		}
		if (DatabaseDiagnosis.find(failure, FlywayMigrateException.class) != null
				|| SqlStates.exceptionIn(failure) != null) {
			return isOfHistory(failure) ? ofMigrations(failure) : DatabaseDiagnosis.ofChangeSet(failure, login);
		}
		return ofMigrations(failure);
	}

	/**
	 * Return what Flyway has against its settings, when its bean could not be created.
	 * Returns {@code null} when it is another failure.
	 */
	static @Nullable String ofSettings(Throwable failure) {
		FlywayException flyway = DatabaseDiagnosis.find(failure, FlywayException.class);
		return (flyway != null && SqlStates.exceptionIn(failure) == null) ? textOf(flyway) : null;
	}

	// Flyway refuses to go on with a row of an earlier failure, and with a group that it
	// cannot execute at once
	private static boolean isOfHistory(Throwable failure) {
		return SqlStates.exceptionIn(failure) == null
				&& DatabaseDiagnosis.rootOf(failure) instanceof FlywayMigrateException;
	}

	private static @Nullable Diagnosis ofMigrations(Throwable failure) {
		FlywayException flyway = DatabaseDiagnosis.find(failure, FlywayException.class);
		if (flyway == null) {
			return null;
		}
		Throwable speaking = (DatabaseDiagnosis.rootOf(flyway) instanceof FlywayException root) ? root : flyway;
		String message = textOf(speaking);
		if (message.contains(LOCKED)) {
			return new Diagnosis(ExitStatus.TEMPORARY, null,
					"A Flyway that is not governed has held its lock to the end: " + message,
					"Let the other process finish, then start this one again. spring.flyway.lock-retry-count is how many "
							+ "seconds Flyway waits for it.",
					true)
				.ofNoChangeSet();
		}
		if (flyway.getErrorCode() == CoreErrorCode.NON_EMPTY_SCHEMA_WITHOUT_SCHEMA_HISTORY_TABLE) {
			return new Diagnosis(ExitStatus.CONFIG, null, message,
					"If what is there belongs to the first migrations, set spring.flyway.baseline-on-migrate=true and "
							+ "spring.flyway.baseline-version to the last of them; to 0 if it belongs to none. Or give "
							+ "Flyway a schema of its own: spring.flyway.schemas.",
					false)
				.ofNoChangeSet();
		}
		return new Diagnosis(ExitStatus.CHANGELOG, null, message, actionOf(message), false).ofNoChangeSet();
	}

	// Flyway's text may end with an address of its vendor, and with an exclamation mark
	private static String textOf(Throwable failure) {
		String text = DatabaseDiagnosis.joined(DatabaseDiagnosis.textOf(failure)
			.lines()
			.map(FlywayFailures::withoutAddress)
			.filter(StringUtils::hasText)
			.toList());
		return StringUtils.trimTrailingCharacter(text, '!');
	}

	private static String withoutAddress(String line) {
		if (!line.contains("https://")) {
			return line;
		}
		String rest = ADDRESS.matcher(line).replaceFirst("").strip();
		return rest.endsWith("?") ? "" : rest;
	}

	private static String actionOf(String message) {
		if (message.contains("failed migration") || message.contains("failed repeatable migration")) {
			return "See what the failed migration has left behind, and complete or undo it by hand. Then remove its row "
					+ "from the history, the one whose success is false: flyway repair does so; and run the migration.";
		}
		if (message.contains("mismatch")) {
			return "Put the migration back as it was when it was executed, and put corrections into a new one. If the "
					+ "database is right as it is, let flyway repair write what the code has.";
		}
		if (message.contains("not applied to database")) {
			return "Give the migration a version above those that were executed. Or allow it to be executed late: "
					+ "spring.flyway.out-of-order=true.";
		}
		if (message.contains("not resolved locally")) {
			return "Put the migration back, or let Flyway ignore that it is missing: "
					+ "spring.flyway.ignore-migration-patterns=*:missing.";
		}
		return "Correct the migrations or the settings of Flyway.";
	}

	/**
	 * Return what to check when a run ends without a failure, and migrations remain.
	 */
	static String remainAdvice(FlywayBean bean) {
		String custom = bean.getCustom();
		return (custom != null)
				? "See why %s leaves them out: it decides what Flyway does. A strategy that does not migrate, or only validates, is not needed any more: remove it, and let lockkeeper.mode decide which process migrates."
					.formatted(custom)
				: "See why Flyway leaves them out: the log of Flyway has the reason.";
	}

}
