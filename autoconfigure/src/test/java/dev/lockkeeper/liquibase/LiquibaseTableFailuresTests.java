// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.sql.SQLException;
import java.util.Objects;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.liquibase.run.LiquibaseTableException;
import dev.lockkeeper.migration.Diagnosis;
import dev.lockkeeper.migration.FailurePolicy;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A failure of the history table means what the database means by it, whichever it is.
 */
class LiquibaseTableFailuresTests {

	/**
	 * The states and codes are those of the documentation of MariaDB, of H2's
	 * {@code ErrorCode}, and of HSQLDB's.
	 */
	@ParameterizedTest
	@CsvSource({ "HY000, 1205", "70100, 1927", "HY000, 1290", "42000, 1142", "HYT00, 50200", "90067, 90067",
			"90098, 90098", "90121, 90121", "90096, 90096" })
	void aFailureThatAChangeSetMightMeetIsNoneOfTheTable(String state, int code) {
		assertThat(inRun(state, code)).isNull();
	}

	@ParameterizedTest
	@CsvSource({ "57014, 0", "0A000, 0", "25P03, 0", "70100, 1317" })
	void aPassingFailureOfAReadIsNoneOfTheTable(String state, int code) {
		assertThat(LiquibaseTableFailures.of(ofHistory(state, code), FailurePolicy::onRead, "a setting", null))
			.isNull();
	}

	@ParameterizedTest
	@CsvSource({ "42501, -5501", "42S02, 1146", "42P01, 0" })
	void aTableThatIsGoneIsAMatterOfConfiguration(String state, int code) {
		Diagnosis diagnosis = Objects.requireNonNull(inRun(state, code));
		assertThat(diagnosis.status()).isEqualTo(ExitStatus.CONFIG);
		assertThat(diagnosis.ofChangeSet()).isFalse();
		assertThat(diagnosis.sqlState()).isEqualTo(state);
	}

	@ParameterizedTest
	@CsvSource({ "23505, 0", "23000, 1062", "23505, 23505" })
	void aRaceIsTemporary(String state, int code) {
		Diagnosis diagnosis = Objects.requireNonNull(LiquibaseTableFailures.of(
				LiquibaseTableException.ofLock("databasechangeloglock", new SQLException("refused", state, code)),
				FailurePolicy::inRun, "a setting", null));
		assertThat(diagnosis.status()).isEqualTo(ExitStatus.TEMPORARY);
	}

	@ParameterizedTest
	@CsvSource({ "3F000, 0", "90079, 90079", "3F000, -4850", "42000, 1049" })
	void aSchemaThatIsMissingIsNamed(String state, int code) {
		Diagnosis diagnosis = Objects.requireNonNull(
				LiquibaseTableFailures.of(ofHistory(state, code), FailurePolicy::inRun, "my setting", "fleet"));
		assertThat(diagnosis.status()).isEqualTo(ExitStatus.CONFIG);
		assertThat(diagnosis.message()).contains("fleet", "my setting");
	}

	@Test
	void anotherFailureIsNoneOfTheTable() {
		SQLException failure = new SQLException("no such table", "42P01");
		assertThat(LiquibaseTableFailures.of(failure, FailurePolicy::inRun, "a setting", null)).isNull();
		assertThat(LiquibaseTableFailures.areIn(failure)).isFalse();
		assertThat(LiquibaseTableFailures.areIn(new IllegalStateException(ofHistory("42501", 0)))).isTrue();
	}

	private static @Nullable Diagnosis inRun(String state, int code) {
		return LiquibaseTableFailures.of(ofHistory(state, code), FailurePolicy::inRun, "a setting", null);
	}

	private static LiquibaseTableException ofHistory(String state, int code) {
		return LiquibaseTableException.ofHistory("databasechangelog", true, new SQLException("refused", state, code));
	}

}
