// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.time.Instant;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class RunEndTests {

	@ParameterizedTest
	@CsvSource({ "DONE, false, false, false", "TEMPORARY, true, false, false", "UNAVAILABLE, true, false, false",
			"TERMINATED, true, false, false", "MIGRATION, false, true, false", "CHANGELOG, false, true, false",
			"PERMISSION, false, true, false", "CONFIG, false, true, false", "UNFORESEEN, false, true, false",
			"CRASHED, false, false, true" })
	void whatPassesAndWhatFailsForGood(String status, boolean passing, boolean failure, boolean crash) {
		RunEnd end = RunEnd.read(status, null, 0, null, null, null, null, Instant.EPOCH, Instant.EPOCH);
		assertThat(end.isRetryable()).isEqualTo(passing);
		assertThat(end.isFailure()).isEqualTo(failure);
		assertThat(end.isCrash()).isEqualTo(crash);
	}

}
