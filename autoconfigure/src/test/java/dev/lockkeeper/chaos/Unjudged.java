// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.chaos;

import dev.lockkeeper.chaos.Engine.Outcome;
import dev.lockkeeper.command.AdvisedCommand;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.testsupport.Onlooker;

/**
 * A rerun that could not find out what became of a statement, and needs the operator.
 */
final class Unjudged {

	private static final String RERUN = "the rerun ended with %d: ".formatted(ExitStatus.CHANGELOG.getCode());

	private Unjudged() {
	}

	static boolean isIn(String finding) {
		return finding.startsWith(RERUN) && finding.contains("not known whether that was done");
	}

	/**
	 * Do what the verdict advises: check the database, undo what is half done, and answer
	 * with the command line that it has.
	 * @param finding the verdict
	 * @param database the database to check
	 * @param engine carries out a command on the database
	 */
	static void answer(String finding, Onlooker database, Command engine) {
		boolean done = database.query("SELECT times FROM tally WHERE what = 'called'").size() == 2;
		if (!done) {
			database.execute("DELETE FROM tally WHERE what = 'called'");
		}
		Outcome outcome = engine.run(AdvisedCommand.with("--resolve=" + (done ? "done" : "again"), finding));
		if (outcome.code() != 0) {
			throw new IllegalStateException("No way on from %s: %s".formatted(finding, outcome));
		}
	}

	/**
	 * Carries out a command.
	 */
	@FunctionalInterface
	interface Command {

		Outcome run(String... arguments);

	}

}
