// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.deploy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The text of a page of {@code docs/deploy}.
 *
 * @param name the file name, without the extension
 * @param text the whole text
 */
record PageText(String name, String text) {

	static final Path PAGES = Path.of("..", "docs", "deploy");

	static final String INDEX = "README";

	private static final Pattern BLOCK = Pattern.compile("(?ms)^ *```(bash|text)\\n(.*?)^ *```$");

	private static final Pattern ROW = Pattern.compile("(?m)^\\|(.*)\\|$");

	private static final Pattern RULE = Pattern.compile("[|: -]*-{3,}[|: -]*");

	private static final Pattern MODE = Pattern.compile("`(lockkeeper - mode [^`]*)`");

	static PageText of(String name) {
		try {
			return new PageText(name, Files.readString(PAGES.resolve(name + ".md")));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Read every page but the index.
	 * @return the pages
	 */
	static List<PageText> all() {
		try (Stream<Path> files = Files.list(PAGES)) {
			return files.map((file) -> file.getFileName().toString())
				.filter((file) -> file.endsWith(".md"))
				.map((file) -> file.substring(0, file.length() - ".md".length()))
				.filter((name) -> !name.equals(INDEX))
				.sorted()
				.map(PageText::of)
				.toList();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Return the commands of the page, block by block.
	 * @return the blocks
	 */
	List<String> commands() {
		return blocks("bash");
	}

	/**
	 * Return the outputs that the page shows, block by block.
	 * @return the blocks
	 */
	List<String> outputs() {
		return blocks("text");
	}

	private List<String> blocks(String language) {
		return BLOCK.matcher(this.text)
			.results()
			.filter((block) -> block.group(1).equals(language))
			.map((block) -> block.group(2).stripIndent())
			.toList();
	}

	/**
	 * Return the first table: the facts of the page about its platform.
	 * @return the rows, by their first cell
	 */
	Map<String, String> facts() {
		Map<String, String> facts = new LinkedHashMap<>();
		for (List<String> row : rows()) {
			if (row.size() != 2 || facts.containsKey(row.get(0))) {
				break;
			}
			facts.put(row.get(0), row.get(1));
		}
		return facts;
	}

	/**
	 * Return the lines by which processes log their mode, as the page shows them.
	 * @return the lines
	 */
	List<String> modes() {
		return MODE.matcher(this.text).results().map((match) -> match.group(1)).distinct().toList();
	}

	/**
	 * Return the rows of the tables, without their heads.
	 * @return the cells of each row
	 */
	List<List<String>> rows() {
		List<List<String>> rows = new ArrayList<>();
		for (MatchResult match : ROW.matcher(this.text).results().toList()) {
			if (RULE.matcher(match.group()).matches()) {
				// What was before it is the head
				rows.remove(rows.size() - 1);
			}
			else {
				rows.add(Arrays.stream(match.group(1).split("\\|", -1)).map(String::strip).toList());
			}
		}
		return rows;
	}

	/**
	 * Return the only one of some blocks that contains a text.
	 * @param blocks the blocks
	 * @param part the text
	 * @return the block
	 */
	String only(List<String> blocks, String part) {
		List<String> found = blocks.stream().filter((block) -> block.contains(part)).toList();
		if (found.size() != 1) {
			throw new AssertionError(
					"%d blocks of %s.md contain '%s': %s".formatted(found.size(), this.name, part, blocks));
		}
		return found.get(0);
	}

}
