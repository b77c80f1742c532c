// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.lockkeeper.schema.ChangeSetReference;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.convert.DurationStyle;

/**
 * The timeouts that a change set gives itself by a line of its comment:
 * {@code lockkeeper: lock-timeout=10s, statement-timeout=5min}.
 *
 * @param lock how long it waits for locks on tables, zero for as long as it takes;
 * {@code null} when it does not say so
 * @param statement how long each of its statements may take, zero for as long as it
 * takes; {@code null} when it does not say so
 */
record ChangeSetTimeouts(@Nullable Duration lock, @Nullable Duration statement) {

	static final ChangeSetTimeouts NONE = new ChangeSetTimeouts(null, null);

	private static final String LOCK = "lock-timeout";

	private static final String STATEMENT = "statement-timeout";

	private static final Pattern LINE = Pattern.compile("(?im)^[\\s#*-]*lockkeeper:(.*)$");

	private static final Pattern SETTING = Pattern.compile("([\\w-]+)\\s*=\\s*([\\w.+-]+)");

	/**
	 * Read the comment of a change set.
	 * @throws ChangeSetCommentException when it has a line that cannot be understood
	 */
	static ChangeSetTimeouts of(ChangeSetReference changeSet, String comment) {
		ChangeSetTimeouts timeouts = NONE;
		Matcher line = LINE.matcher(comment);
		while (line.find()) {
			for (String setting : line.group(1).strip().split("\\s*,\\s*|(?<=[\\w])\\s+(?=[\\w-]+\\s*=)", -1)) {
				Matcher matcher = SETTING.matcher(setting);
				if (!matcher.matches()) {
					throw new ChangeSetCommentException(changeSet, setting, "nothing of the form name=value");
				}
				timeouts = timeouts.with(changeSet, setting, matcher.group(1), matcher.group(2));
			}
		}
		return timeouts;
	}

	private ChangeSetTimeouts with(ChangeSetReference changeSet, String setting, String name, String value) {
		return switch (name) {
			case LOCK -> new ChangeSetTimeouts(parse(changeSet, setting, value), this.statement);
			case STATEMENT -> new ChangeSetTimeouts(this.lock, parse(changeSet, setting, value));
			default -> throw new ChangeSetCommentException(changeSet, setting, "no setting of a change set");
		};
	}

	// Minutes as PostgreSQL writes them, and as Spring Boot does
	private static Duration parse(ChangeSetReference changeSet, String setting, String value) {
		try {
			Duration duration = DurationStyle.detectAndParse(value.replaceFirst("(?i)(?<=\\d)min$", "m"));
			if (!duration.isNegative() && duration.toMillis() <= Integer.MAX_VALUE) {
				return duration;
			}
		}
		catch (IllegalArgumentException | ArithmeticException ex) {
			throw new ChangeSetCommentException(changeSet, setting, "no time");
		}
		throw new ChangeSetCommentException(changeSet, setting, "not between 0 and 24 days");
	}

}
