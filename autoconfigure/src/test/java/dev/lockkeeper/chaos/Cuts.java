// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.chaos;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * All points of an engine, with what became of those that were cut.
 *
 * @param points the points, in the order of the uncut runs
 */
record Cuts(List<CutResult> points) {

	/**
	 * Put the shares of several workers together.
	 * @param shares all points for each worker, in the same order
	 * @return the points
	 */
	static Cuts merge(List<List<CutResult>> shares) {
		List<CutResult> merged = new ArrayList<>();
		for (int i = 0; i < shares.get(0).size(); i++) {
			CutResult result = shares.get(0).get(i);
			for (List<CutResult> share : shares) {
				CutResult candidate = share.get(i);
				if (!candidate.isSamePoint(result) || share.size() != shares.get(0).size()) {
					throw new IllegalStateException(
							"The workers found different points: %s, %s".formatted(result, candidate));
				}
				if (candidate.isRun()) {
					result = candidate;
				}
			}
			merged.add(result);
		}
		Set<String> names = new HashSet<>();
		for (CutResult result : merged) {
			if (!names.add(result.scenario() + " " + result.cut())) {
				throw new IllegalStateException("Found twice: " + result);
			}
		}
		return new Cuts(List.copyOf(merged));
	}

	List<CutResult> run() {
		return this.points.stream().filter(CutResult::isRun).toList();
	}

	String report(Engine engine, Duration duration) {
		StringBuilder report = new StringBuilder();
		run().forEach((result) -> report
			.append("%s %s%s%n".formatted(engine, result, result.isRecovered() ? "" : " -> " + result.finding())));
		Map<Integer, Integer> codes = new TreeMap<>();
		run().forEach((result) -> codes.merge(result.code(), 1, Integer::sum));
		report.append("%s: %d points, %d of them in a change set; %d cut in %d s; exit codes of the cut runs %s%n"
			.formatted(engine, this.points.size(), count(this.points, CutResult::isInChangeSet), run().size(),
					duration.toSeconds(), codes));
		report.append("%s: a plain rerun recovers from %d, and does not from %d, of which %d in a change set%n"
			.formatted(engine, count(run(), CutResult::isRecovered), count(run(), (result) -> !result.isRecovered()),
					count(run(), (result) -> !result.isRecovered() && result.isInChangeSet())));
		if (engine == Engine.STOCK) {
			report.append("%s: with the changelog lock released by hand before the rerun, it does not from %d%n"
				.formatted(engine, count(run(), (result) -> !result.isRecoveredAfterRelease())));
		}
		return report.toString();
	}

	private static long count(List<CutResult> results, Predicate<CutResult> condition) {
		return results.stream().filter(condition).count();
	}

}
