// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import liquibase.Scope;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.resource.Resource;
import liquibase.util.StreamUtil;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The comments in formatted SQL that Liquibase passes over: it keeps the last
 * {@code --comment} of a change set, and nothing that stands before the first one. Each
 * file is read once.
 */
final class PassedOverComments {

	private static final Log logger = LogFactory.getLog(PassedOverComments.class);

	// As in Liquibase
	private static final Pattern CHANGE_SET = Pattern
		.compile("(?i)\\s*--\\s*changeset\\s+(\"[^\"]+\"|[^:]+):\\s*(\"[^\"]+\"|\\S+).*");

	private static final Pattern COMMENT = Pattern.compile("(?i)--\\s*comment:? (.*)");

	private final Map<String, Map<String, List<String>>> files = new HashMap<>();

	/**
	 * Return the comments of a change set that Liquibase has passed over.
	 * @param changeSet the change set
	 * @return the comments; none in other formats, and none when the file cannot be read
	 */
	List<String> of(ChangeSet changeSet) {
		DatabaseChangeLog changeLog = changeSet.getChangeLog();
		String path = (changeLog != null) ? changeLog.getPhysicalFilePath() : null;
		if (path == null || !path.toLowerCase(Locale.ROOT).endsWith(".sql")) {
			return List.of();
		}
		return this.files.computeIfAbsent(path, PassedOverComments::read)
			.getOrDefault(key(changeSet.getAuthor(), changeSet.getId()), List.of());
	}

	private static Map<String, List<String>> read(String path) {
		try {
			Resource file = Scope.getCurrentScope().getResourceAccessor().get(path);
			if (file.exists()) {
				try (InputStream stream = file.openInputStream()) {
					return parse(StreamUtil.readStreamAsString(stream));
				}
			}
		}
		catch (IOException | RuntimeException ex) {
			logger.debug("lockkeeper - a changelog could not be read once more for its comments", ex);
		}
		return Map.of();
	}

	static Map<String, List<String>> parse(String text) {
		Map<String, List<String>> passedOver = new HashMap<>();
		List<String> current = new ArrayList<>();
		String last = null;
		boolean begun = false;
		for (String line : (Iterable<String>) text.lines()::iterator) {
			Matcher changeSet = CHANGE_SET.matcher(line);
			if (changeSet.matches()) {
				current = begun ? new ArrayList<>() : current;
				passedOver.put(key(changeSet.group(1), changeSet.group(2)), current);
				begun = true;
				last = null;
			}
			else if (!begun) {
				current.add(line);
			}
			else {
				last = read(line, last, current);
			}
		}
		return passedOver;
	}

	private static @Nullable String read(String line, @Nullable String last, List<String> passedOver) {
		Matcher comment = COMMENT.matcher(line);
		if (!comment.matches()) {
			return last;
		}
		if (last != null) {
			passedOver.add(last);
		}
		return comment.group(1);
	}

	private static String key(String author, String id) {
		return (author + ":" + id).replace("\"", "");
	}

}
