// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * How a change set is named.
 */
class ChangeSetReferenceTests {

	@Test
	void namesFileIdAndAuthor() {
		ChangeSetReference changeSet = new ChangeSetReference("tides", "ann", "db/tides.yaml");
		assertThat(changeSet).hasToString("db/tides.yaml::tides::ann");
		assertThat(changeSet.toShortString()).isEqualTo("'tides' by ann");
	}

	@Test
	void leavesOutWhatTheEngineDoesNotKnow() {
		ChangeSetReference changeSet = new ChangeSetReference("2.1", "", "");
		assertThat(changeSet).hasToString("2.1");
		assertThat(changeSet.toShortString()).isEqualTo("'2.1'");
	}

}
