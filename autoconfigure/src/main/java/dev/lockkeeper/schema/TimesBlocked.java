// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.time.temporal.ChronoUnit;

import dev.lockkeeper.redaction.Redaction;
import org.jspecify.annotations.Nullable;

/**
 * How often change sets of a run were rolled back because other sessions were in their
 * way.
 *
 * @param times how often
 * @param last what happened the last time, in one line without credentials; {@code null}
 * when it has not happened, or is not known
 * @since 0.1.0
 */
public record TimesBlocked(int times, @Nullable String last) {

	/**
	 * It has not happened.
	 */
	public static final TimesBlocked NONE = new TimesBlocked(0, null);

	/**
	 * Create a count. Credentials are replaced.
	 * @param times how often
	 * @param last what happened the last time, or {@code null}
	 */
	public TimesBlocked {
		last = (last != null) ? Redaction.redact(last) : null;
	}

	/**
	 * Count once more.
	 * @param contention what has happened
	 * @return the new count
	 */
	public TimesBlocked and(LockContention contention) {
		ChangeSetReference changeSet = contention.changeSet();
		String subject = (changeSet != null) ? " of change set " + changeSet : "";
		return new TimesBlocked(this.times + 1, "Attempt %d%s at %s: it %s".formatted(contention.attempts(), subject,
				contention.at().truncatedTo(ChronoUnit.MILLIS), contention.what()));
	}

	/**
	 * Return the count in words.
	 * @return {@code once}, or how many times
	 */
	public String inWords() {
		return (this.times == 1) ? "once" : this.times + " times";
	}

}
