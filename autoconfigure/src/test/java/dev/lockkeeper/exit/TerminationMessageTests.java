// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.mock.env.MockEnvironment;

import static org.assertj.core.api.Assertions.assertThat;

@ExtendWith(OutputCaptureExtension.class)
class TerminationMessageTests {

	private static final Verdict VERDICT = Verdict.of(ExitStatus.USAGE, "No.", "Do not.");

	@Test
	void replacesWhatWasInTheFile(@TempDir Path directory) throws Exception {
		Path file = Files.writeString(directory.resolve("message"), "old".repeat(1000));
		TerminationMessage.from(new MockEnvironment().withProperty(TerminationMessage.PATH_PROPERTY, file.toString()))
			.write(VERDICT);
		assertThat(Files.readString(file)).isEqualTo(VERDICT.toJson() + "\n");
	}

	@Test
	void isWrittenNowhereUnlessConfigured(CapturedOutput output) {
		TerminationMessage.from(new MockEnvironment()).write(VERDICT);
		assertThat(output).isEmpty();
	}

	@Test
	void warnsOfAFileThatCannotBeWritten(@TempDir Path directory, CapturedOutput output) {
		Path file = directory.resolve("not-there").resolve("message");
		TerminationMessage.from(new MockEnvironment().withProperty(TerminationMessage.PATH_PROPERTY, file.toString()))
			.write(VERDICT);
		assertThat(output).contains("lockkeeper - verdict not written", "NoSuchFileException");
	}

}
