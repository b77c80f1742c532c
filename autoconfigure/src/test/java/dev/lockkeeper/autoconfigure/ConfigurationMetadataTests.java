// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The metadata that the annotation processor generates: what an editor shows to users.
 */
class ConfigurationMetadataTests {

	/**
	 * The defaults that the documentation promises; {@code null} for none.
	 */
	private static final Map<String, @Nullable String> DEFAULTS = defaults();

	private final JsonNode metadata = read();

	@Test
	void theKeysAndTheirDefaultsAreThoseOfTheContract() {
		Map<String, @Nullable String> found = new TreeMap<>();
		settings().forEach((property) -> {
			JsonNode value = property.get("defaultValue");
			found.put(property.get("name").asString(), (value != null) ? value.asString() : null);
		});
		assertThat(found).containsExactlyEntriesOf(new TreeMap<>(DEFAULTS));
	}

	@Test
	void everyKeyIsDescribedInTheWordsOfSpringBoot() {
		settings().forEach((property) -> {
			String name = property.get("name").asString();
			JsonNode description = property.get("description");
			assertThat(description).as("description of " + name).isNotNull();
			assertThat(description.asString()).as("description of " + name)
				.doesNotContainPattern("^(The|A|An) ")
				.endsWith(".");
			if ("java.lang.Boolean".equals(property.get("type").asString())) {
				assertThat(description.asString()).as("description of " + name).startsWith("Whether ");
			}
		});
	}

	@Test
	void theModesAreHinted() {
		assertThat(this.metadata.get("hints").toString()).contains("lockkeeper.mode", "auto", "self", "defer",
				"migrate-only");
	}

	@Test
	void theReadmeShowsEveryKeyWithItsDefault() throws IOException {
		List<String> rows = Files.readAllLines(Path.of("..", "README.md"))
			.stream()
			.filter((line) -> line.startsWith("| `lockkeeper."))
			.toList();
		assertThat(rows).hasSameSizeAs(DEFAULTS.keySet());
		DEFAULTS.forEach((key, value) -> assertThat(rows).anyMatch(
				(row) -> row.startsWith("| `%s` | %s |".formatted(key, (value != null) ? "`" + value + "`" : ""))));
	}

	@Test
	void thePageOfTheEndpointShowsItsSettingsWithTheirDefaults() throws IOException {
		String page = Files.readString(Path.of("..", "docs", "operate", "endpoint.md"));
		for (String key : List.of("show-values", "roles")) {
			JsonNode property = property("management.endpoint.schema." + key);
			JsonNode value = property.get("defaultValue");
			assertThat(property.get("description").asString()).endsWith(".");
			assertThat(page).contains("| `management.endpoint.schema.%s` | %s| ".formatted(key,
					(value != null && value.isString()) ? "`%s` ".formatted(value.asString()) : ""));
		}
	}

	private JsonNode property(String name) {
		return StreamSupport.stream(this.metadata.get("properties").spliterator(), false)
			.filter((property) -> property.get("name").asString().equals(name))
			.findFirst()
			.orElseThrow();
	}

	// The others of the endpoint are Spring Boot's, which describes them
	private Stream<JsonNode> settings() {
		return StreamSupport.stream(this.metadata.get("properties").spliterator(), false)
			.filter((property) -> property.get("name").asString().startsWith("lockkeeper."));
	}

	private static Map<String, @Nullable String> defaults() {
		Map<String, @Nullable String> defaults = new LinkedHashMap<>();
		defaults.put("lockkeeper.enabled", "true");
		defaults.put("lockkeeper.mode", "auto");
		defaults.put("lockkeeper.database-wait", "60s");
		defaults.put("lockkeeper.max-duration", null);
		defaults.put("lockkeeper.shutdown-grace", "20s");
		defaults.put("lockkeeper.lock.lease", "30s");
		defaults.put("lockkeeper.lock.wait-timeout", "10m");
		defaults.put("lockkeeper.lock.break-foreign-after", null);
		defaults.put("lockkeeper.retry.max-attempts", "5");
		defaults.put("lockkeeper.retry.max-duration", "5m");
		defaults.put("lockkeeper.wait.initial-interval", "1s");
		defaults.put("lockkeeper.wait.max-interval", "5s");
		defaults.put("lockkeeper.defer.wait-timeout", "15m");
		defaults.put("lockkeeper.defer.startup", "auto");
		defaults.put("lockkeeper.defer.fail-after", "5s");
		defaults.put("lockkeeper.readiness.refresh-interval", "10s");
		defaults.put("lockkeeper.postgresql.app-role", null);
		defaults.put("lockkeeper.postgresql.set-role", null);
		defaults.put("lockkeeper.postgresql.verify-app-role", "warn");
		defaults.put("lockkeeper.probe.enabled", null);
		defaults.put("lockkeeper.probe.schema", "management-port");
		defaults.put("lockkeeper.probe.stuck-after", null);
		defaults.put("lockkeeper.history.max-runs", "500");
		defaults.put("lockkeeper.postgresql.lock-timeout", "2s");
		defaults.put("lockkeeper.postgresql.lock-retry.max-attempts", "20");
		defaults.put("lockkeeper.postgresql.lock-retry.max-duration", null);
		defaults.put("lockkeeper.fast-path.enabled", "false");
		defaults.put("lockkeeper.rerun-older", "false");
		defaults.put("lockkeeper.unknown-keys", "warn");
		defaults.put("lockkeeper.initializers", "govern");
		defaults.put("lockkeeper.termination-message-path", null);
		return defaults;
	}

	private static JsonNode read() {
		try (InputStream input = ConfigurationMetadataTests.class
			.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
			return JsonMapper.shared().readTree(input);
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
