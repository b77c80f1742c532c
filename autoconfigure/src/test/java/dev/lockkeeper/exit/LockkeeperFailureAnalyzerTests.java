// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

import java.util.Objects;

import org.junit.jupiter.api.Test;

import org.springframework.boot.diagnostics.FailureAnalysis;

import static org.assertj.core.api.Assertions.assertThat;

class LockkeeperFailureAnalyzerTests {

	private final LockkeeperFailureAnalyzer analyzer = new LockkeeperFailureAnalyzer();

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
	void saysWhenAnotherTryMayHelp() {
		FailureAnalysis analysis = Objects
			.requireNonNull(this.analyzer.analyze(new TerminatedException("Asked to end.")));
		assertThat(analysis.getAction()).endsWith("ends with code 143 (TERMINATED): starting it again may help.");
	}

}
