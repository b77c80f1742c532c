// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.wording;

import java.time.Duration;
import java.time.temporal.ChronoUnit;

import org.springframework.format.annotation.DurationFormat;
import org.springframework.format.datetime.standard.DurationFormatterUtils;

/**
 * Writes durations in messages as people write them in settings.
 *
 * @since 0.1.0
 */
public final class Durations {

	private Durations() {
	}

	/**
	 * Return a duration in words, without fractions of a second unless it is shorter than
	 * one.
	 * @param duration the duration, not negative
	 * @return the words, as in {@code 1m30s}
	 */
	public static String inWords(Duration duration) {
		ChronoUnit unit = (duration.toSeconds() > 0) ? ChronoUnit.SECONDS : ChronoUnit.MILLIS;
		return DurationFormatterUtils.print(duration.truncatedTo(unit), DurationFormat.Style.COMPOSITE);
	}

}
