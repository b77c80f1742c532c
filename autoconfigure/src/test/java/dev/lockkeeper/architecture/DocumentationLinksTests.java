// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.architecture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The documentation links every page from its index, and each link has a target. Links to
 * other hosts are not followed.
 */
class DocumentationLinksTests {

	private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

	private static final Path DOCS = ROOT.resolve("docs");

	private static final Path INDEX = DOCS.resolve("README.md");

	private static final Pattern FENCE = Pattern.compile("(?ms)^ *```.*?^ *```");

	private static final Pattern CODE = Pattern.compile("`[^`]*`");

	private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)|(?m)^\\[[^]]+]:\\s*(\\S+)");

	private static final Pattern OTHER_HOST = Pattern.compile("[a-z]+:.*");

	private static final Pattern HEADING = Pattern.compile("(?m)^#{1,6} +(.*?) *#*$");

	private static final Pattern LINKED_TEXT = Pattern.compile("\\[([^]]*)]\\([^)]*\\)");

	@Test
	void everyLinkLeadsToAFile() throws IOException {
		List<String> lost = new ArrayList<>();
		for (Path page : pages()) {
			for (String link : links(page)) {
				if (!Files.exists(fileOf(page, link))) {
					lost.add("%s: %s".formatted(ROOT.relativize(page), link));
				}
			}
		}
		assertThat(lost).isEmpty();
	}

	@Test
	void everyAnchorLeadsToAHeading() throws IOException {
		List<String> lost = new ArrayList<>();
		int followed = 0;
		for (Path page : pages()) {
			for (String link : links(page)) {
				Path target = fileOf(page, link);
				if (link.contains("#") && Files.exists(target)) {
					followed++;
					if (!anchors(target).contains(link.substring(link.indexOf('#') + 1))) {
						lost.add("%s: %s".formatted(ROOT.relativize(page), link));
					}
				}
			}
		}
		assertThat(lost).isEmpty();
		assertThat(followed).isPositive();
	}

	@Test
	void everyPageIsReachedFromTheIndex() throws IOException {
		Set<Path> reached = new HashSet<>(Set.of(INDEX));
		Deque<Path> next = new ArrayDeque<>(reached);
		while (!next.isEmpty()) {
			Path page = next.remove();
			for (String link : links(page)) {
				Path target = fileOf(page, link);
				if (isPage(target) && Files.exists(target) && reached.add(target)) {
					next.add(target);
				}
			}
		}
		Set<Path> missed = new TreeSet<>(pages());
		missed.removeIf((page) -> !page.startsWith(DOCS));
		assertThat(missed).contains(INDEX, DOCS.resolve("getting-started.md"));
		missed.removeAll(reached);
		assertThat(missed).as("pages to which no link leads from docs/README.md").isEmpty();
	}

	// What the build has written is in folders named target
	private static List<Path> pages() throws IOException {
		try (Stream<Path> files = Files.find(ROOT, Integer.MAX_VALUE, (file, attributes) -> isPage(file))) {
			return files.filter((file) -> {
				String path = "/" + ROOT.relativize(file);
				return !path.contains("/.") && !path.contains("/target/");
			}).sorted().toList();
		}
	}

	private static boolean isPage(Path file) {
		return file.toString().endsWith(".md");
	}

	private static Path fileOf(Path page, String link) {
		String path = link.replaceFirst("#.*", "");
		Path folder = page.getParent();
		return (path.isEmpty() || folder == null) ? page : folder.resolve(path).normalize();
	}

	private static List<String> links(Path page) throws IOException {
		String text = CODE.matcher(FENCE.matcher(Files.readString(page)).replaceAll("")).replaceAll("code");
		List<String> links = new ArrayList<>();
		Matcher matcher = LINK.matcher(text);
		while (matcher.find()) {
			String link = (matcher.group(1) != null) ? matcher.group(1) : matcher.group(2);
			if (!OTHER_HOST.matcher(link).matches()) {
				links.add(link);
			}
		}
		return links;
	}

	// As GitHub makes them of headings
	private static Set<String> anchors(Path page) throws IOException {
		Map<String, Integer> seen = new HashMap<>();
		return HEADING.matcher(FENCE.matcher(Files.readString(page)).replaceAll("")).results().map((heading) -> {
			String words = LINKED_TEXT.matcher(heading.group(1)).replaceAll("$1").toLowerCase(Locale.ROOT);
			String anchor = words.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-');
			int before = seen.merge(anchor, 1, Integer::sum) - 1;
			return (before > 0) ? anchor + "-" + before : anchor;
		}).collect(Collectors.toSet());
	}

}
