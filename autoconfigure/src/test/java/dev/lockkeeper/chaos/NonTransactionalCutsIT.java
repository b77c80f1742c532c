// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.chaos;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

import dev.lockkeeper.chaos.Scenario.Release;
import dev.lockkeeper.chaos.StallPoint.Loss;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.Onlooker;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Cut a change set that is not one transaction, run it again, and the database is what an
 * uncut run would have made it.
 */
class NonTransactionalCutsIT {

	private static final boolean FULL = "full".equals(System.getProperty("chaos"));

	private static final boolean EVERY = Boolean.getBoolean("chaos.every-point");

	/**
	 * How many points are cut, evenly spread: 0 for every one of them.
	 */
	private static final int SAMPLE = EVERY ? 0 : FULL ? 24 : 6;

	/**
	 * The points from which a plain rerun cannot recover: a procedure that commits by
	 * itself may have been called, and no catalog shows whether it was. They begin when
	 * it has been remembered that the call is about to begin, and end when it has been
	 * remembered that it was done. Each by its change set, the number of the request
	 * among those of the change set that change something, and the moment.
	 */
	private static final Set<String> UNJUDGED = Set.of("call 2 COMMIT DURING", "call 2 COMMIT AFTER",
			"call 3 CALL DURING", "call 3 CALL AFTER", "call 4 INSERT DURING", "call 4 INSERT AFTER");

	@TempDir
	Path directory;

	@Test
	@FullTier
	void everyCutButTheNamedOnesIsRecoveredFromByAPlainRerun() throws IOException {
		Cuts cuts = CutWorkers.cut(Engine.LOCKKEEPER, List.of(Scenario.NON_TRANSACTIONAL), SAMPLE, 0, this.directory);
		assertThat(cuts.points()).hasSizeGreaterThanOrEqualTo(60);
		Map<CutResult, String> names = names(cuts.points());
		assertThat(names.values()).doesNotHaveDuplicates().containsAll(UNJUDGED);
		Predicate<CutResult> unjudged = (result) -> UNJUDGED.contains(names.get(result));
		assertThat(cuts.run()).filteredOn(unjudged.negate())
			.filteredOn((result) -> !result.isRecovered())
			.as("points that a plain rerun does not recover from")
			.isEmpty();
		assertThat(cuts.run()).filteredOn(unjudged)
			.allSatisfy((result) -> assertThat(Unjudged.isIn(result.finding())).as(result.toString()).isTrue())
			.allSatisfy(
					(result) -> assertThat(result.afterRelease()).as("reported what was done: %s", result).isEmpty());
		assertThat(cuts.run()).filteredOn((result) -> !result.isStartedAgain())
			.as("points after which the exit code forbids the rerun")
			.isEmpty();
	}

	private static Map<CutResult, String> names(List<CutResult> points) {
		Map<CutResult, String> names = new HashMap<>();
		Map<String, Set<Integer>> requests = new HashMap<>();
		for (CutResult point : points) {
			Set<Integer> numbers = requests.computeIfAbsent(point.changeSet(), (key) -> new HashSet<>());
			switch (point.cut().moment()) {
				case BEFORE -> names.put(point, point.changeSet() + " BEFORE");
				case DURING, AFTER -> {
					numbers.add(point.cut().request());
					names.put(point, "%s %d %s %s".formatted(point.changeSet(), numbers.size(),
							point.sql().split("\\W", 2)[0], point.cut().moment()));
				}
			}
		}
		return names;
	}

	@Test
	@FullTier
	void everyRunThatIsLostWhileItWaitsIsRecoveredFromByAPlainRerun() {
		Map<String, TestDatabase> before = new HashMap<>();
		List<Loss> losses = List.of(Loss.values());
		List<StallPoint> points = new ArrayList<>();
		List<String> findings = new ArrayList<>();
		try {
			int stalls = 0;
			for (Stall stall : Stall.values()) {
				for (Loss loss : losses) {
					if (FULL || loss == losses.get(stalls % losses.size())) {
						TestDatabase template = before.computeIfAbsent(stall.getBefore(),
								NonTransactionalCutsIT::prepare);
						points.add(new StallPoint(stall, loss, TestPostgres.shared().createDatabase(template)));
					}
				}
				stalls++;
			}
			DatabaseImage expected = uncut(before.computeIfAbsent("first", NonTransactionalCutsIT::prepare));
			try (JavaProcess worker = JavaProcess.ofMainClass(StalledWorker.class.getName())
				.arguments(points.stream().map(StallPoint::getUrl).toArray(String[]::new))
				.start()) {
				for (int i = 0; i < points.size(); i++) {
					long started = System.nanoTime();
					List<String> found = points.get(i).lose(worker, i, expected);
					System.out.printf("%s: %s (%d ms)%n", points.get(i), found.isEmpty() ? "recovered" : found,
							(System.nanoTime() - started) / 1_000_000);
					findings.addAll(found);
				}
			}
		}
		finally {
			points.forEach(StallPoint::close);
			before.values().forEach(TestDatabase::drop);
		}
		assertThat(points).hasSizeGreaterThanOrEqualTo(Stall.values().length);
		assertThat(findings).isEmpty();
	}

	private static TestDatabase prepare(String contexts) {
		TestDatabase database = TestPostgres.shared().createDatabase();
		Release release = Scenario.NON_TRANSACTIONAL.getRelease();
		run(database, new Release(release.changeLog(), contexts, release.number()));
		return database;
	}

	private static DatabaseImage uncut(TestDatabase template) {
		TestDatabase database = TestPostgres.shared().createDatabase(template);
		run(database, Scenario.NON_TRANSACTIONAL.getRelease());
		try (Onlooker onlooker = new Onlooker(database)) {
			return DatabaseImage.of(onlooker);
		}
		finally {
			database.drop();
		}
	}

	private static void run(TestDatabase database, Release release) {
		assertThat(Engine.LOCKKEEPER.run(database.getUrl(), release).code()).isZero();
	}

}
