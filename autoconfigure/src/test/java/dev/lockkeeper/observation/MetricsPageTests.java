// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observation;

import java.io.IOException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.lockkeeper.migration.MigrationListener;
import dev.lockkeeper.testing.GeneratedPage;
import io.micrometer.common.docs.KeyName;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The tables of the page of the metrics, which are what the code declares.
 */
class MetricsPageTests {

	private static final GeneratedPage PAGE = new GeneratedPage("metrics.md", MetricsPageTests.class);

	private static final String BEGIN = "<!-- generated -->";

	private static final String END = "<!-- end of what is generated -->";

	@Test
	void theTablesAreWhatTheCodeDeclares() throws IOException {
		PAGE.requirePart(BEGIN, END, tables());
	}

	@Test
	void everyEventOfAListenerIsOnThePage() throws IOException {
		List<String> rows = PAGE.read()
			.lines()
			.dropWhile((line) -> !line.equals("## Listeners"))
			.filter((line) -> line.startsWith("| `"))
			.map((line) -> line.substring(3, line.indexOf('`', 3)))
			.toList();
		assertThat(rows).containsExactlyInAnyOrderElementsOf(
				Arrays.stream(MigrationListener.class.getMethods()).map(Method::getName).toList());
	}

	private static String tables() {
		Set<KeyName> tags = new LinkedHashSet<>();
		StringBuilder text = new StringBuilder("\n\n## Observations\n\n");
		text.append("| Name | What | Tags | On spans alone |\n|---|---|---|---|\n");
		for (MigrationObservationDocumentation each : MigrationObservationDocumentation.values()) {
			tags.addAll(Arrays.asList(each.getLowCardinalityKeyNames()));
			tags.addAll(Arrays.asList(each.getHighCardinalityKeyNames()));
			text.append("| `%s` | %s | %s | %s |\n".formatted(each.getName(), each.getMeaning(),
					names(each.getLowCardinalityKeyNames()), names(each.getHighCardinalityKeyNames())));
		}
		text.append("\n## Gauges and counters\n\n| Name | Type | What | Tags |\n|---|---|---|---|\n");
		for (MigrationMeterDocumentation each : MigrationMeterDocumentation.values()) {
			tags.addAll(Arrays.asList(each.getKeyNames()));
			String unit = (each.getBaseUnit() != null) ? " (%s)".formatted(each.getBaseUnit()) : "";
			text.append("| `%s` | %s%s | %s | %s |\n".formatted(each.getName(),
					each.getType().name().toLowerCase(Locale.ROOT), unit, each.getMeaning(),
					names(each.getKeyNames())));
		}
		text.append("\n## Tags\n\n| Tag | Of | Values |\n|---|---|---|\n");
		for (Tag tag : Tag.values()) {
			assertThat(tags).contains(tag);
			text.append("| `%s` | %s | %s |\n".formatted(tag.asString(), users(tag), tag.getMeaning()));
		}
		return text.append('\n').toString();
	}

	private static String users(Tag tag) {
		Stream<String> observations = Arrays.stream(MigrationObservationDocumentation.values())
			.filter((each) -> Arrays
				.asList(KeyName.merge(each.getLowCardinalityKeyNames(), each.getHighCardinalityKeyNames()))
				.contains(tag))
			.map(MigrationObservationDocumentation::getName);
		Stream<String> meters = Arrays.stream(MigrationMeterDocumentation.values())
			.filter((each) -> Arrays.asList(each.getKeyNames()).contains(tag))
			.map(MigrationMeterDocumentation::getName);
		int all = MigrationObservationDocumentation.values().length + MigrationMeterDocumentation.values().length;
		Set<String> users = Stream.concat(observations, meters).collect(Collectors.toCollection(LinkedHashSet::new));
		if (users.size() == all) {
			return "everything";
		}
		return (users.size() > 3) ? "all but " + others(users) : quoted(users.stream());
	}

	private static String others(Set<String> users) {
		return quoted(Stream
			.concat(Arrays.stream(MigrationObservationDocumentation.values())
				.map(MigrationObservationDocumentation::getName),
					Arrays.stream(MigrationMeterDocumentation.values()).map(MigrationMeterDocumentation::getName))
			.filter((name) -> !users.contains(name)));
	}

	private static String names(KeyName[] keys) {
		return quoted(Arrays.stream(keys).map(KeyName::asString));
	}

	private static String quoted(Stream<String> names) {
		return names.map((name) -> "`" + name + "`").collect(Collectors.joining(", "));
	}

}
