// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestPostgres;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Cuts points in several processes at once.
 */
final class CutWorkers {

	/**
	 * How many processes share all points; a sample is not worth a second one, which
	 * would have to find the points anew.
	 */
	private static final int WORKERS = 2;

	private static final Duration TIMEOUT = Duration.ofHours(2);

	private CutWorkers() {
	}

	/**
	 * Cut.
	 * @param engine what runs the changelog
	 * @param scenarios what the database has seen before
	 * @param sample how many points are cut, 0 for all
	 * @param first the first point that is cut of a sample
	 * @param directory where the results go
	 * @return what became of the cuts
	 * @throws IOException when the results cannot be read
	 */
	static Cuts cut(Engine engine, List<Scenario> scenarios, int sample, int first, Path directory) throws IOException {
		long started = System.nanoTime();
		int number = (sample > 0) ? 1 : WORKERS;
		List<JavaProcess> workers = new ArrayList<>();
		List<Path> files = new ArrayList<>();
		try {
			for (int i = 0; i < number; i++) {
				Path file = directory.resolve(engine + "-" + i);
				files.add(file);
				List<String> arguments = new ArrayList<>(List.of(engine.name(), file.toString(), String.valueOf(i),
						String.valueOf(number), String.valueOf(sample), String.valueOf(first)));
				scenarios.forEach((scenario) -> arguments.add(scenario.name()));
				workers.add(JavaProcess.ofMainClass(CutWorker.class.getName())
					.jvmArguments("-Xmx1g")
					.environment(TestPostgres.URL_VARIABLE, TestPostgres.shared().getUrl())
					.arguments(arguments.toArray(String[]::new))
					.start());
			}
			assertThat(workers)
				.allSatisfy((worker) -> assertThat(worker.awaitExit(TIMEOUT)).as(worker::getOutput).isZero());
		}
		finally {
			workers.forEach(JavaProcess::close);
		}
		List<List<CutResult>> shares = new ArrayList<>();
		for (Path file : files) {
			shares.add(Files.readAllLines(file).stream().map(CutResult::parse).toList());
		}
		Cuts cuts = Cuts.merge(shares);
		System.out.println(cuts.report(engine, Duration.ofNanos(System.nanoTime() - started)));
		return cuts;
	}

}
