// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.Verdict;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The failure names the setting and the statement that creates the schema.
 */
class MissingSchemaExceptionTests {

	@Test
	void namesTheSettingAndTheStatementAndIsNotWaitedForByAMigrator() {
		MissingSchemaException missing = new MissingSchemaException("liquibase", "\"My App\"", "a setting");
		assertThat(missing.isPassing()).isFalse();
		assertThat(missing.toVerdict()).isEqualTo(new Verdict(ExitStatus.CONFIG, "liquibase", null, null,
				"The database schema \"My App\" does not exist: a setting names it.",
				"Create it: CREATE SCHEMA \"My App\"; and let the role that migrates own it, or grant that role USAGE "
						+ "and CREATE on it. If the name is wrong, correct a setting.",
				0, 0, null));
	}

}
