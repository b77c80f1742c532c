// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.chaos;

import java.util.List;
import java.util.Set;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.testsupport.PostgresRelay.Cut;
import dev.lockkeeper.testsupport.PostgresRelay.Moment;

/**
 * What became of one cut.
 *
 * @param scenario what the database had seen before
 * @param cut the point
 * @param changeSet the change set under way whose history row had not been acknowledged,
 * or an empty text
 * @param sql the statements of the request
 * @param code the exit code of the run that was cut
 * @param seconds how long the run, its rerun and the comparison took
 * @param finding what was wrong after the plain rerun, or an empty text
 * @param afterRelease what was wrong after another rerun, before which the changelog lock
 * was released by hand; an empty text when nothing was, or when it was not needed
 */
record CutResult(Scenario scenario, Cut cut, String changeSet, String sql, int code, double seconds, String finding,
		String afterRelease) {

	static final int NOT_RUN = -1;

	private static final Set<Integer> STARTED_AGAIN = Set.of(ExitStatus.DONE.getCode(),
			ExitStatus.UNAVAILABLE.getCode(), ExitStatus.TEMPORARY.getCode());

	private static final String SEPARATOR = "\t";

	static CutResult parse(String line) {
		List<String> fields = List.of(line.split(SEPARATOR, -1));
		return new CutResult(Scenario.valueOf(fields.get(0)),
				new Cut(Integer.parseInt(fields.get(1)), Integer.parseInt(fields.get(2)),
						Moment.valueOf(fields.get(3))),
				fields.get(4), fields.get(5), Integer.parseInt(fields.get(6)), Double.parseDouble(fields.get(7)),
				fields.get(8), fields.get(9));
	}

	String format() {
		return String.join(SEPARATOR, this.scenario.name(), String.valueOf(this.cut.connection()),
				String.valueOf(this.cut.request()), this.cut.moment().name(), this.changeSet, oneLine(this.sql),
				String.valueOf(this.code), String.valueOf(this.seconds), oneLine(this.finding),
				oneLine(this.afterRelease));
	}

	private static String oneLine(String text) {
		return text.replaceAll("\\s+", " ").strip();
	}

	boolean isSamePoint(CutResult other) {
		return this.scenario == other.scenario && this.cut.equals(other.cut) && this.changeSet.equals(other.changeSet);
	}

	boolean isRun() {
		return this.code != NOT_RUN;
	}

	boolean isInChangeSet() {
		return !this.changeSet.isEmpty();
	}

	/**
	 * Return whether a change set was committed, and the answer to the commit was lost.
	 */
	boolean isLostCommit() {
		return isInChangeSet() && this.cut.moment() == Moment.AFTER && this.sql.equals("COMMIT");
	}

	/**
	 * Return whether the exit code of the run that was cut allows another start.
	 */
	boolean isStartedAgain() {
		return STARTED_AGAIN.contains(this.code);
	}

	boolean isRecovered() {
		return this.finding.isEmpty();
	}

	boolean isRecoveredAfterRelease() {
		return this.afterRelease.isEmpty();
	}

	@Override
	public String toString() {
		String where = isInChangeSet() ? " in " + this.changeSet : "";
		return "%s connection %d request %d %s%s (exit code %d, %.1f s): %s".formatted(this.scenario,
				this.cut.connection(), this.cut.request(), this.cut.moment(), where, this.code, this.seconds,
				abbreviate(this.sql));
	}

	private static String abbreviate(String sql) {
		return (sql.length() > 120) ? sql.substring(0, 117) + "..." : sql;
	}

}
