// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.time.Instant;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link TimesBlocked}.
 */
class TimesBlockedTests {

	private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.678901Z");

	@Test
	void theLastTimeHasItsChangeSet() {
		TimesBlocked once = TimesBlocked.NONE
			.and(new LockContention(1, new ChangeSetReference("1", "me", "f"), "did not get a lock", NOW));
		assertThat(once.inWords()).isEqualTo("once");
		assertThat(once.last())
			.isEqualTo("Attempt 1 of change set f::1::me at 2026-01-02T03:04:05.678Z: it did not get a lock");
		TimesBlocked twice = once.and(new LockContention(2, null, "was chosen to end a deadlock", NOW));
		assertThat(twice.inWords()).isEqualTo("2 times");
		assertThat(twice.last()).isEqualTo("Attempt 2 at 2026-01-02T03:04:05.678Z: it was chosen to end a deadlock");
	}

	@Test
	void hasNoCredential() {
		assertThat(new TimesBlocked(1, "application jdbc:postgresql://host/db?password=hunter2").last())
			.doesNotContain("hunter2");
	}

}
