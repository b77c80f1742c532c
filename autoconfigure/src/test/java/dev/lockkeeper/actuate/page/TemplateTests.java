// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.core.io.support.SpringFactoriesLoader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Markup comes from resources alone.
 */
class TemplateTests {

	private static final Path SOURCES = Path.of("src", "main", "java", "dev", "lockkeeper", "actuate", "page");

	@Test
	void eachPlaceGetsItsValue() {
		assertThat(Template.named("link").fill(Map.of("address", "a", "words", "b"), String::valueOf))
			.isEqualTo("<a href=\"a\">b</a>");
	}

	@Test
	void aValueTooFewOrTooManyIsRefused() {
		assertThatIllegalStateException().isThrownBy(() -> Fragment.of("link", "address", "a"))
			.withMessageContaining("words");
		assertThatIllegalStateException()
			.isThrownBy(() -> Fragment.of("link", "address", "a", "words", "b", "other", "c"))
			.withMessageContaining("other");
		assertThatIllegalStateException().isThrownBy(() -> Fragment.of("missing")).withMessageContaining("missing");
	}

	@Test
	void theCodeHasNoMarkupAndUsesEachTemplate() throws IOException {
		String code = code();
		assertThat(code).doesNotContainPattern("\"[^\"\\n]*<(?!/?template\\b)/?[a-z]");
		assertThat(Template.names()).isNotEmpty().allSatisfy((name) -> assertThat(code).contains('"' + name + '"'));
	}

	@Test
	void theResourcesAreInANativeImage() {
		RuntimeHints hints = new RuntimeHints();
		SpringFactoriesLoader.forResourceLocation("META-INF/spring/aot.factories")
			.load(RuntimeHintsRegistrar.class)
			.stream()
			.filter(PageResource.class::isInstance)
			.forEach((registrar) -> registrar.registerHints(hints, getClass().getClassLoader()));
		for (String name : List.of("document.html", "schema.html", "runs.html", "lists.html", "page.css")) {
			assertThat(RuntimeHintsPredicates.resource().forResource("dev/lockkeeper/actuate/page/" + name)).as(name)
				.accepts(hints);
		}
	}

	private static String code() throws IOException {
		StringBuilder code = new StringBuilder();
		try (Stream<Path> files = Files.list(SOURCES)) {
			for (Path file : files.toList()) {
				code.append(Files.readString(file));
			}
		}
		return code.toString();
	}

}
