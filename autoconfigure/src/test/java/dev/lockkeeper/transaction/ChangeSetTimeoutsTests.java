// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.time.Duration;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.schema.ChangeSetReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link ChangeSetTimeouts}.
 */
class ChangeSetTimeoutsTests {

	private static final ChangeSetReference CHANGE_SET = new ChangeSetReference("1", "me", "changelog.sql");

	@ParameterizedTest
	@ValueSource(strings = { "", "adds the length", "see lockkeeper: its page", "-- a ship\n/* lock-timeout=1s */" })
	void aCommentWithoutALineForLockkeeperSetsNothing(String comment) {
		assertThat(ChangeSetTimeouts.of(CHANGE_SET, comment)).isEqualTo(ChangeSetTimeouts.NONE);
	}

	@ParameterizedTest
	@ValueSource(strings = { "lockkeeper: lock-timeout=10s, statement-timeout=1min",
			"lockkeeper:lock-timeout=10000 statement-timeout=60s",
			"-- lockkeeper: lock-timeout = 10s , statement-timeout = 1m",
			"Adds it.\n  lockkeeper: lock-timeout=10s\r\n * LOCKKEEPER: statement-timeout=PT1M\nMore." })
	void aLineSetsTheTimeouts(String comment) {
		assertThat(ChangeSetTimeouts.of(CHANGE_SET, comment))
			.isEqualTo(new ChangeSetTimeouts(Duration.ofSeconds(10), Duration.ofMinutes(1)));
	}

	@Test
	void zeroIsATimeout() {
		assertThat(ChangeSetTimeouts.of(CHANGE_SET, "lockkeeper: lock-timeout=0"))
			.isEqualTo(new ChangeSetTimeouts(Duration.ZERO, null));
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "lock-timeout", "lock-timeout=", "lock-timeout=soon", "lock-timeout=-1s", "lock-timeout=30d",
					"locktimeout=1s", "lock_timeout=1s", "", "lock-timeout=1s;", "lock-timeout=1s, please" })
	void aLineThatCannotBeUnderstoodIsRefused(String settings) {
		assertThatExceptionOfType(ChangeSetCommentException.class)
			.isThrownBy(() -> ChangeSetTimeouts.of(CHANGE_SET, "lockkeeper: " + settings))
			.withMessageContaining("changelog.sql::1::me")
			.satisfies((ex) -> assertThat(ex.getStatus()).isEqualTo(ExitStatus.CHANGELOG));
	}

}
