// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.sql.SQLException;
import java.util.function.Function;

import dev.lockkeeper.engine.DatabaseDiagnosis;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.liquibase.run.LiquibaseTableException;
import dev.lockkeeper.migration.Diagnosis;
import dev.lockkeeper.migration.FailurePolicy;
import dev.lockkeeper.postgresql.ServerMessage;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.redaction.Redaction;
import dev.lockkeeper.schema.MissingSchemaException;
import org.jspecify.annotations.Nullable;

/**
 * Explains failures of the history table and of the lock table. Neither is a failure of a
 * change set, even when its row is what could not be written.
 */
final class LiquibaseTableFailures {

	private static final String NO_SUCH_SCHEMA = "3F000";

	/**
	 * The error code of MySQL and MariaDB for it; their SQLSTATE has many meanings.
	 */
	private static final int UNKNOWN_DATABASE = 1049;

	private static final String TOO_LONG = "22001";

	private LiquibaseTableFailures() {
	}

	/**
	 * Return whether a database reports that a schema does not exist.
	 */
	static boolean isOfMissingSchema(SQLException failure) {
		return NO_SUCH_SCHEMA.equals(SqlStates.of(failure)) || failure.getErrorCode() == UNKNOWN_DATABASE;
	}

	/**
	 * Explain a failure.
	 * @param failure the failure
	 * @param moment the exit status where the failure occurred:
	 * {@link FailurePolicy#onRead} or {@link FailurePolicy#inRun}
	 * @param setting what names the schema of the tables
	 * @param schema the schema of the tables, if a setting names one
	 * @return the explanation, or {@code null} when it is of neither table, or one that a
	 * change set might meet as well: a connection that was lost, a right that is missing
	 */
	static @Nullable Diagnosis of(Throwable failure, Function<FailurePolicy, ExitStatus> moment, String setting,
			@Nullable String schema) {
		LiquibaseTableException ofTable = DatabaseDiagnosis.find(failure, LiquibaseTableException.class);
		SQLException sql = (ofTable != null) ? SqlStates.exceptionIn(ofTable) : null;
		String state = SqlStates.of(sql);
		if (ofTable == null || sql == null || state == null) {
			return null;
		}
		if (schema != null && isOfMissingSchema(sql)) {
			return new Diagnosis(ExitStatus.CONFIG, sql.getSQLState(),
					MissingSchemaException.messageOf(schema, setting), MissingSchemaException.actionOf(schema, setting),
					false)
				.ofNoChangeSet();
		}
		if (moment.apply(FailurePolicy.of(SqlStates.kindOf(state))) != ExitStatus.MIGRATION) {
			return null;
		}
		String line = Redaction.redact(String.valueOf(sql.getMessage()).lines().findFirst().orElse("").strip());
		String subject = "The %s could not be used: ".formatted(ofTable.getTable());
		return diagnose(ofTable, sql, state, subject + line, subject + ServerMessage.withoutValues(state, line))
			.ofNoChangeSet();
	}

	/**
	 * Return whether a failure is one of the history table or of the lock table.
	 */
	static boolean areIn(Throwable failure) {
		return DatabaseDiagnosis.find(failure, LiquibaseTableException.class) != null;
	}

	private static Diagnosis diagnose(LiquibaseTableException failure, SQLException sql, String state, String message,
			String reason) {
		if (failure.isOfRow() && TOO_LONG.equals(state)) {
			return new Diagnosis(ExitStatus.CHANGELOG, sql.getSQLState(), message, reason,
					"Shorten what does not fit its column: the id, the author or the path of the change set.", false);
		}
		if (!failure.isOfRow() && SqlStates.isRace(state)) {
			return new Diagnosis(ExitStatus.TEMPORARY, sql.getSQLState(), message, reason,
					"Start it again: another process has done the same at the same time.", true);
		}
		return new Diagnosis(ExitStatus.CONFIG, sql.getSQLState(), message, reason,
				"See that it is the table that Liquibase creates, without triggers and constraints of others, and in "
						+ "the schema that is meant. The change sets are not at fault.",
				false);
	}

}
