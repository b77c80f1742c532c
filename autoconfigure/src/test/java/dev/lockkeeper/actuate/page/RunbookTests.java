// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Stream;

import dev.lockkeeper.exit.ConfigurationException;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.schema.RunEnd;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class RunbookTests {

	@Test
	void aFailedRunLeadsToTheEntryOfItsStatus() {
		assertThat(page(Scene.FAILED, new Runbook("https://wiki.example.com/db#{status}")))
			.contains("<a href=\"https://wiki.example.com/db#migration\">Runbook: MIGRATION</a>");
		assertThat(page(Scene.FAILED, new Runbook("/runbook"))).contains("<a href=\"/runbook\">");
		assertThat(page(Scene.FAILED, null)).doesNotContain("Runbook");
	}

	@Test
	void aRunThatIsDoneLeadsToNone() {
		assertThat(page(Scene.CURRENT, new Runbook("/runbook"))).contains("Last run").doesNotContain("Runbook");
	}

	@ParameterizedTest
	@NullSource
	@ValueSource(strings = { "", " " })
	void withoutAnAddressThereIsNone(String url) {
		assertThat(Runbook.of(url)).isNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "wiki.example.com", "javascript:void(0)", "data:text/plain,a", "https:", "ftp://wiki" })
	void anAddressOfAnotherKindIsRefused(String url) {
		assertThatExceptionOfType(ConfigurationException.class).isThrownBy(() -> Runbook.of(url))
			.withMessage(
					"management.endpoint.schema.runbook-url is not valid: it must begin with https://, http:// or /");
	}

	@Test
	void theRunbookOfTheProjectHasAnEntryForEachStatus() throws IOException {
		Stream<String> failures = Arrays.stream(ExitStatus.values())
			.filter((status) -> status != ExitStatus.DONE && status != ExitStatus.PENDING)
			.map(ExitStatus::name);
		assertThat(Files.readAllLines(Path.of("../docs/operate/runbook.md"))
			.stream()
			.filter((line) -> line.startsWith("## ")))
			.containsExactlyInAnyOrderElementsOf(Stream.concat(failures, Stream.of(RunEnd.CRASHED, RunEnd.UNFORESEEN))
				.map((status) -> "## " + status.charAt(0) + status.substring(1).toLowerCase(Locale.ROOT))
				.toList());
	}

	private static String page(Scene scene, @Nullable Runbook runbook) {
		return SchemaPage.toHtml(Night.DECISION, new PageContext(Night.PROCESS, "schema", runbook), scene.inspections(),
				scene.isOpen(), false);
	}

}
