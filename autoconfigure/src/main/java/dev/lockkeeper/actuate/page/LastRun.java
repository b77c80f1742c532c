// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.RunEnd;
import dev.lockkeeper.schema.RunStart;
import org.jspecify.annotations.Nullable;

/**
 * The card of the run that ended last.
 */
final class LastRun {

	private final RunStart start;

	private final RunEnd end;

	private final boolean pending;

	private final @Nullable Runbook runbook;

	private final Times times;

	/**
	 * Create a card.
	 * @param pending whether the code of this process has something to migrate
	 * @param runbook the runbook that a failed run leads to, if there is one
	 */
	LastRun(RunStart start, RunEnd end, boolean pending, @Nullable Runbook runbook, Times times) {
		this.start = start;
		this.end = end;
		this.pending = pending;
		this.runbook = runbook;
		this.times = times;
	}

	Fragment toHtml() {
		Outcome outcome = Outcome.of(this.end);
		Advice advice = Advice.of(this.end);
		ChangeSetReference changeSet = this.end.changeSet();
		String code = (this.end.code() != null) ? " (exit code %d)".formatted(this.end.code()) : "";
		return Fragment.of("last-run", "tone", outcome.tone(), "status", this.end.status(), "code", code, "headline",
				headline(outcome), "where",
				(changeSet != null) ? Words.failedIn(changeSet, this.end) : Words.sqlState(this.end), "message",
				Words.message(this.end.message()), "timesblocked", Words.blocked(this.start), "advice", advice.words(),
				"command", Commands.toHtml(this.pending ? advice.command() : null), "runbook", runbook(outcome),
				"applied", Words.changeSets(this.end.applied()), "way", Words.way(this.start, this.end), "runid",
				this.start.runId(), "brief", Words.brief(this.start.runId()), "application",
				this.start.origin().application(), "release", Words.release(this.start.origin()), "host",
				this.start.origin().host(), "mode", this.start.origin().mode(), "at", this.times.both(this.start.at()),
				"lock", Words.lock(this.start));
	}

	private Fragment runbook(Outcome outcome) {
		return (this.runbook != null && outcome != Outcome.DONE) ? Fragment.of("runbook", "address",
				this.runbook.entryFor(this.end.status()), "status", this.end.status()) : Fragment.NONE;
	}

	private String headline(Outcome outcome) {
		String run = "Run " + Words.brief(this.start.runId());
		String ago = this.times.relative(this.end.at());
		return switch (outcome) {
			case DONE -> "%s was done %s".formatted(run, ago);
			case STOPPED -> "%s stopped %s".formatted(run, ago);
			case CRASHED -> "%s crashed; noticed %s".formatted(run, ago);
			default -> "%s failed %s".formatted(run, ago);
		};
	}

}
