// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.platform.commons.support.ReflectionSupport;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Every page of {@code docs/deploy} is complete, linked from the index, and executed by a
 * test.
 */
class DeployPagesTests {

	private static final Pattern LINK = Pattern.compile("\\]\\(([\\w-]+)\\.md[)#]");

	private static final List<String> FACTS = List.of("Mode", "Where the migration runs",
			"What stops a release when it fails", "How it is retried", "How it is undone", "Limits for a start");

	static List<PageText> pages() {
		return PageText.all();
	}

	@Test
	void everyPageIsExecutedByOneTestClass() {
		List<String> executed = ReflectionSupport
			.findAllClassesInPackage(DeployPagesTests.class.getPackageName(),
					(type) -> type.isAnnotationPresent(ExecutesPage.class), (name) -> true)
			.stream()
			.map((type) -> type.getAnnotation(ExecutesPage.class).value())
			.toList();
		assertThat(executed).containsExactlyInAnyOrderElementsOf(pages().stream().map(PageText::name).toList());
	}

	@Test
	void theTableOfTheIndexLinksEveryPageAndHasNoEmptyCell() {
		PageText index = PageText.of(PageText.INDEX);
		assertThat(index.rows()).isNotEmpty().allSatisfy((row) -> assertThat(row).doesNotContain("", "-", "–"));
		String table = String.join("\n", index.rows().stream().map(List::toString).toList());
		assertThat(LINK.matcher(table).results().map((link) -> link.group(1)).distinct())
			.containsAll(pages().stream().map(PageText::name).toList());
	}

	@ParameterizedTest
	@MethodSource("pages")
	void eachPageOpensWithItsFacts(PageText page) {
		assertThat(page.facts().keySet()).startsWith(FACTS.toArray(String[]::new));
		assertThat(page.facts().values()).doesNotContain("");
		assertThat(page.facts().get("Mode")).contains("`lockkeeper - mode ");
	}

	@ParameterizedTest
	@MethodSource("pages")
	void eachPageHasCommandsInBlocksThatTestsFind(PageText page) {
		assertThat(page.commands()).isNotEmpty().doesNotHaveDuplicates();
		assertThat(page.outputs()).doesNotHaveDuplicates();
		assertThat(Pattern.compile("(?m)^ *```(sh|shell|console|zsh)?$")
			.matcher(page.text())
			.results()
			.map(MatchResult::group)
			.filter((fence) -> !fence.strip().equals("```"))).as("blocks of commands that no test executes").isEmpty();
	}

	@Test
	void everyFolderOfFilesBelongsToAPage() throws IOException {
		try (Stream<Path> folders = Files.list(PageText.PAGES.resolve("files"))) {
			assertThat(folders.map((folder) -> folder.getFileName().toString()))
				.isSubsetOf(pages().stream().map(PageText::name).toList());
		}
	}

}
