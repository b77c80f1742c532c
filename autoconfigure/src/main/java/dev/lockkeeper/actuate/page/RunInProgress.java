// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import dev.lockkeeper.schema.RunActivity;
import dev.lockkeeper.schema.RunActivity.Blocker;
import dev.lockkeeper.schema.RunProgress;
import dev.lockkeeper.schema.RunStart;
import dev.lockkeeper.wording.Plural;
import org.jspecify.annotations.Nullable;

/**
 * The card of the run that is in progress.
 */
final class RunInProgress {

	private final RunProgress run;

	private final Times times;

	RunInProgress(RunProgress run, Times times) {
		this.run = run;
		this.times = times;
	}

	Fragment toHtml() {
		RunStart start = this.run.start();
		RunActivity activity = this.run.activity();
		double done = this.run.share() + shareOfStatement();
		Fragment changeSet = (this.run.changeSet() != null)
				? Fragment.of("run-change-set", "changeset", Words.changeSet(this.run.changeSet())) : Fragment.NONE;
		boolean blocked = !activity.blockedBy().isEmpty();
		boolean warn = blocked || start.blocked().times() > 0;
		return Fragment.of("run", "tone", warn ? "warn" : "info", "blocked", blocked ? ", blocked" : "", "far",
				Words.capital(far()), "bar", Words.bar(done, Words.percent(done) + " of what was pending"), "blockers",
				Fragment.each(activity.blockedBy(), this::blocker), "timesblocked", Words.blocked(start), "changeset",
				changeSet, "statement", statement(activity), "runid", start.runId(), "brief",
				Words.brief(start.runId()), "application", start.origin().application(), "release",
				Words.release(start.origin()), "host", start.origin().host(), "mode", start.origin().mode(), "at",
				this.times.both(start.at()), "lock", Words.lock(start));
	}

	private String far() {
		Integer number = this.run.number();
		int pending = this.run.start().pending();
		if (number != null) {
			return "change set %d of %d".formatted(number, pending);
		}
		if (this.run.done() == null) {
			return Words.changeSets(pending);
		}
		return (pending > 0) ? "%d of %s %s done".formatted(this.run.done(), Words.changeSets(pending),
				Plural.of(pending, "is", "are")) : "nothing was pending";
	}

	private double shareOfStatement() {
		Double progress = this.run.activity().progress();
		return (this.run.number() != null && progress != null) ? progress / this.run.start().pending() : 0;
	}

	private Fragment statement(RunActivity activity) {
		String statement = activity.statement();
		Double progress = activity.progress();
		if (statement == null && activity.since() == null) {
			return Fragment.NONE;
		}
		String what = (statement != null) ? statement : "Transaction open";
		String since = (activity.since() != null) ? " for %s".formatted(this.times.since(activity.since())) : "";
		String far = (progress != null) ? ", %s of a phase".formatted(Words.percent(progress)) : "";
		return Fragment.of("run-statement", "what", what, "since", since, "far", far);
	}

	private Fragment blocker(Blocker blocker) {
		boolean session = blocker.pid() != 0;
		return Fragment.of("blocker", "session",
				session ? Fragment.of("blocker-session", "pid", blocker.pid()) : Fragment.of("blocker-transaction"),
				"details",
				Fragment.join(detail(", application ", blocker.application()), detail(", login ", blocker.user()),
						detail(", ", blocker.state()),
						detail(", transaction open for ",
								(blocker.since() != null) ? this.times.since(blocker.since()) : null),
						detail(", last statement ", blocker.query())),
				"advice",
				session ? "Wait until its transaction ends, or end the session: the run then goes on by itself."
						: "Find it, and commit or roll it back: the run then goes on by itself.",
				"command",
				Commands.toHtml(session ? Commands.terminate(blocker.pid()) : Commands.PREPARED_TRANSACTIONS));
	}

	private static Fragment detail(String words, @Nullable String value) {
		return (value == null || value.isBlank()) ? Fragment.NONE
				: Fragment.of("blocker-detail", "words", words, "value", value);
	}

}
