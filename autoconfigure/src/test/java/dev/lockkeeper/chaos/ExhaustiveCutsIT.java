// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.chaos;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;

import dev.lockkeeper.testsupport.FullTier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Cut a run wherever it talks to the database, run it again, and the database is what an
 * uncut run would have made it.
 */
class ExhaustiveCutsIT {

	private static final int EVERY_POINT = 0;

	private static final boolean FULL = "full".equals(System.getProperty("chaos"));

	private static final boolean EVERY = Boolean.getBoolean("chaos.every-point");

	@TempDir
	Path directory;

	@Test
	@FullTier
	void everyCutIsRecoveredFromByAPlainRerun() throws IOException {
		Cuts cuts = cut(Engine.LOCKKEEPER, EVERY ? EVERY_POINT : FULL ? 48 : 12);
		assertThat(cuts.points()).hasSizeGreaterThanOrEqualTo(150);
		assertThat(cuts.points()).filteredOn(CutResult::isInChangeSet).hasSizeGreaterThanOrEqualTo(100);
		assertThat(cuts.run()).filteredOn((result) -> !result.isRecovered())
			.as("points that a plain rerun does not recover from")
			.isEmpty();
		assertThat(cuts.run()).filteredOn((result) -> !result.isStartedAgain())
			.as("points after which the exit code forbids the rerun")
			.isEmpty();
	}

	@Test
	@FullTier
	void aRunThatLosesItsConnectionsGoesOn() throws IOException {
		Cuts cuts = cut(Engine.RECONNECTING, 25);
		assertThat(cuts.run()).filteredOn((result) -> !result.isRecovered()).as("points with a wrong end").isEmpty();
		assertThat(cuts.run()).filteredOn((result) -> result.code() != 0)
			.as("points at which the run ends: a lease that was taken without an answer, and a task elsewhere")
			.allSatisfy((result) -> assertThat(result.code()).isEqualTo(75))
			.filteredOn((result) -> !result.sql().startsWith("INSERT INTO public.lockkeeper_lock"))
			.allSatisfy((result) -> assertThat(result.changeSet()).isEqualTo("custom-task"));
		assertThat(cuts.run()).filteredOn(CutResult::isLostCommit)
			.as("commits whose answer was lost")
			.hasSizeGreaterThan(10)
			.containsExactlyElementsOf(cuts.points().stream().filter(CutResult::isLostCommit).toList());
	}

	@Test
	@FullTier
	void stockLiquibaseIsNotRecoveredByAPlainRerun() throws IOException {
		Cuts cuts = cut(Engine.STOCK, EVERY ? EVERY_POINT : 15);
		assertThat(cuts.run()).as("a cut that nothing was seen of would not be one")
			.anyMatch((result) -> !result.isRecovered());
	}

	// Evenly spread; the full tier begins elsewhere each time where every cut must be
	// recovered from
	private Cuts cut(Engine engine, int sample) throws IOException {
		long seed = Long.getLong("chaos.seed", System.nanoTime());
		int first = (FULL && engine == Engine.LOCKKEEPER) ? new Random(seed).nextInt(1000) : 0;
		System.out.printf("The cut points of %s begin with number %d, -Dchaos.seed=%d%n", engine, first, seed);
		return CutWorkers.cut(engine, Scenario.transactional(), sample, first, this.directory);
	}

}
