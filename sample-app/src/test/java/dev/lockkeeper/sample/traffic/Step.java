// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.traffic;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A section of the page on tables that are in use.
 *
 * @param title its heading
 * @param text what is below it
 */
record Step(String title, String text) {

	private static final Path PAGE = Path.of("..", "docs", "zero-downtime.md");

	private static final Pattern BLOCK = Pattern.compile("(?ms)^```(\\w+)\\n(.*?)^```$");

	private static final Pattern CHANGE_SET = Pattern
		.compile("(?ms)^--changeset harbour:(\\S+)([^\\n]*)\\n(.*?)(?=^--changeset|\\z)");

	static List<Step> all() {
		try {
			return Arrays.stream(Files.readString(PAGE).split("(?m)^## ")).map((section) -> {
				int end = section.indexOf('\n');
				return new Step(section.substring(0, end), section.substring(end + 1));
			}).toList();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	static Step of(String title) {
		return all().stream().filter((step) -> step.title().equals(title)).findFirst().orElseThrow();
	}

	/**
	 * Return the blocks in a language.
	 */
	List<String> blocks(String language) {
		return BLOCK.matcher(this.text)
			.results()
			.filter((block) -> block.group(1).equals(language))
			.map((block) -> block.group(2))
			.toList();
	}

	/**
	 * Return the change sets of all blocks, in their order.
	 */
	List<ChangeSet> changeSets() {
		String text = blocks("sql").stream()
			.filter((block) -> block.startsWith("--changeset"))
			.collect(Collectors.joining("\n"));
		return CHANGE_SET.matcher(text)
			.results()
			.map((found) -> new ChangeSet(found.group(1), found.group(2).strip(), found.group(3).strip()))
			.toList();
	}

	/**
	 * Return what the tables say of the change sets.
	 * @return for each change set the cells by their heads, without the marks of code
	 */
	Map<String, Map<String, String>> statements() {
		Map<String, Map<String, String>> statements = new LinkedHashMap<>();
		List<String> head = List.of();
		for (String line : this.text.split("\n")) {
			if (!line.startsWith("|")) {
				head = List.of();
			}
			else if (head.isEmpty()) {
				head = cells(line);
			}
			else if (!line.startsWith("|---")) {
				List<String> row = cells(line);
				Map<String, String> cells = new LinkedHashMap<>();
				for (int i = 1; i < head.size(); i++) {
					cells.put(head.get(i), row.get(i));
				}
				statements.put(row.get(0), cells);
			}
		}
		return statements;
	}

	private static List<String> cells(String line) {
		List<String> cells = new ArrayList<>();
		for (String cell : line.substring(1, line.lastIndexOf('|')).split("\\|", -1)) {
			cells.add(cell.replace("`", "").strip());
		}
		return cells;
	}

	@Override
	public String toString() {
		return this.title;
	}

	/**
	 * A change set of formatted SQL.
	 *
	 * @param id its id
	 * @param attributes what follows the id
	 * @param sql its statements
	 */
	record ChangeSet(String id, String attributes, String sql) {

		boolean isTransaction() {
			return !this.attributes.contains("runInTransaction:false");
		}

		boolean isConcurrent() {
			return this.sql.contains("CONCURRENTLY");
		}

		/**
		 * Return it as a script of Flyway.
		 */
		String toScript() {
			return this.sql.replaceFirst("^--comment ", "-- ");
		}

		String toText() {
			return "--changeset harbour:%s %s%n%s%n%n".formatted(this.id, this.attributes, this.sql);
		}

	}

}
