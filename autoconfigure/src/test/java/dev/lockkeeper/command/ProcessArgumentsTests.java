// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

class ProcessArgumentsTests {

	@TempDir
	Path directory;

	@Test
	void readsACommandLineOfAnyLength() throws IOException {
		String last = "x".repeat(10_000);
		Path file = Files.writeString(this.directory.resolve("cmdline"),
				"java\0-jar\0a b.jar\0--migrate-only\0" + last + "\0");
		assertThat(ProcessArguments.fromOperatingSystem(file)).containsExactly("java", "-jar", "a b.jar",
				"--migrate-only", last);
	}

	@Test
	void asksJavaWhereTheSystemHasNoFile() {
		assertThat(ProcessArguments.fromOperatingSystem(this.directory.resolve("none")))
			.isEqualTo(ProcessHandle.current().info().arguments().map(List::of).orElse(List.of()));
	}

	@Test
	void findsWhatALauncherHasAdded() {
		ProcessArguments all = ProcessArguments.of("--status").and(ProcessArguments.of("--migrate-only"));
		assertThat(all.find(List.of("--migrate-only"))).isEqualTo("--migrate-only");
		assertThat(all.find(List.of("--status"))).isEqualTo("--status");
	}

	@Test
	void findsAValueInAnySpellingThatBinds() {
		ProcessArguments arguments = ProcessArguments.of("--Status", "--mode= MIGRATE_ONLY");
		assertThat(arguments.find(List.of("--mode=migrate-only"))).isEqualTo("--mode= MIGRATE_ONLY");
		assertThat(arguments.find(List.of("--status"))).as("another flag").isNull();
		assertThat(arguments.contains("--mode= MIGRATE_ONLY")).isTrue();
		assertThat(arguments.contains("--mode=migrate-only")).isFalse();
	}

	@Test
	void findsAnArgumentThatIsWrittenInFull() {
		ProcessArguments arguments = ProcessArguments.of("--status.url=x", "--dry-run");
		assertThat(arguments.find(List.of("--status", "--dry-run"))).isEqualTo("--dry-run");
		assertThat(arguments.find(List.of("--status"))).isNull();
	}

}
