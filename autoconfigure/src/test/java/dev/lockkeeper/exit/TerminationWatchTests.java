// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.mock.env.MockEnvironment;
import org.springframework.test.util.ReflectionTestUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The watch, with its shutdown hook called in place of a real shutdown.
 */
class TerminationWatchTests {

	private static final Duration LONG = Duration.ofHours(1);

	private static final Duration SHORT = Duration.ofMillis(1);

	private static final Verdict MIDDLE = Verdict.of(ExitStatus.TERMINATED, "In the middle.", "Start it again.");

	private final UsageException failure = new UsageException("No.", "Do not.");

	@TempDir
	private Path directory;

	private Path file;

	private TerminationMessage message;

	@BeforeEach
	void setUp() {
		this.file = this.directory.resolve("message");
		this.message = TerminationMessage
			.from(new MockEnvironment().withProperty(TerminationMessage.PATH_PROPERTY, this.file.toString()));
	}

	@Test
	void watchesTheEndOfTheProcessUntilTheWorkIsOver() {
		TerminationWatch watch = watch(LONG);
		assertThat(Runtime.getRuntime().removeShutdownHook(hookOf(watch))).isTrue();
		TerminationWatch closed = watch(LONG);
		closed.close();
		assertThat(Runtime.getRuntime().removeShutdownHook(hookOf(closed))).isFalse();
	}

	@Test
	void workThatIsDoneLeavesNoVerdict() {
		TerminationWatch watch = watch(LONG);
		watch.close();
		endProcess(watch);
		assertThat(this.file).doesNotExist();
	}

	@Test
	void workThatBrokeOffLeavesItsVerdict() {
		TerminationWatch watch = watch(LONG);
		watch.failed(this.failure);
		watch.close();
		endProcess(watch);
		assertThat(this.file).hasContent(this.failure.toVerdict().toJson());
	}

	@Test
	void workThatDoesNotStopInTimeLeavesTheVerdictThatItEndedInTheMiddle() {
		try (TerminationWatch watch = watch(SHORT)) {
			endProcess(watch);
			assertThat(this.file).hasContent(MIDDLE.toJson());
		}
	}

	@Test
	void workThatBrokeOffAndDoesNotStopInTimeLeavesItsOwnVerdict() {
		try (TerminationWatch watch = watch(SHORT)) {
			watch.failed(this.failure);
			endProcess(watch);
			assertThat(this.file).hasContent(this.failure.toVerdict().toJson());
		}
	}

	@Test
	void aProcessInAnUnknownStageStillReportsThatItWasAskedToEnd() {
		try (TerminationWatch watch = new TerminationWatch(this.message, SHORT, () -> {
			throw new IllegalStateException();
		})) {
			endProcess(watch);
			assertThat(this.file).content().contains("\"code\":143", "ended in the middle");
		}
	}

	@Test
	void aProcessThatIsAskedToEndNamesItsSchema() {
		assertThat(new TerminatedException("schema", "what").toVerdict()).isEqualTo(new Verdict(ExitStatus.TERMINATED,
				"schema", null, null, "what", "Start it again: it goes on where it stopped.", 0, 0, null));
		assertThat(new TerminatedException("what").toVerdict().schema()).isNull();
	}

	@Test
	void anInterruptedWaitWritesNothingAndStaysInterrupted() {
		try (TerminationWatch watch = watch(LONG)) {
			Thread.currentThread().interrupt();
			endProcess(watch);
			assertThat(Thread.interrupted()).isTrue();
			assertThat(this.file).doesNotExist();
		}
	}

	private TerminationWatch watch(Duration timeout) {
		return new TerminationWatch(this.message, timeout, () -> MIDDLE);
	}

	private static void endProcess(TerminationWatch watch) {
		Runnable hook = hookOf(watch);
		hook.run();
	}

	private static Thread hookOf(TerminationWatch watch) {
		return (Thread) Objects.requireNonNull(ReflectionTestUtils.getField(watch, "hook"));
	}

}
