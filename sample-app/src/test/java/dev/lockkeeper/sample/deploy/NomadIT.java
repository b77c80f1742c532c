// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Nomad. {@code nomad} has a stand-in; what its driver would start is started here, with
 * the variables that Nomad sets.
 */
@FullTier
@ExecutesPage("nomad")
class NomadIT {

	private static final Pattern JAR = Pattern.compile("jar_path\\s*= (\".*\")");

	private static final Pattern ARGUMENTS = Pattern.compile("args\\s*= (\\[.*])");

	private static final Pattern VARIABLE = Pattern.compile("(?m)^\\s*(\\w+)\\s*= \"(.*)\"$");

	private static final Pattern SECRET = Pattern.compile("(?m)^\\s*(\\w+)=\\{\\{ \\.(\\w+) }}$");

	@Test
	void theTaskBeforeTheApplicationMigratesThenTheApplicationServes(DeployPage page) throws IOException {
		TestDatabase database = TestPostgres.shared().createDatabase();
		String owner = database.getServer().createRole("replace-me");
		database.execute("GRANT CREATE ON SCHEMA public TO " + owner);
		page.standIn("nomad").succeed("nomad var put");
		page.succeed("nomad job run");
		assertThat(page.calls()).containsExactly(
				"nomad var put nomad/jobs/harbour "
						+ "url=jdbc:postgresql://database.example:5432/harbour username=harbour password=replace-me",
				"nomad job validate -var=release=https://artifacts.example/harbour-1.jar harbour.nomad.hcl",
				"nomad job run -var=release=https://artifacts.example/harbour-1.jar harbour.nomad.hcl");
		Map<String, String> stored = Map.of("url", database.getPlainUrl(), "username", owner, "password", "replace-me");
		// Where the artifact puts it
		Files.createDirectory(page.getFolder().resolve("local"));
		Files.createSymbolicLink(page.getFolder().resolve("local").resolve("application.jar"),
				Path.of("..", "application.jar"));
		int port = Http.freePort();
		page.variable("NOMAD_ALLOC_ID", "5f2a0c1e-0000-4000-8000-000000000000")
			.variable("NOMAD_PORT_http", String.valueOf(port));
		String migrating = block(page, "task \"migration\"");
		assertThat(block(migrating, "lifecycle")).contains("hook = \"prestart\"").doesNotContain("sidecar");
		assertThat(migrating).contains("artifact", "destination = \"local/application.jar\"");
		JavaProcess migration = page.start(command(migrating), secrets(migrating, stored));
		assertThat(migration.awaitExit(DeployPage.LIMIT)).as(migration::getOutput).isZero();
		page.shows("mode MIGRATE_ONLY", migration.getOutput());
		String serving = block(page, "task \"application\"");
		Map<String, String> variables = secrets(serving, stored);
		VARIABLE.matcher(block(serving, "env"))
			.results()
			.forEach((variable) -> variables.put(variable.group(1),
					variable.group(2).replace("${NOMAD_PORT_http}", String.valueOf(port))));
		JavaProcess application = page.start(command(serving), variables);
		String check = block(page, "check");
		String path = VARIABLE.matcher(check)
			.results()
			.filter((variable) -> variable.group(1).equals("path"))
			.map((variable) -> variable.group(2))
			.findFirst()
			.orElseThrow();
		Awaitility.await().atMost(DeployPage.LIMIT).until(() -> Http.get(port, path).status() == 200);
		page.shows("mode DEFER", application.getOutput());
		assertThat(page.getText().modes()).hasSize(2)
			.allSatisfy((mode) -> assertThat(migration.getOutput() + application.getOutput()).contains(mode));
	}

	@Test
	void theVersionBeforeIsGoneBackTo(DeployPage page) {
		page.standIn("nomad").succeed("nomad job revert");
		assertThat(page.calls()).containsExactly("nomad job revert harbour 0");
		String job = page.read("harbour.nomad.hcl");
		assertThat(block(job, "update")).contains("canary       = 1", "auto_revert  = true",
				"healthy_deadline  = \"40m\"", "progress_deadline = \"45m\"");
		assertThat(page.getText().facts().get("Limits for a start")).contains("40m and 45m",
				"`lockkeeper.max-duration` (10m)");
		assertThat(job).contains("--lockkeeper.max-duration=10m", "LOCKKEEPER_DEFER_WAIT_TIMEOUT = \"2m\"");
	}

	private static List<String> command(String task) {
		assertThat(task).contains("driver = \"java\"");
		List<String> command = new ArrayList<>(List.of("java", "-jar"));
		command.add(JAR.matcher(task).results().map((jar) -> Tree.of(jar.group(1)).text()).findFirst().orElseThrow());
		ARGUMENTS.matcher(task).results().map((list) -> Tree.of(list.group(1)).texts()).forEach(command::addAll);
		return command;
	}

	private static Map<String, String> secrets(String task, Map<String, String> stored) {
		assertThat(block(task, "template")).contains("nomadVar \"nomad/jobs/harbour\"", "env         = true");
		Map<String, String> variables = SECRET.matcher(task)
			.results()
			.collect(Collectors.toMap((MatchResult secret) -> secret.group(1),
					(secret) -> stored.getOrDefault(secret.group(2), "")));
		assertThat(variables).hasSize(3);
		return new HashMap<>(variables);
	}

	private static String block(DeployPage page, String head) {
		return block(page.read("harbour.nomad.hcl"), head);
	}

	/**
	 * Return the only block of a text in HCL that begins like this, with its braces.
	 */
	private static String block(String text, String head) {
		List<MatchResult> heads = Pattern.compile("(?m)^\\s*" + Pattern.quote(head) + " \\{")
			.matcher(text)
			.results()
			.toList();
		assertThat(heads).as(head).hasSize(1);
		int depth = 0;
		for (int position = heads.get(0).end() - 1; position < text.length(); position++) {
			depth += switch (text.charAt(position)) {
				case '{' -> 1;
				case '}' -> -1;
				default -> 0;
			};
			if (depth == 0) {
				return text.substring(heads.get(0).start(), position + 1);
			}
		}
		throw new AssertionError("No end of " + head);
	}

}
