// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import java.util.List;

import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.LockHolder;
import dev.lockkeeper.schema.RunEnd;
import dev.lockkeeper.schema.RunProgress;
import dev.lockkeeper.schema.RunRecord;
import dev.lockkeeper.schema.SchemaEngine;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.schema.SchemaVersion;

/**
 * The part of the page for one schema.
 */
final class SchemaSection {

	private static final int NAMED = 10;

	private static final int LONG_NAME = 32;

	private final PageContext context;

	private final String name;

	private final SchemaInspection inspection;

	private final SchemaState state;

	private final Mode mode;

	private final int number;

	private final boolean sql;

	private final Times times;

	/**
	 * Create a section.
	 * @param context what all pages have in common
	 * @param number distinguishes it from the others
	 * @param sql whether the reader may see the SQL of what is missing
	 */
	SchemaSection(PageContext context, String name, SchemaInspection inspection, Mode mode, int number, boolean sql) {
		this.context = context;
		this.name = name;
		this.inspection = inspection;
		this.state = inspection.state();
		this.mode = mode;
		this.number = number;
		this.sql = sql;
		this.times = new Times(inspection.state().checkedAt());
	}

	Fragment toHtml() {
		return Fragment.of("section", "number", this.number, "name", this.name, "hero", hero(), "runs",
				Fragment.join(run(), lastRun(), lock()), "lists",
				Fragment.join(changeSets("Missing", "warn", this.state.pending(), sql()),
						changeSets("Changed", "bad", this.state.changed(), Fragment.NONE),
						changeSets("Not known to this release", "info", this.state.unknown(), Fragment.NONE),
						timeline()),
				"engine", engine(), "checked", Times.absolute(this.state.checkedAt()), "links", links());
	}

	private Fragment engine() {
		SchemaEngine engine = this.state.engine();
		return (engine != null) ? Fragment.of("engine", "engine", engine.toString()) : Fragment.NONE;
	}

	private Fragment links() {
		String address = this.context.addressOf(this.name);
		return Fragment.join(Fragment.of("link", "address", address + "/runs", "words", "All runs"),
				Fragment.of("link-next", "address", address + "/applied", "words", "applied change sets"),
				Fragment.of("link-next", "address", address, "words", "this schema as JSON"));
	}

	private Fragment hero() {
		SchemaStatus status = this.state.status();
		return Fragment.of("hero", "tone", SchemaPage.tone(status), "mark", SchemaPage.mark(status), "status", status,
				"meaning", SchemaPage.meaning(this.state), "problem", Words.message(this.state.problem()), "action",
				action(), "command", Commands.toHtml(isMigrationDue() ? Commands.MIGRATE : null), "version", version(),
				"level", level());
	}

	private String action() {
		return switch (this.state.status()) {
			case CURRENT -> "There is nothing to do.";
			case AHEAD -> "There is nothing to do: this release goes on serving beside a newer one.";
			case PENDING -> pendingAction();
			case CHANGED -> "A process that serves already goes on; another one would not start. Put back what was "
					+ "applied as it was, and the correction into a new change set.";
			case UNREADABLE -> isKnown()
					? "Check the database, and the rights of this login. What follows is from the last inspection that succeeded."
					: "Check the database, and the rights of this login.";
		};
	}

	private String pendingAction() {
		if (this.inspection.run() != null) {
			return "A run is in progress: wait for its end.";
		}
		if (this.state.lock() != null) {
			return "Another process holds the lock: wait until it has released it.";
		}
		if (hasFailed()) {
			return "The last run failed: see why, and correct that first.";
		}
		return (this.mode == Mode.DEFER) ? "Run the migration of this release."
				: "Start this process again, or run the migration of this release.";
	}

	private boolean isMigrationDue() {
		return this.state.status() == SchemaStatus.PENDING && this.inspection.run() == null && this.state.lock() == null
				&& !hasFailed();
	}

	private boolean hasFailed() {
		RunRecord last = this.inspection.lastRun();
		RunEnd end = (last != null) ? last.end() : null;
		return end != null && Outcome.of(end) == Outcome.FAILED;
	}

	private boolean isKnown() {
		return this.state.version() != null || this.state.applied() > 0;
	}

	private Fragment version() {
		SchemaVersion version = this.state.version();
		if (version == null) {
			return Fragment.of((this.state.status() == SchemaStatus.UNREADABLE) ? "version-unknown" : "version-none");
		}
		Fragment applied = (version.appliedAt() != null)
				? Fragment.of("version-applied", "at", this.times.both(version.appliedAt())) : Fragment.NONE;
		Fragment tag = (version.tag() != null) ? Fragment.of("version-tag", "tag", version.tag()) : Fragment.NONE;
		String id = version.changeSet().id();
		return Fragment.of("version", "length", (id.length() > LONG_NAME) ? " long" : "", "id", id, "tag", tag,
				"origin", Words.originOf(version.changeSet()), "order", version.order(), "applied", applied);
	}

	private Fragment level() {
		int applied = this.state.applied();
		int missing = this.state.pending().size();
		if (applied + missing == 0) {
			return Fragment.NONE;
		}
		boolean stale = this.state.status() == SchemaStatus.UNREADABLE;
		String words = "%d applied, %d missing%s".formatted(applied, missing, stale ? " when last read" : "");
		return Fragment.of("level", "freshness", stale ? " stale" : "", "bar",
				Words.bar((double) applied / (applied + missing), words), "words", words);
	}

	private Fragment sql() {
		return this.sql ? Fragment.of("sql", "address", this.context.addressOf(this.name) + "/sql") : Fragment.NONE;
	}

	private Fragment changeSets(String title, String tone, List<ChangeSetReference> changeSets, Fragment link) {
		if (changeSets.isEmpty()) {
			return Fragment.NONE;
		}
		int more = changeSets.size() - NAMED;
		return Fragment.of("change-sets", "tone", tone, "title", title, "count", changeSets.size(), "items",
				Fragment.each(changeSets.stream().limit(NAMED).toList(),
						(changeSet) -> Fragment.of("change-set-item", "changeset", Words.changeSet(changeSet))),
				"more", (more > 0) ? Fragment.of("more", "count", more) : Fragment.NONE, "link", link);
	}

	private Fragment lock() {
		LockHolder lock = this.state.lock();
		if (lock == null) {
			return Fragment.NONE;
		}
		Fragment since = (lock.since() != null) ? Fragment.of("lock-since", "time", this.times.both(lock.since()))
				: Fragment.NONE;
		Fragment until = (lock.until() != null) ? Fragment.of("lock-until", "time", this.times.both(lock.until()))
				: Fragment.NONE;
		return Fragment.of("lock", "holder", lock.holder(), "since", since, "until", until);
	}

	private Fragment run() {
		RunProgress run = this.inspection.run();
		return (run != null) ? new RunInProgress(run, this.times).toHtml() : Fragment.NONE;
	}

	private Fragment lastRun() {
		RunRecord run = this.inspection.lastRun();
		RunEnd end = (run != null) ? run.end() : null;
		if (run == null || end == null) {
			return Fragment.NONE;
		}
		return new LastRun(run.start(), end, this.state.status() == SchemaStatus.PENDING, this.context.runbook(),
				this.times)
			.toHtml();
	}

	private Fragment timeline() {
		List<RunRecord> ended = this.inspection.runs().stream().filter((run) -> run.end() != null).toList();
		if (ended.isEmpty() && this.inspection.run() == null) {
			return Fragment.of("no-runs");
		}
		int more = ended.size() - RunChart.RUNS;
		return Fragment.of("timeline", "chart",
				RunChart.of(ended, this.inspection.run(), this.times).toSvg("runs" + this.number), "lines",
				Fragment.each(ended.stream().limit(RunChart.RUNS).toList(), this::runLine), "more",
				(more > 0) ? Fragment.of("timeline-more", "count", more) : Fragment.NONE);
	}

	private Fragment runLine(RunRecord run) {
		RunEnd end = run.end();
		if (end == null) {
			return Fragment.NONE;
		}
		Outcome outcome = Outcome.of(end);
		return Fragment.of("run-line", "tone", outcome.tone(), "mark", outcome.mark(), "status", end.status(), "took",
				Words.took(end), "applied", end.applied(), "at", this.times.both(run.start().at()), "application",
				run.start().origin().application(), "release", Words.release(run.start().origin()));
	}

}
