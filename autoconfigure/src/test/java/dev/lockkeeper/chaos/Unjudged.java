// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.chaos;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.testsupport.Onlooker;

/**
 * A rerun that could not tell what became of a statement, and asks somebody.
 */
final class Unjudged {

	private static final String RERUN = "the rerun ended with %d: ".formatted(ExitStatus.CHANGELOG.getCode());

	private Unjudged() {
	}

	static boolean isIn(String finding) {
		return finding.startsWith(RERUN) && finding.contains("cannot be told");
	}

	/**
	 * Do what the verdict says: look, undo what is half done, and tell.
	 * @param finding the verdict
	 * @param database where to look
	 */
	static void answer(String finding, Onlooker database) {
		boolean done = database.query("SELECT times FROM tally WHERE what = 'called'").size() == 2;
		if (!done) {
			database.execute("DELETE FROM tally WHERE what = 'called'");
		}
		Matcher matcher = Pattern.compile("UPDATE [^;]*'" + (done ? "done" : "not done") + "'[^;]*").matcher(finding);
		if (!matcher.find()) {
			throw new IllegalStateException("No way on: " + finding);
		}
		database.execute(matcher.group());
	}

}
