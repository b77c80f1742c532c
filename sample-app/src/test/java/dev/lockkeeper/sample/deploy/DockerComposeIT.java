// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.deploy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.Requirement;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Docker Compose and plain Docker. Docker has a stand-in: what it would start in a
 * container is started here as a process.
 */
@ExecutesPage("docker-compose")
class DockerComposeIT {

	private static final Pattern ENTRYPOINT = Pattern.compile("(?m)^ENTRYPOINT (\\[.*])$");

	private static final Pattern VARIABLE = Pattern.compile("(?m)^(\\w+)=(.*)$");

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	@FullTier
	void theSchemaIsMigratedThenTheApplicationServes(DeployPage page) {
		Requirement.require("curl", DeployPage.missing("curl"));
		database(page, "GRANT CREATE ON SCHEMA public TO ");
		Tree compose = Tree.of(page.read("compose.yaml"));
		String release = page.standIn("docker", onRun(page)).succeed("docker compose run");
		assertThat(page.calls()).containsExactly("docker compose build", "docker compose run --rm migration",
				"docker compose up --detach --wait");
		page.shows("mode MIGRATE_ONLY", release);
		Tree service = compose.at("services", "application");
		assertThat(service.text("depends_on", "migration", "condition")).isEqualTo("service_completed_successfully");
		assertThat(compose.text("services", "migration", "restart")).isEqualTo("no");
		int port = Http.freePort();
		Map<String, String> variables = new HashMap<>(service.map("environment"));
		variables.put("SERVER_PORT", String.valueOf(port));
		JavaProcess application = page.start(command(page, "application"), variables);
		application.awaitPort(DeployPage.LIMIT);
		List<String> healthCheck = service.texts("healthcheck", "test")
			.stream()
			.skip(1)
			.map((word) -> word.replace(":8080/", ":" + port + "/"))
			.toList();
		Awaitility.await().until(() -> page.start(healthCheck).awaitExit(DeployPage.LIMIT) == 0);
		page.shows("mode DEFER", application.getOutput());
		assertThat(page.getText().modes()).hasSize(2)
			.allSatisfy((mode) -> assertThat(release + application.getOutput()).contains(mode));
	}

	@Test
	@FullTier
	void aMigrationThatFailsStopsTheRelease(DeployPage page) {
		database(page, "REVOKE CREATE ON SCHEMA public FROM PUBLIC, ");
		JavaProcess release = page.standIn("docker", onRun(page)).run("docker compose run");
		assertThat(release.awaitExit(DeployPage.LIMIT)).as(release::getOutput).isEqualTo(77);
		assertThat(page.calls()).containsExactly("docker compose build", "docker compose run --rm migration");
	}

	@Test
	@FullTier
	void theReleaseBeforeIsStartedFromItsImage(DeployPage page) {
		assertThat(page.standIn("docker", "echo \"of release $RELEASE\"").succeed("RELEASE=1 docker"))
			.contains("of release 1");
		assertThat(page.calls()).containsExactly("docker compose up --detach --wait --no-build");
		assertThat(Tree.of(page.read("compose.yaml")).text("services", "application", "image"))
			.isEqualTo("harbour:${RELEASE:-1}");
	}

	@Test
	@FullTier
	void plainDockerRunsTheSameContainers(DeployPage page) {
		page.standIn("docker");
		page.succeed("docker build");
		page.succeed("docker stop");
		page.succeed("docker run --detach");
		Tree service = Tree.of(page.read("compose.yaml")).at("services", "application");
		String healthCheck = service.texts("healthcheck", "test").stream().skip(1).collect(Collectors.joining(" "));
		String variables = service.map("environment")
			.entrySet()
			.stream()
			.map((variable) -> "--env %s=%s".formatted(variable.getKey(), variable.getValue()))
			.collect(Collectors.joining(" "));
		assertThat(page.calls()).containsExactly("docker build --tag harbour:1 .",
				"docker run --rm --stop-timeout 60 --env-file harbour.env harbour:1 --migrate-only",
				"docker stop harbour", "docker rm harbour",
				"docker run --detach --name harbour --restart %s --stop-timeout 60 --env-file harbour.env %s "
					.formatted(service.text("restart"), variables)
						+ "--publish 8080:8080 --health-start-period 3m --health-cmd '%s' harbour:1"
							.formatted(healthCheck));
	}

	// As a role that owns nothing but what it creates
	private void database(DeployPage page, String right) {
		Map<String, String> variables = VARIABLE.matcher(page.read("harbour.env"))
			.results()
			.collect(Collectors.toMap((variable) -> variable.group(1), (variable) -> variable.group(2)));
		assertThat(variables).containsOnlyKeys("SPRING_DATASOURCE_URL", "SPRING_DATASOURCE_USERNAME",
				"SPRING_DATASOURCE_PASSWORD");
		variables.forEach(page::variable);
		String role = this.database.getServer().createRole("replace-me");
		this.database.execute(right + role);
		// The server of this test, in the place of the service
		page.variable("SPRING_DATASOURCE_URL", this.database.getPlainUrl())
			.variable("SPRING_DATASOURCE_USERNAME", role);
	}

	private static List<String> command(DeployPage page, String service) {
		Matcher entrypoint = ENTRYPOINT.matcher(page.read("Dockerfile"));
		List<String> words = entrypoint.results()
			.map((match) -> match.group(1))
			.map(Tree::of)
			.findFirst()
			.orElseThrow()
			.texts();
		List<String> command = new ArrayList<>(words);
		Tree definition = Tree.of(page.read("compose.yaml")).at("services", service);
		if (definition.has("command")) {
			command.addAll(definition.texts("command"));
		}
		return command;
	}

	/**
	 * Return what the stand-in does on {@code docker compose run --rm migration}: it
	 * starts the command of that service.
	 */
	private static String onRun(DeployPage page) {
		return "if [ \"$*\" = 'compose run --rm migration' ]; then exec %s; fi"
			.formatted(String.join(" ", command(page, "migration")));
	}

}
