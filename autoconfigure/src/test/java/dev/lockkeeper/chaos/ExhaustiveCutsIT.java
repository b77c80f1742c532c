// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.chaos;

import java.io.IOException;
import java.nio.file.Path;

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
		return CutWorkers.cut(engine, Scenario.transactional(), SAMPLE, this.directory);
	}

}
