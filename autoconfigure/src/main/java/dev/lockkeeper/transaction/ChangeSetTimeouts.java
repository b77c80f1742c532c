// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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

	private static final Pattern MARK = Pattern.compile("(?i)(?<![\\w.-])lockkeeper:");

	private static final Pattern END = Pattern.compile("[\\r\\n]|\\*/|" + MARK);

	// After other words of the same line, which may be prose about Lockkeeper
	private static final Pattern BEGINS = Pattern.compile("(?i)[\\w-]+\\s*=|(lock|statement)[-_]?timeout");

	private static final Pattern SETTING = Pattern.compile("([\\w-]+)\\s*=\\s*([\\w.+-]+)");

	/**
	 * Read the comments of a change set. What the last one says counts.
	 * @throws ChangeSetCommentException when one has a line that cannot be understood
	 */
	static ChangeSetTimeouts of(ChangeSetReference changeSet, List<ChangeSetComment> comments) {
		ChangeSetTimeouts timeouts = NONE;
		for (ChangeSetComment comment : comments) {
			for (String line : comment.place().isRead() ? linesIn(comment.text()) : List.<String>of()) {
				timeouts = timeouts.with(new Line(changeSet, comment.place(), line));
			}
		}
		return timeouts;
	}

	/**
	 * Return the lines for Lockkeeper that are in a text.
	 * @param text the text
	 * @return what comes after {@code lockkeeper:} in each
	 */
	static List<String> linesIn(String text) {
		List<String> lines = new ArrayList<>();
		Matcher mark = MARK.matcher(text);
		while (mark.find()) {
			Matcher end = END.matcher(text);
			String line = text.substring(mark.end(), end.find(mark.end()) ? end.start() : text.length()).strip();
			if (beginsLine(text, mark.start()) || BEGINS.matcher(line).lookingAt()) {
				lines.add(line);
			}
		}
		return lines;
	}

	private static boolean beginsLine(String text, int index) {
		int before = index - 1;
		while (before >= 0 && " \t#*/-".indexOf(text.charAt(before)) >= 0) {
			before--;
		}
		return before < 0 || text.charAt(before) == '\n' || text.charAt(before) == '\r';
	}

	private ChangeSetTimeouts with(Line line) {
		ChangeSetTimeouts timeouts = this;
		for (String setting : line.text().split("\\s*,\\s*|(?<=[\\w])\\s+(?=[\\w-]+\\s*=)", -1)) {
			Matcher matcher = SETTING.matcher(setting);
			if (!matcher.matches()) {
				throw line.refuse(setting, "not of the form name=value");
			}
			timeouts = timeouts.with(line, setting, matcher.group(1), matcher.group(2));
		}
		return timeouts;
	}

	private ChangeSetTimeouts with(Line line, String setting, String name, String value) {
		return switch (name) {
			case LOCK -> new ChangeSetTimeouts(parse(line, value), this.statement);
			case STATEMENT -> new ChangeSetTimeouts(this.lock, parse(line, value));
			default -> throw line.refuse(setting, "no setting of a change set");
		};
	}

	// Minutes as PostgreSQL writes them, and as Spring Boot does
	private static Duration parse(Line line, String value) {
		try {
			Duration duration = DurationStyle.detectAndParse(value.replaceFirst("(?i)(?<=\\d)min$", "m"));
			if (!duration.isNegative() && duration.toMillis() <= Integer.MAX_VALUE) {
				return duration;
			}
		}
		catch (IllegalArgumentException | ArithmeticException ex) {
			throw line.refuse(value, "not a time such as 10s");
		}
		throw line.refuse(value, "not between 0 and 24 days");
	}

	/**
	 * A line for Lockkeeper.
	 *
	 * @param changeSet the change set
	 * @param place where the line is written
	 * @param text its settings
	 */
	private record Line(ChangeSetReference changeSet, ChangeSetComment.Place place, String text) {

		ChangeSetCommentException refuse(String part, String why) {
			return new ChangeSetCommentException(this.changeSet, this.place, this.text,
					"'%s' is %s".formatted(part, why));
		}

	}

}
