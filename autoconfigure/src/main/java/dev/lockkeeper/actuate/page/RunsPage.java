// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import java.util.List;

import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.RunEnd;
import dev.lockkeeper.schema.RunRecord;
import dev.lockkeeper.schema.RunStart;
import dev.lockkeeper.schema.SchemaInspection;

/**
 * A page of HTML that lists the runs of one schema that have ended.
 *
 * @since 0.1.0
 */
public final class RunsPage {

	private final Times times;

	private RunsPage(Times times) {
		this.times = times;
	}

	/**
	 * Write the page.
	 * @param context what all pages have in common
	 * @param schema the name of the schema
	 * @param inspection the inspection
	 * @return the page
	 */
	public static String toHtml(PageContext context, String schema, SchemaInspection inspection) {
		RunsPage page = new RunsPage(new Times(inspection.state().checkedAt()));
		List<RunRecord> runs = inspection.runs().stream().filter((run) -> run.end() != null).toList();
		return ListPage.toHtml(Style.POLICY, context, schema, "Runs of " + schema, summary(runs.size()),
				Fragment.of("run-entries", "entries", Fragment.each(runs, page::entry)),
				inspection.state().checkedAt());
	}

	private static String summary(int runs) {
		if (runs == 0) {
			return "No run is known, or this login may not read them.";
		}
		return (runs < SchemaInspection.RUNS) ? "All that are known, the last one first: %d.".formatted(runs)
				: "The last %d, the last one first.".formatted(runs);
	}

	private Fragment entry(RunRecord run) {
		RunEnd end = run.end();
		if (end == null) {
			return Fragment.NONE;
		}
		RunStart start = run.start();
		Outcome outcome = Outcome.of(end);
		ChangeSetReference changeSet = end.changeSet();
		return Fragment.of("run-entry", "tone", outcome.tone(), "mark", outcome.mark(), "status", end.status(), "code",
				(end.code() != null) ? " (exit code %d)".formatted(end.code()) : "", "took", Words.took(end), "applied",
				Words.changeSets(end.applied()), "at", this.times.both(start.at()), "where",
				(changeSet != null) ? Words.failedIn(changeSet, end) : Words.sqlState(end), "message",
				Words.message(end.message()), "timesblocked", Words.blocked(start), "application",
				start.origin().application(), "release", Words.release(start.origin()), "host", start.origin().host(),
				"mode", start.origin().mode(), "way", Words.way(start, end), "runid", start.runId(), "lock",
				Words.lock(start));
	}

}
