// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.time.Duration;
import java.util.Objects;

import dev.lockkeeper.schema.SchemaUnreadableException;
import dev.lockkeeper.wording.Durations;
import dev.lockkeeper.wording.Sentences;
import org.apache.commons.logging.Log;
import org.jspecify.annotations.Nullable;

/**
 * Logs that a run waits for a database: at once, and again when the advice to the
 * operator changes.
 */
final class Unanswered {

	private Unanswered() {
	}

	/**
	 * Log an inspection that has failed.
	 * @param logger the log
	 * @param activity what the run does
	 * @param limit the longest time for which it waits
	 * @param before what the inspection before has failed with, or {@code null} when this
	 * is the first one
	 * @param now what this inspection has failed with
	 */
	static void report(Log logger, String activity, Duration limit, @Nullable SchemaUnreadableException before,
			SchemaUnreadableException now) {
		String what = "lockkeeper - %s, trying again for up to %s (schema %s: %s)".formatted(activity,
				Durations.inWords(limit), now.toVerdict().schema(),
				Sentences.inParentheses(String.valueOf(now.getMessage())));
		if (now.needsOperator()) {
			if (before == null || !Objects.equals(before.getMessage(), now.getMessage())) {
				logger.warn("%s; %s".formatted(what, Sentences.afterSemicolon(now.getAction())));
			}
		}
		else if (before == null) {
			logger.info(what);
		}
	}

}
