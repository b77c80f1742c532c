// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.Verdict;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class SchemaUnreadableExceptionTests {

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void saysWhetherWaitingMayHelp(boolean passing) {
		assertThat(exception(passing).isPassing()).isEqualTo(passing);
	}

	@Test
	void theVerdictNamesTheSchemaAndWhatTheDatabaseSaid() {
		assertThat(exception(true).toVerdict()).isEqualTo(
				new Verdict(ExitStatus.PERMISSION, "liquibase", null, "42501", "Refused.", "Grant it.", 0, 0, null));
	}

	@Test
	void theReasonIsLessThanTheMessage() {
		assertThat(exception(true).getReason()).isEqualTo("Refused.");
		SchemaUnreadableException failure = new SchemaUnreadableException("liquibase", ExitStatus.CHANGELOG, null,
				false, "Broken: create table", "Broken", "Mend it.", null);
		assertThat(failure.getReason()).isEqualTo("Broken");
		assertThat(failure).hasMessage("Broken: create table");
	}

	private static SchemaUnreadableException exception(boolean passing) {
		return new SchemaUnreadableException("liquibase", ExitStatus.PERMISSION, "42501", passing, "Refused.",
				"Grant it.", null);
	}

}
