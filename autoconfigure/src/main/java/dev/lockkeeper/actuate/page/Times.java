// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * Formats times for people, relative to the moment of the inspection.
 *
 * @param now when the schema was inspected
 */
record Times(Instant now) {

	private static final DateTimeFormatter FORMAT = DateTimeFormatter
		.ofPattern("uuuu-MM-dd HH:mm:ss 'UTC'", Locale.ROOT)
		.withZone(ZoneOffset.UTC);

	private static final long MINUTE = 60;

	private static final long HOUR = 60 * MINUTE;

	private static final long DAY = 24 * HOUR;

	/**
	 * Return an instant, absolute and relative to the inspection.
	 */
	Fragment both(Instant instant) {
		return Fragment.of("time-both", "absolute", absolute(instant), "relative", relative(instant));
	}

	static Fragment absolute(Instant instant) {
		return Fragment.of("time", "instant", instant, "text", FORMAT.format(instant));
	}

	String relative(Instant instant) {
		long seconds = Duration.between(instant, this.now).toSeconds();
		if (seconds == 0) {
			return "just now";
		}
		return (seconds > 0) ? rounded(seconds) + " ago" : "in " + rounded(-seconds);
	}

	/**
	 * Return how long something has lasted that goes on.
	 */
	String since(Instant instant) {
		return rounded(Math.max(0, Duration.between(instant, this.now).toSeconds()));
	}

	static String text(Instant instant) {
		return FORMAT.format(instant);
	}

	private static String rounded(long seconds) {
		if (seconds < 2 * MINUTE) {
			return seconds + " s";
		}
		if (seconds < 2 * HOUR) {
			return seconds / MINUTE + " min";
		}
		return (seconds < 2 * DAY) ? seconds / HOUR + " h" : seconds / DAY + " d";
	}

	/**
	 * Return a duration, as exact as it is of use.
	 */
	static String exact(Duration duration) {
		long millis = duration.toMillis();
		if (millis < Duration.ofSeconds(1).toMillis()) {
			return millis + " ms";
		}
		if (duration.toSeconds() < MINUTE) {
			return String.format(Locale.ROOT, "%.1f s", millis / 1000.0);
		}
		return (duration.toSeconds() < HOUR) ? "%d min %d s".formatted(duration.toMinutes(), duration.toSecondsPart())
				: "%d h %d min".formatted(duration.toHours(), duration.toMinutesPart());
	}

	/**
	 * Return a duration as briefly as possible.
	 */
	static String brief(Duration duration) {
		if (duration.toSeconds() < 1) {
			return "<1s";
		}
		if (duration.toSeconds() < 2 * MINUTE) {
			return duration.toSeconds() + "s";
		}
		return (duration.toSeconds() < 2 * HOUR) ? duration.toMinutes() + "m" : duration.toHours() + "h";
	}

}
