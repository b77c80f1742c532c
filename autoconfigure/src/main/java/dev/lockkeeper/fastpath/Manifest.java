// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.fastpath;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * What an engine has read of the code, when a comparison with the history left nothing to
 * do. Where all of it is the same again, beside the same history, a run of the engine
 * does nothing again. Has no value of a parameter, only a digest over all of them.
 *
 * @param level the digest of the level that the code expects
 * @param tables a digest over the names of the tables
 * @param parameters the names of the parameters to which the resources refer
 * @param values a digest over the values of these parameters
 * @param resources what the engine has asked for, each with a digest over what it got
 * @param absent the {@linkplain #key keys} of the change sets that the code knows, and
 * that are not in the history
 * @since 0.1.0
 */
public record Manifest(String level, String tables, List<String> parameters, String values,
		Map<String, String> resources, List<String> absent) {

	private static final String FORMAT = "lockkeeper 1";

	private static final String LEVEL = "level";

	private static final String TABLES = "tables";

	private static final String PARAMETER = "parameter";

	private static final String VALUES = "values";

	private static final String RESOURCE = "resource";

	private static final String ABSENT = "absent";

	/**
	 * Write the manifest as text, one fact a line.
	 * @return the text, or {@code null} when a name has more than one line
	 */
	public @Nullable String toText() {
		List<String> lines = new ArrayList<>(List.of(FORMAT, line(LEVEL, this.level), line(TABLES, this.tables)));
		this.parameters.forEach((name) -> lines.add(line(PARAMETER, name)));
		lines.add(line(VALUES, this.values));
		this.resources.forEach((asked, digest) -> lines.add(line(RESOURCE, line(digest, asked))));
		this.absent.forEach((changeSet) -> lines.add(line(ABSENT, changeSet)));
		return lines.stream().allMatch((line) -> line.indexOf('\n') < 0 && line.indexOf('\r') < 0)
				? String.join("\n", lines) : null;
	}

	private static String line(String first, String rest) {
		return first + " " + rest;
	}

	/**
	 * Return the key of a change set, without its file: more change sets have the same
	 * key than are the same.
	 * @param id its id
	 * @param author its author
	 * @return the key
	 */
	public static String key(String id, @Nullable String author) {
		return (id + "::" + author).toLowerCase(Locale.ROOT);
	}

	/**
	 * Read a manifest.
	 * @param text the text
	 * @return the manifest, or {@code null} when the text is not one, or one of another
	 * release
	 */
	public static @Nullable Manifest of(String text) {
		String[] lines = text.split("\n", -1);
		if (!FORMAT.equals(lines[0])) {
			return null;
		}
		String level = null;
		String tables = null;
		String values = null;
		List<String> parameters = new ArrayList<>();
		Map<String, String> resources = new LinkedHashMap<>();
		List<String> absent = new ArrayList<>();
		for (int i = 1; i < lines.length; i++) {
			String[] words = lines[i].split(" ", 2);
			if (words.length < 2) {
				return null;
			}
			switch (words[0]) {
				case LEVEL -> level = words[1];
				case TABLES -> tables = words[1];
				case PARAMETER -> parameters.add(words[1]);
				case VALUES -> values = words[1];
				case RESOURCE -> {
					String[] resource = words[1].split(" ", 2);
					if (resource.length < 2) {
						return null;
					}
					resources.put(resource[1], resource[0]);
				}
				case ABSENT -> absent.add(words[1]);
				default -> {
					return null;
				}
			}
		}
		return (level != null && tables != null && values != null)
				? new Manifest(level, tables, List.copyOf(parameters), values, resources, List.copyOf(absent)) : null;
	}

}
