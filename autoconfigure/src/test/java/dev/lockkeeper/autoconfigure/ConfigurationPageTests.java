// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;

import dev.lockkeeper.testing.GeneratedPage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.util.ClassUtils;

/**
 * The page of all settings, which is what the generated metadata yields.
 */
class ConfigurationPageTests {

	private static final GeneratedPage PAGE = new GeneratedPage("configuration.md", ConfigurationPageTests.class);

	private static final String INTRODUCTION = """
			# Configuration

			Every key of `lockkeeper.*`, with its type, its default and its meaning. They are set as any other property of
			Spring Boot: in `application.yaml`, on the command line (`--lockkeeper.mode=self`), or as an environment variable,
			in upper case, with underscores for dots and without dashes (`LOCKKEEPER_DATABASEWAIT=90s`). A duration is a
			number with a unit (`500ms`, `30s`, `10m`, `1h`); without a unit it counts milliseconds. A value that is not valid
			ends the process with [78](exit-codes.md).

			The flag `--migrate-only` is short for `lockkeeper.mode=migrate-only`; it counts on the command line only. What
			Liquibase and Flyway do is set by `spring.liquibase.*` and `spring.flyway.*`, as without Lockkeeper.

			This page is generated from the metadata of the settings, which also makes editors complete them. Do not edit it;
			change the descriptions in the code and write it anew:

			```
			%s
			```
			"""
		.formatted(PAGE.getCommand());

	private final JsonNode metadata = read();

	@Test
	void thePageIsWhatTheMetadataYields() throws IOException {
		PAGE.require(page());
	}

	private String page() {
		StringBuilder page = new StringBuilder(INTRODUCTION);
		settingsByGroup().forEach((group, settings) -> {
			page.append("\n## `%s.*`\n\n| Key | Type | Default | What |\n|---|---|---|---|\n".formatted(group));
			settings.forEach((setting) -> page.append(row(setting)));
		});
		return page.toString();
	}

	private Map<String, List<JsonNode>> settingsByGroup() {
		Map<String, List<JsonNode>> groups = new TreeMap<>();
		for (JsonNode property : this.metadata.get("properties")) {
			String name = text(property, "name");
			if (name.startsWith("lockkeeper.")) {
				groups.computeIfAbsent(name.substring(0, name.lastIndexOf('.')), (group) -> new ArrayList<>())
					.add(property);
			}
		}
		return groups;
	}

	private String row(JsonNode setting) {
		String name = text(setting, "name");
		String type = text(setting, "type");
		JsonNode defaultValue = setting.get("defaultValue");
		List<String> allowed = allowedValues(name, type);
		return "| `%s` | %s | %s | %s |\n".formatted(name, allowed.isEmpty() ? simpleName(type) : "one of",
				(defaultValue != null) ? "`" + defaultValue.asString() + "`" : "",
				(text(setting, "description") + allowed.stream().collect(Collectors.joining("<br>", "<br>", "")))
					.replaceFirst("<br>$", "")
					.replace("|", "\\|"));
	}

	private List<String> allowedValues(String name, String type) {
		List<String> hinted = new ArrayList<>();
		for (JsonNode hint : this.metadata.get("hints")) {
			if (name.equals(text(hint, "name"))) {
				for (JsonNode value : hint.get("values")) {
					JsonNode description = value.get("description");
					hinted.add("`%s`%s".formatted(text(value, "value"),
							(description != null) ? ": " + description.asString() : ""));
				}
			}
		}
		return hinted.isEmpty() ? constantsOf(type) : hinted;
	}

	private static List<String> constantsOf(String type) {
		Object[] constants = ClassUtils.isPresent(type, null)
				? ClassUtils.resolveClassName(type, null).getEnumConstants() : null;
		return (constants != null) ? Arrays.stream(constants)
			.map((constant) -> "`%s`".formatted(((Enum<?>) constant).name().toLowerCase(Locale.ROOT).replace('_', '-')))
			.toList() : List.of();
	}

	private static String simpleName(String type) {
		return switch (type) {
			case "java.lang.Boolean" -> "boolean";
			case "java.lang.Integer", "java.lang.Long" -> "number";
			case "java.lang.String" -> "text";
			case "java.time.Duration" -> "duration";
			default -> type.substring(type.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
		};
	}

	private static String text(JsonNode node, String field) {
		@Nullable JsonNode value = node.get(field);
		return Objects.requireNonNull(value, () -> field + " of " + node).asString();
	}

	private static JsonNode read() {
		try (InputStream input = ConfigurationPageTests.class
			.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
			return JsonMapper.shared().readTree(input);
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
