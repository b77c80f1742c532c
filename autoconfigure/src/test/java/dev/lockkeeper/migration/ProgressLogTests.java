// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import dev.lockkeeper.schema.ChangeSetReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is logged of a long run.
 */
@ExtendWith(OutputCaptureExtension.class)
class ProgressLogTests {

	private static final Duration INTERVAL = Duration.ofMillis(500);

	// The two clocks that are compared may differ a little
	private static final Duration EARLIEST = INTERVAL.minusMillis(20);

	private static final ProgressReport.State STATE = new ProgressReport.State("liquibase", 37, 120,
			new ChangeSetReference("2026-03-add-index", "me", "file"), Duration.ofSeconds(42));

	@Test
	void howManyOfHowManyAndWhichForHowLong() {
		assertThat(STATE)
			.hasToString("37/120 change sets, 31 %, '2026-03-add-index' running for 42 s (schema liquibase)");
	}

	@Test
	void nothingIsDoneBeforeItIs() {
		assertThat(new ProgressReport.State("liquibase", 999, 1000, null, Duration.ZERO)).asString()
			.startsWith("999/1000 change sets, 99 %");
	}

	@Test
	void aChangeSetThatAlwaysRunsCountsOnceItHasRun() {
		assertThat(new ProgressReport.State("liquibase", 2, 1, null, Duration.ZERO))
			.hasToString("2/2 change sets, 100 %, between two change sets (schema liquibase)");
		assertThat(new ProgressReport.State("liquibase", 0, 0, null, Duration.ZERO).toString()).startsWith("0/0");
	}

	@Test
	void itIsLoggedOnceInEachIntervalAndNotBefore(CapturedOutput output) {
		List<Instant> logged = new CopyOnWriteArrayList<>();
		Instant began = Instant.now();
		try (ProgressReport.Showing showing = new ProgressLog(INTERVAL).begin(() -> {
			logged.add(Instant.now());
			return STATE;
		})) {
			Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> linesIn(output) >= 2);
		}
		assertThat(logged).hasSizeGreaterThanOrEqualTo(2);
		assertThat(Duration.between(began, logged.get(0))).isGreaterThanOrEqualTo(EARLIEST);
		assertThat(Duration.between(logged.get(0), logged.get(1))).isGreaterThanOrEqualTo(EARLIEST);
	}

	private static long linesIn(CapturedOutput output) {
		return output.getOut()
			.lines()
			.filter((line) -> line
				.endsWith("lockkeeper - 37/120 change sets, 31 %, '2026-03-add-index' running for 42 s "
						+ "(schema liquibase)"))
			.count();
	}

}
