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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Cut a run wherever it talks to the database, run it again, and the database is what an
 * uncut run would have made it.
 */
class ExhaustiveCutsIT {

	/**
	 * How many points are cut, evenly spread: 0 for every one of them, which takes ten
	 * minutes for each engine.
	 */
	private static final int SAMPLE = Boolean.getBoolean("chaos.every-point") ? 0
			: "full".equals(System.getProperty("chaos")) ? 150 : 25;

	private static final int WORKERS = 2;

	private static final Duration PATIENCE = Duration.ofMinutes(25);

	@TempDir
	Path directory;

	@Test
	void everyCutIsRecoveredFromByAPlainRerun() throws IOException {
		Cuts cuts = cut(Engine.LOCKKEEPER);
		assertThat(cuts.points()).hasSizeGreaterThanOrEqualTo(150);
		assertThat(cuts.points()).filteredOn(CutResult::isInChangeSet).hasSizeGreaterThanOrEqualTo(100);
		assertThat(cuts.run()).filteredOn((result) -> !result.isRecovered())
			.as("points that a plain rerun does not recover from")
			.isEmpty();
		assertThat(cuts.run()).filteredOn((result) -> !result.isStartedAgain())
			.as("points after which the exit code keeps everybody from the rerun")
			.isEmpty();
	}

	@Test
	void stockLiquibaseIsNotRecoveredByAPlainRerun() throws IOException {
		Cuts cuts = cut(Engine.STOCK);
		assertThat(cuts.run()).as("a cut that nothing was seen of would not be one")
			.anyMatch((result) -> !result.isRecovered());
	}

	private Cuts cut(Engine engine) throws IOException {
		long started = System.nanoTime();
		List<JavaProcess> workers = new ArrayList<>();
		List<Path> files = new ArrayList<>();
		try {
			for (int i = 0; i < WORKERS; i++) {
				Path file = this.directory.resolve(engine + "-" + i);
				files.add(file);
				workers.add(JavaProcess.ofMainClass(CutWorker.class.getName())
					.environment(TestPostgres.URL_VARIABLE, TestPostgres.shared().getUrl())
					.arguments(engine.name(), file.toString(), String.valueOf(i), String.valueOf(WORKERS),
							String.valueOf(SAMPLE))
					.start());
			}
			assertThat(workers)
				.allSatisfy((worker) -> assertThat(worker.awaitExit(PATIENCE)).as(worker::getOutput).isZero());
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
