// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.RunEnd;
import dev.lockkeeper.schema.RunOrigin;
import dev.lockkeeper.schema.RunStart;
import dev.lockkeeper.schema.TimesBlocked;
import dev.lockkeeper.wording.Plural;
import org.jspecify.annotations.Nullable;

/**
 * The texts that the cards of a page share.
 */
final class Words {

	private static final int BRIEF_ID = 8;

	private static final double PERCENT = 100;

	private Words() {
	}

	static Fragment changeSet(ChangeSetReference changeSet) {
		return Fragment.of("change-set", "id", changeSet.id(), "origin", originOf(changeSet));
	}

	/**
	 * Return the author and the file of a change set, those that there are.
	 */
	static Fragment originOf(ChangeSetReference changeSet) {
		return Fragment.join(origin(" by ", changeSet.author()), origin(" in ", changeSet.file()));
	}

	private static Fragment origin(String words, String value) {
		return value.isEmpty() ? Fragment.NONE : Fragment.of("change-set-origin", "words", words, "value", value);
	}

	static String changeSets(int number) {
		return Plural.count(number, "change set");
	}

	static Fragment failedIn(ChangeSetReference changeSet, RunEnd end) {
		return Fragment.of("failed-in", "changeset", changeSet(changeSet), "sqlstate", sqlState(end));
	}

	static Fragment sqlState(RunEnd end) {
		String sqlState = end.sqlState();
		return (sqlState != null) ? Fragment.of("sql-state", "sqlstate", sqlState) : Fragment.NONE;
	}

	static Fragment way(RunStart start, RunEnd end) {
		String from = known(start.from());
		String to = known(end.version());
		return from.equals(to) ? Fragment.of("way-stayed", "to", to) : Fragment.of("way", "from", from, "to", to);
	}

	private static String known(@Nullable String version) {
		return (version != null) ? version : "nothing";
	}

	static String took(RunEnd end) {
		return (end.duration() != null) ? " in " + Times.exact(end.duration()) : "";
	}

	static String process(RunOrigin process) {
		String version = (process.version() != null) ? " " + process.version() : "";
		return "%s%s on %s, %s".formatted(process.application(), version, process.host(), process.mode());
	}

	static Fragment processToHtml(RunOrigin process) {
		return Fragment.of("process", "application", process.application(), "release", release(process), "host",
				process.host(), "mode", process.mode());
	}

	static Fragment release(RunOrigin origin) {
		String version = origin.version();
		return (version != null) ? Fragment.of("release", "version", version) : Fragment.NONE;
	}

	static Fragment message(@Nullable String message) {
		return (message != null) ? Fragment.of("message", "message", message) : Fragment.NONE;
	}

	/**
	 * Return what is to be known of the lock of a run: a clause that follows another one,
	 * or nothing.
	 */
	static String lock(RunStart start) {
		String wait = (start.lockWait().toSeconds() >= 1)
				? ", after a wait of %s for the lock".formatted(Times.exact(start.lockWait())) : "";
		return Boolean.FALSE.equals(start.fenced()) ? wait + ", under a lock that is not fenced" : wait;
	}

	/**
	 * Return how often other sessions were in the way of a run, and what happened the
	 * last time; nothing when none was.
	 */
	static Fragment blocked(RunStart start) {
		TimesBlocked blocked = start.blocked();
		return (blocked.times() > 0)
				? Fragment.of("times-blocked", "times", blocked.inWords(), "last", message(blocked.last()))
				: Fragment.NONE;
	}

	static Fragment bar(double share, String words) {
		return Fragment.of("bar", "words", words, "share", RunChart.number(PERCENT * Math.min(1, Math.max(0, share))));
	}

	static String percent(double share) {
		return Math.round(PERCENT * share) + " %";
	}

	static String capital(String text) {
		return Character.toUpperCase(text.charAt(0)) + text.substring(1);
	}

	static String brief(String runId) {
		return (runId.length() > BRIEF_ID) ? runId.substring(0, BRIEF_ID) : runId;
	}

}
