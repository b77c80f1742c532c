// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.LockHolder;
import dev.lockkeeper.schema.RunActivity;
import dev.lockkeeper.schema.RunActivity.Blocker;
import dev.lockkeeper.schema.RunEnd;
import dev.lockkeeper.schema.RunProgress;
import dev.lockkeeper.schema.RunRecord;
import dev.lockkeeper.schema.RunStart;
import dev.lockkeeper.schema.SchemaLook;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.schema.SchemaVersion;
import org.jspecify.annotations.Nullable;

/**
 * The part of the page that tells of one schema.
 */
final class SchemaSection {

	private static final int NAMED = 10;

	private static final int BRIEF_ID = 8;

	private static final int LONG_NAME = 32;

	private static final double PERCENT = 100;

	private final String name;

	private final SchemaLook look;

	private final SchemaState state;

	private final Mode mode;

	private final int number;

	private final Times times;

	SchemaSection(String name, SchemaLook look, Mode mode, int number) {
		this.name = name;
		this.look = look;
		this.state = look.state();
		this.mode = mode;
		this.number = number;
		this.times = new Times(look.state().checkedAt());
	}

	Fragment toHtml() {
		return Fragment.of("""
				<section class="schema" aria-labelledby="s{}"><h2 id="s{}">{}</h2>
				<div class="cards">{}<div class="side">{}</div><div class="side">{}</div></div>
				<p class="checked">Looked at on {}. As JSON: <a href="schema/{}">the schema</a>, \
				<a href="schema/{}/runs">its runs</a>.</p></section>
				""", this.number, this.number, this.name, hero(), Fragment.join(run(), lastRun(), lock()),
				Fragment.join(changeSets("Missing", "warn", this.state.pending()),
						changeSets("Changed", "bad", this.state.changed()),
						changeSets("Not known to this release", "info", this.state.unknown()), timeline()),
				Times.absolute(this.state.checkedAt()), path(), path());
	}

	private String path() {
		return Arrays.stream(this.name.split("/", -1)).map(SchemaSection::encode).collect(Collectors.joining("/"));
	}

	private static String encode(String part) {
		return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
	}

	private Fragment hero() {
		SchemaStatus status = this.state.status();
		String problem = this.state.problem();
		return Fragment.of("""
				<div class="card hero {}"><div><h3>Status</h3><p class="status"><svg class="icon" \
				viewBox="-12 -12 24 24" aria-hidden="true"><path d="{}"/></svg><span>{}</span></p>\
				<p class="meaning">{}</p>{}<p class="action">{}</p></div><div><h3>Version</h3>{}</div>{}</div>
				""", SchemaPage.tone(status), SchemaPage.mark(status), status, SchemaPage.meaning(this.state),
				(problem != null) ? Fragment.of("<p class=\"message\">{}</p>", problem) : Fragment.NONE, action(),
				version(), level());
	}

	private String action() {
		return switch (this.state.status()) {
			case CURRENT -> "Nothing is to do.";
			case AHEAD -> "Nothing is to do: this release goes on serving beside a newer one.";
			case PENDING -> pendingAction();
			case CHANGED -> "A process that serves already goes on. Undo the change to what was applied before one is "
					+ "started again.";
			case UNREADABLE ->
				isKnown() ? "Check the database, and the rights of this login. What follows was known before."
						: "Check the database, and the rights of this login.";
		};
	}

	private String pendingAction() {
		if (this.look.run() != null) {
			return "A run is under way: wait for it.";
		}
		if (this.state.lock() != null) {
			return "Somebody holds the lock: wait for him.";
		}
		RunRecord last = this.look.lastRun();
		RunEnd end = (last != null) ? last.end() : null;
		if (end != null && Outcome.of(end) == Outcome.FAILED) {
			return "The last run failed: see why, and correct that first.";
		}
		return (this.mode == Mode.DEFER)
				? "Run the migration of this release: the same application with --migrate-only."
				: "Start this process again, or run the same application with --migrate-only.";
	}

	private boolean isKnown() {
		return this.state.version() != null || this.state.applied() > 0;
	}

	private Fragment version() {
		SchemaVersion version = this.state.version();
		if (version == null) {
			return (this.state.status() == SchemaStatus.UNREADABLE) ? new Fragment("<p class=\"version\">unknown</p>")
					: new Fragment("<p class=\"version\">none</p><p>Nothing has been applied yet.</p>");
		}
		Fragment applied = (version.appliedAt() != null)
				? Fragment.of(", applied on {}", this.times.both(version.appliedAt())) : Fragment.NONE;
		Fragment tag = (version.tag() != null) ? Fragment.of("<p>Tag <code>{}</code></p>", version.tag())
				: Fragment.NONE;
		return Fragment.of("""
				<p class="version{}"><code>{}</code></p>{}<p>by <code>{}</code> in <code>{}</code></p>\
				<p>Number {} of the history{}</p>""", (version.id().length() > LONG_NAME) ? " long" : "", version.id(),
				tag, version.author(), version.file(), version.order(), applied);
	}

	private Fragment level() {
		int applied = this.state.applied();
		int missing = this.state.pending().size();
		if (applied + missing == 0) {
			return Fragment.NONE;
		}
		String words = "%d applied, %d missing".formatted(applied, missing);
		return Fragment.of("<div class=\"level\">{}<p>{}</p></div>", bar((double) applied / (applied + missing), words),
				words);
	}

	private static Fragment bar(double share, String words) {
		return Fragment.of("""
				<svg class="bar" role="img" aria-label="{}"><title>{}</title><rect class="track" width="100%" \
				height="100%"/><rect class="filled" width="{}%" height="100%"/></svg>""", words, words,
				RunChart.number(PERCENT * Math.min(1, Math.max(0, share))));
	}

	private Fragment run() {
		RunProgress run = this.look.run();
		if (run == null) {
			return Fragment.NONE;
		}
		RunStart start = run.start();
		RunActivity activity = run.activity();
		double done = run.share() + shareOfStatement(run);
		Fragment changeSet = (run.changeSet() != null)
				? Fragment.of("<p class=\"item\">{}</p>", changeSet(run.changeSet())) : Fragment.NONE;
		boolean blocked = !activity.blockedBy().isEmpty();
		return Fragment.of("""
				<div class="card {}" role="status"><h3>Run in progress{}</h3><p class="big">{}</p>{}{}{}{}\
				<p>Run <code title="{}">{}</code> of <code>{}</code>{} on <code>{}</code>, in mode {}</p>\
				<p>Started on {}{}</p></div>
				""", blocked ? "warn" : "info", blocked ? ", blocked" : "", capital(far(run)),
				bar(done, percent(done) + " of what was pending"), Fragment.each(activity.blockedBy(), this::blocker),
				changeSet, statement(activity), start.runId(), brief(start.runId()), start.origin().application(),
				release(start), start.origin().host(), start.origin().mode(), this.times.both(start.at()),
				lockWait(start));
	}

	private static String far(RunProgress run) {
		Integer number = run.number();
		int pending = run.start().pending();
		if (number != null) {
			return "change set %d of %d".formatted(number, pending);
		}
		if (run.done() == null) {
			return "%d change sets".formatted(pending);
		}
		return (pending > 0) ? "%d of %d change sets are done".formatted(run.done(), pending) : "nothing was pending";
	}

	private static double shareOfStatement(RunProgress run) {
		Double progress = run.activity().progress();
		return (run.number() != null && progress != null) ? progress / run.start().pending() : 0;
	}

	private static Fragment release(RunStart start) {
		String version = start.origin().version();
		return (version != null) ? Fragment.of(" <code>{}</code>", version) : Fragment.NONE;
	}

	private static String lockWait(RunStart start) {
		return start.lockWait().toSeconds() >= 1
				? ", after a wait of %s for the lock".formatted(Times.exact(start.lockWait())) : "";
	}

	private Fragment statement(RunActivity activity) {
		String statement = activity.statement();
		Double progress = activity.progress();
		if (statement == null && activity.since() == null) {
			return Fragment.NONE;
		}
		String what = (statement != null) ? statement : "Transaction open";
		String since = (activity.since() != null) ? " for %s".formatted(this.times.since(activity.since())) : "";
		String far = (progress != null) ? ", %s of a phase".formatted(percent(progress)) : "";
		return Fragment.of("<p><b>{}</b>{}{}</p>", what, since, far);
	}

	private Fragment blocker(Blocker blocker) {
		Fragment who = (blocker.pid() != 0) ? Fragment.of("session <code>{}</code>", blocker.pid())
				: new Fragment("a prepared transaction");
		return Fragment
			.of("""
					<p class="item"><b>Waits for {}</b>{}{}{}{}. Wait for it, or end it: the run then goes on by itself.</p>""",
					who, detail(", application ", blocker.application()), detail(", login ", blocker.user()),
					detail(", ", blocker.state()), detail(", transaction open for ",
							(blocker.since() != null) ? this.times.since(blocker.since()) : null));
	}

	private static Fragment detail(String words, @Nullable String value) {
		return (value == null || value.isBlank()) ? Fragment.NONE : Fragment.of("{}<code>{}</code>", words, value);
	}

	private Fragment changeSets(String title, String tone, List<ChangeSetReference> changeSets) {
		if (changeSets.isEmpty()) {
			return Fragment.NONE;
		}
		int more = changeSets.size() - NAMED;
		return Fragment.of("<div class=\"card {}\"><h3>{}: {}</h3><ol>{}</ol>{}</div>\n", tone, title,
				changeSets.size(),
				Fragment.each(changeSets.stream().limit(NAMED).toList(),
						(changeSet) -> Fragment.of("<li>{}</li>", changeSet(changeSet))),
				(more > 0) ? Fragment.of("<p>and {} more</p>", more) : Fragment.NONE);
	}

	private static Fragment changeSet(ChangeSetReference changeSet) {
		return Fragment.of("<code class=\"name\">{}</code> by <code>{}</code> in <code>{}</code>", changeSet.id(),
				changeSet.author(), changeSet.file());
	}

	private Fragment lock() {
		LockHolder lock = this.state.lock();
		if (lock == null) {
			return Fragment.NONE;
		}
		Fragment since = (lock.since() != null) ? Fragment.of("<p>Since {}</p>", this.times.both(lock.since()))
				: Fragment.NONE;
		Fragment until = (lock.until() != null)
				? Fragment.of("<p>Until {}, unless it is renewed</p>", this.times.both(lock.until())) : Fragment.NONE;
		return Fragment.of("<div class=\"card info\"><h3>Lock</h3><p>Held by <code>{}</code></p>{}{}</div>\n",
				lock.holder(), since, until);
	}

	private Fragment lastRun() {
		RunRecord run = this.look.lastRun();
		RunEnd end = (run != null) ? run.end() : null;
		if (run == null || end == null) {
			return Fragment.NONE;
		}
		RunStart start = run.start();
		Outcome outcome = Outcome.of(end);
		ChangeSetReference changeSet = end.changeSet();
		String message = end.message();
		String code = (end.code() != null) ? " (exit code %d)".formatted(end.code()) : "";
		return Fragment
			.of("""
					<div class="card {}"><h3>Last run: {}{}</h3><p class="big">{}</p>{}{}<p>{}</p>\
					<p>{} applied; {}</p>\
					<p>Run <code title="{}">{}</code> of <code>{}</code>{} on <code>{}</code>, in mode {}</p>\
					<p>Started on {}{}</p></div>
					""", outcome.tone(), end.status(), code, headline(start, end, outcome),
					(changeSet != null) ? Fragment.of("<p class=\"item\">in change set {}{}</p>", changeSet(changeSet),
							sqlState(end)) : sqlState(end),
					(message != null) ? Fragment.of("<p class=\"message\">{}</p>", message) : Fragment.NONE,
					advice(end, outcome), count(end.applied()), way(start, end), start.runId(), brief(start.runId()),
					start.origin().application(), release(start), start.origin().host(), start.origin().mode(),
					this.times.both(start.at()), lockWait(start));
	}

	private static Fragment way(RunStart start, RunEnd end) {
		String from = known(start.from());
		String to = known(end.to());
		return from.equals(to) ? Fragment.of("the schema stayed at <code>{}</code>", to)
				: Fragment.of("from <code>{}</code> to <code>{}</code>", from, to);
	}

	private static String known(@Nullable String version) {
		return (version != null) ? version : "nothing";
	}

	private static Fragment sqlState(RunEnd end) {
		return (end.sqlState() != null) ? Fragment.of(" <span>(SQLSTATE <code>{}</code>)</span>", end.sqlState())
				: Fragment.NONE;
	}

	private String headline(RunStart start, RunEnd end, Outcome outcome) {
		String run = "Run " + brief(start.runId());
		String ago = this.times.relative(end.at());
		return switch (outcome) {
			case DONE -> "%s was done %s".formatted(run, ago);
			case STOPPED -> "%s stopped %s".formatted(run, ago);
			case CRASHED -> "%s crashed; noticed %s".formatted(run, ago);
			default -> "%s failed %s".formatted(run, ago);
		};
	}

	private static String advice(RunEnd end, Outcome outcome) {
		String meaning = Arrays.stream(ExitStatus.values())
			.filter((status) -> status.name().equals(end.status()))
			.map((status) -> status.getMeaning() + " ")
			.findFirst()
			.orElse("");
		return switch (outcome) {
			case DONE -> "It did what it was to do.";
			case STOPPED -> meaning + "The next try may succeed.";
			case CRASHED -> "Nothing is left to clean up: start the migration again.";
			default -> meaning.isEmpty() ? "Nobody foresaw this: the log of that process says more."
					: meaning + "Trying again does not help until the cause is corrected.";
		};
	}

	private Fragment timeline() {
		List<RunRecord> ended = this.look.runs().stream().filter((run) -> run.end() != null).toList();
		if (ended.isEmpty() && this.look.run() == null) {
			return new Fragment("""
					<div class="card"><h3>Runs</h3><p>No run is known yet.</p></div>
					""");
		}
		int more = ended.size() - RunChart.RUNS;
		return Fragment.of("""
				<div class="card"><h3>Runs</h3>{}<p class="legend">Height: how long a run took, on a logarithmic \
				scale. Newest at the right.</p><ol class="runs">{}</ol>{}</div>
				""", RunChart.of(ended, this.look.run(), this.times).toSvg("runs" + this.number),
				Fragment.each(ended.stream().limit(RunChart.RUNS).toList(), this::runLine),
				(more > 0) ? Fragment.of("<p>and {} before them</p>", more) : Fragment.NONE);
	}

	private Fragment runLine(RunRecord run) {
		RunEnd end = run.end();
		if (end == null) {
			return Fragment.NONE;
		}
		Outcome outcome = Outcome.of(end);
		String took = (run.duration() != null) ? " in " + Times.exact(run.duration()) : "";
		return Fragment.of("""
				<li class="{}"><svg class="icon" viewBox="-12 -12 24 24" aria-hidden="true"><path d="{}"/></svg>\
				<span><b>{}</b>{}, {} applied, {} by <code>{}</code>{}</span></li>""", outcome.tone(), outcome.mark(),
				end.status(), took, end.applied(), this.times.both(run.start().at()),
				run.start().origin().application(), release(run.start()));
	}

	private static String count(int number) {
		return (number == 1) ? "1 change set" : number + " change sets";
	}

	private static String percent(double share) {
		return Math.round(PERCENT * share) + " %";
	}

	private static String capital(String text) {
		return Character.toUpperCase(text.charAt(0)) + text.substring(1);
	}

	private static String brief(String runId) {
		return (runId.length() > BRIEF_ID) ? runId.substring(0, BRIEF_ID) : runId;
	}

}
