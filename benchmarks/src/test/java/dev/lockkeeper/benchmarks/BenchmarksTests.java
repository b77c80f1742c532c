// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class BenchmarksTests {

	@Test
	void theCommandNamesEachBenchmark() throws Exception {
		Process command = run("--help");
		assertThat(command.waitFor()).isZero();
		assertThat(new String(command.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
			.contains(Benchmarks.NAMES.stream().map("[%s]"::formatted).toList());
	}

	@Test
	void theCommandRefusesWhatItDoesNotKnow() throws Exception {
		assertThat(run("blocked-alter", "nothing").waitFor()).isEqualTo(64);
	}

	private static Process run(String first, String... others) throws IOException {
		ProcessBuilder builder = new ProcessBuilder("./run", first);
		builder.command().addAll(List.of(others));
		return builder.start();
	}

}
