// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.lockkeeper.compatibility.plain.PlainApplication;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.Http.Answer;
import dev.lockkeeper.testsupport.SampledCases;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The JSON that a web server gives has the names, the order and the form that clients
 * were promised.
 */
class SchemaJsonIT {

	private static final String SCHEMA = """
			{"status":"CURRENT","checkedAt":"<time>","engine":{"name":"Liquibase","version":"<release>"},\
			"version":{"id":"quartz-init","author":"quartz",\
			"file":"org/quartz/impl/jdbcjobstore/liquibase.quartz.init.xml","tag":null,"appliedAt":"<time>","order":2},\
			"applied":2,"pending":{"total":0,"first":[]},"unknown":{"total":0,"first":[]},\
			"changed":{"total":0,"first":[]},"lock":%s,"run":null,\
			"lastRun":{"runId":"<uuid>","status":"DONE","code":0,"mode":"SELF","application":"harbour","version":"1.2.3",\
			"host":"pod-7","holder":"harbour pod-7/<uuid>","fenced":true,"from":null,\
			"to":"org/quartz/impl/jdbcjobstore/liquibase.quartz.init.xml::quartz-init::quartz","applied":2,\
			"changeSet":null,"sqlState":null,"message":null,"lockWaitMs":"<number>","timesBlocked":0,"lastBlocked":null,"startedAt":"<time>",\
			"finishedAt":"<time>","durationMs":"<number>"},"problem":null}""";

	private static final String ALL = """
			{"mode":{"value":"SELF","reason":"lockkeeper.mode is set to self"},"schemas":{"liquibase":%s}}"""
		.formatted(SCHEMA);

	private static final String LOCK = """
			{"holder":"harbour pod-8","since":"<time>","until":"<time>"}""";

	private static final Pattern EXAMPLE = Pattern.compile("```json\n(\\{\n {2}\"status\".*?)\n```", Pattern.DOTALL);

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@ParameterizedTest
	@SampledCases
	@ValueSource(strings = { "servlet", "reactive" })
	@FullTier
	void everyMemberIsThereInItsOrder(String type) throws IOException {
		try (ConfigurableApplicationContext context = Contexts.run(PlainApplication.class, this.database,
				"--lockkeeper.mode=self", "--spring.main.web-application-type=" + type,
				"--spring.application.name=harbour", "--spring.application.version=1.2.3", "--HOSTNAME=pod-7",
				"--spring.jackson.default-property-inclusion=non_null")) {
			int port = context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
			assertThat(get(port, "/actuator/schema")).isEqualTo(ALL.formatted("null"));
			assertThat(get(port, "/actuator/schema/liquibase")).isEqualTo(SCHEMA.formatted("null"));
			this.database.execute("UPDATE lockkeeper_lock SET locked_by = 'harbour pod-8', "
					+ "locked_at = timezone('utc', now()), lock_until = timezone('utc', now()) + interval '1 hour'");
			String path = "/actuator/schema/liquibase";
			Awaitility.await().atMost(Contexts.START).until(() -> !get(port, path).contains("\"lock\":null"));
			assertThat(get(port, path)).isEqualTo(SCHEMA.formatted(LOCK));
			assertThat(get(port, "/actuator/schema")).isEqualTo(ALL.formatted(LOCK));
			assertThat(names(Http.get(port, path).body())).isEqualTo(names(example()));
		}
	}

	// The example of the page is of a run in progress
	private static List<String> names(String schema) {
		JsonNode node = JsonMapper.shared().readTree(schema);
		List<String> names = new ArrayList<>(node.propertyNames());
		for (String member : List.of("engine", "version", "pending", "unknown", "changed", "lock", "lastRun")) {
			node.path(member).propertyNames().forEach((name) -> names.add(member + "." + name));
		}
		return names;
	}

	private static String example() throws IOException {
		Matcher matcher = EXAMPLE.matcher(Files.readString(Path.of("..", "docs", "operate", "endpoint.md")));
		assertThat(matcher.find()).isTrue();
		return matcher.group(1);
	}

	// What differs from one run to the next is not compared, but for its form
	private static String get(int port, String path) {
		Answer answer = Http.get(port, path);
		assertThat(answer.status()).isEqualTo(200);
		return answer.body()
			.replaceAll("\"\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z\"", "\"<time>\"")
			.replaceAll("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<uuid>")
			.replaceAll("(\"Liquibase\",\"version\":\")\\d+(\\.\\d+)+", "$1<release>")
			.replaceAll("(\"(lockWaitMs|durationMs)\":)\\d+", "$1\"<number>\"");
	}

}
