// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.sql.Connection;
import java.sql.SQLException;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.intent.Intent;
import dev.lockkeeper.intent.Intent.Begun;
import dev.lockkeeper.intent.IntentTable;
import dev.lockkeeper.intent.Operation;
import dev.lockkeeper.intent.Operation.Judgement;
import dev.lockkeeper.intent.Operation.Verdict;
import dev.lockkeeper.intent.UnfinishedException;
import dev.lockkeeper.postgresql.ChangedTimeouts;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.wording.Plural;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * What an earlier run has done of a change set that is not one transaction. The catalog
 * shows whether the statement was done in which that run ended.
 */
final class EarlierRun {

	private static final Log logger = LogFactory.getLog(EarlierRun.class);

	private final IntentTable table;

	private final ChangeSetReference changeSet;

	private final Intent intent;

	/** Whether the statement was done in which the run ended. */
	private boolean lastWasDone;

	private EarlierRun(IntentTable table, ChangeSetReference changeSet, Intent intent) {
		this.table = table;
		this.changeSet = changeSet;
		this.intent = intent;
	}

	/**
	 * Return a run that has done nothing.
	 */
	static EarlierRun none(IntentTable table, ChangeSetReference changeSet) {
		return new EarlierRun(table, changeSet, Intent.NONE);
	}

	/**
	 * Find what an earlier run has noted.
	 * @param connection a connection in auto-commit mode
	 */
	static EarlierRun find(Connection connection, IntentTable table, ChangeSetReference changeSet) throws SQLException {
		return new EarlierRun(table, changeSet, table.find(connection, changeSet));
	}

	/**
	 * Return whether a run has noted something about a change set, and a later run can
	 * find out by itself what was done.
	 * @param connection a connection in auto-commit mode
	 * @throws UnfinishedException when only an operator can find that out
	 */
	static boolean isNoted(Connection connection, IntentTable table, ChangeSetReference changeSet) throws SQLException {
		Intent noted = table.findAll(connection).get(changeSet);
		Begun begun = (noted != null) ? noted.statement() : null;
		if (noted != null && begun != null && begun.outcome() == null && begun.isInQuestion(connection)) {
			throw new EarlierRun(table, changeSet, noted).unfinished(begun, "the catalog does not show it");
		}
		return noted != null;
	}

	/**
	 * Return whether there was none, or none that has noted something.
	 */
	boolean isNone() {
		return this.intent.equals(Intent.NONE);
	}

	/**
	 * Judge the statement in which the run ended.
	 * @throws UnfinishedException when the catalog does not show whether it was done
	 */
	void judge(Connection connection) throws SQLException {
		Begun begun = this.intent.statement();
		String found = "no statement was under way";
		if (begun != null) {
			Judgement judgement = judge(connection, begun);
			found = judgement.found();
			if (judgement.verdict() == Verdict.IMPOSSIBLE) {
				throw unfinished(begun, found);
			}
			this.lastWasDone = judgement.verdict() == Verdict.DONE;
		}
		logger.info("lockkeeper - going on with an unfinished change set (%s; %s %s done; %s)".formatted(this.changeSet,
				Plural.count(countDone(), "statement"), Plural.of(countDone(), "was", "were"), found));
	}

	private static Judgement judge(Connection connection, Begun begun) throws SQLException {
		if (begun.outcome() == null && begun.isUnknown()) {
			return new Judgement(Verdict.IMPOSSIBLE, "the catalog does not show it");
		}
		ChangedTimeouts changed = ChangedTimeouts.waitForLocks(connection);
		Judgement judgement = (begun.outcome() != null) ? answered(connection, begun, begun.outcome())
				: Operation.of(begun.sql()).judge(connection, begun.subject(), begun.before());
		changed.restore(connection);
		return judgement;
	}

	private static Judgement answered(Connection connection, Begun begun, String outcome) throws SQLException {
		boolean done = outcome.equals(Begun.DONE);
		String cleared = done ? null : Operation.clearAfterFailure(connection, begun.before());
		return new Judgement(done ? Verdict.DONE : Verdict.NOT_DONE,
				(cleared != null) ? cleared : "an operator or the server has reported that it was " + outcome);
	}

	private UnfinishedException unfinished(Begun begun, String found) {
		String ended = "An earlier run ended in its statement %d".formatted(this.intent.done() + 1);
		String unknown = ", and it is not known whether that was done";
		return new UnfinishedException(ExitStatus.CHANGELOG,
				"%s (%s)%s: %s".formatted(ended, begun.sql(), unknown, found), ended + unknown + ".",
				"Check the database. If the statement was not done, or you have undone it, let the next run execute it again: %s; if it was done, let the next run skip it: %s; then run the migration."
					.formatted(this.table.toRepeat(this.changeSet), this.table.toLeaveOut(this.changeSet)));
	}

	/**
	 * Return how many statements are done.
	 */
	int countDone() {
		return this.intent.done() + (this.lastWasDone ? 1 : 0);
	}

	/**
	 * Return whether the run has done the next statement.
	 * @param reached how far the change set has come before it
	 * @param digest the digest of the statement
	 * @throws UnfinishedException when it has done another one in its place
	 */
	boolean hasDone(Intent reached, String digest) throws UnfinishedException {
		if (reached.done() < this.intent.done()) {
			return true;
		}
		Begun begun = this.intent.statement();
		if (!this.lastWasDone || begun == null || reached.done() > this.intent.done()) {
			return false;
		}
		if (!begun.digest().equals(digest)) {
			throw edited();
		}
		return true;
	}

	/**
	 * Check that the skipped statements are those that the run has done.
	 */
	void requireSame(Intent reached) throws UnfinishedException {
		if (reached.done() == this.intent.done() && !reached.digest().equals(this.intent.digest())) {
			throw edited();
		}
	}

	/**
	 * Check at the end of the change set that it still has all statements that the run
	 * has done.
	 */
	void requireWhole(Intent reached) throws UnfinishedException {
		if (reached.done() < countDone()) {
			throw edited();
		}
	}

	private UnfinishedException edited() {
		String found = "An earlier run has done %s of it, and it begins with %s now"
			.formatted(Plural.count(countDone(), "statement"), Plural.of(countDone(), "another one", "others"));
		return new UnfinishedException(ExitStatus.CHANGELOG, found, found,
				"Put the change set back as it was, start again, and put corrections into a new one. Or undo by hand what was done, and: "
						+ this.table.toForget(this.changeSet) + "; all of it is executed then.");
	}

}
