// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.sql.SQLException;
import java.util.Objects;

import dev.lockkeeper.migration.Diagnosis;
import dev.lockkeeper.postgresql.Login;
import liquibase.exception.DatabaseException;
import liquibase.exception.MigrationFailedException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the failures of Liquibase and of the driver mean.
 */
class LiquibaseFailuresTests {

	// Ledger, endpoint and listeners get the reason, the operator of the process the
	// message
	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '~',
			textBlock = """
					22P02 | ERROR: invalid input syntax for type integer: "hunter" | ERROR: invalid input syntax for type integer: "…
					42601 | ERROR: syntax error at or near "hunter"                | ERROR: syntax error at or near "…
					42P07 | ERROR: relation "tides" already exists                 | ERROR: relation "tides" already exists
					""")
	void theReasonHasNothingThatTheServerQuotedOfAStatement(String sqlState, String line, String reason) {
		SQLException refused = new SQLException(line + "\n  Position: 7", sqlState);
		Diagnosis ofRun = Objects.requireNonNull(LiquibaseFailures.ofRun(new MigrationFailedException(
				new liquibase.changelog.ChangeSet("one", "me", false, false, "file", null, null, null),
				new DatabaseException(line + " [Failed SQL: (0) insert into tides values ('hunter')]", refused)),
				Login.UNKNOWN));
		assertThat(ofRun.message()).isEqualTo(line);
		assertThat(ofRun.reason()).isEqualTo(reason);
		Diagnosis ofRead = Objects
			.requireNonNull(LiquibaseFailures.ofRead(refused, "a database", "history", Login.UNKNOWN));
		assertThat(ofRead.message()).isEqualTo("a database: " + line);
		assertThat(ofRead.reason()).isEqualTo("a database: " + reason);
	}

}
