// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

import java.util.Map;
import java.util.Objects;

import org.junit.jupiter.api.Test;

import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.env.MapPropertySource;
import org.springframework.mock.env.MockEnvironment;

import static org.assertj.core.api.Assertions.assertThat;

class LockkeeperFailureAnalyzerTests {

	private final LockkeeperFailureAnalyzer analyzer = new LockkeeperFailureAnalyzer(null);

	@Test
	void leavesToOthersWhatIsNotOfLockkeeper() {
		assertThat(this.analyzer.analyze(new IllegalStateException())).isNull();
	}

	@Test
	void saysWhatHappenedAndWhatToDo() {
		UsageException failure = new UsageException("No.", "Do not.");
		FailureAnalysis analysis = Objects.requireNonNull(this.analyzer.analyze(new IllegalStateException(failure)));
		assertThat(analysis.getDescription()).isEqualTo("No.");
		assertThat(analysis.getCause()).isSameAs(failure);
		assertThat(analysis.getAction()).isEqualToNormalizingNewlines("""
				Do not.

				The process ends with code 64 (USAGE): starting it again will not help.""");
	}

	@Test
	void promisesNoEndOfAServletContainer() {
		MockEnvironment environment = new MockEnvironment();
		environment.getPropertySources().addFirst(new MapPropertySource("servletContextInitParams", Map.of()));
		ServletContainer.detect(environment);
		FailureAnalysis analysis = Objects.requireNonNull(
				new LockkeeperFailureAnalyzer(environment).analyze(new TerminatedException("Asked to end.")));
		assertThat(analysis.getAction()).doesNotContain("The process ends")
			.endsWith("The application does not start; a process of its own would end with code 143 (TERMINATED): "
					+ "starting it again may help.");
	}

	@Test
	void saysWhenAnotherTryMayHelp() {
		FailureAnalysis analysis = Objects
			.requireNonNull(this.analyzer.analyze(new TerminatedException("Asked to end.")));
		assertThat(analysis.getAction()).endsWith("ends with code 143 (TERMINATED): starting it again may help.");
	}

}
