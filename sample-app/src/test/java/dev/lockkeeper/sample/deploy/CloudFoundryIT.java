// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.deploy;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Cloud Foundry: the program {@code cf} has a stand-in, which executes the process
 * {@code task} with the variables of {@code migration.yml}.
 */
@ExecutesPage("cloud-foundry")
@FullTier
class CloudFoundryIT {

	// A task has no index of an instance
	private static final String TASK = """
			if [ "$1" = run-task ]; then
				VCAP_APPLICATION='{"application_name": "harbour-migration"}' %s java -jar application.jar || exit 1
			fi
			""";

	private static final String PUSH = "cf push harbour --strategy rolling --manifest manifest.yml";

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	void theTaskMigratesAndTheAppIsPushed(DeployPage page) {
		page.database(this.database).standIn("cf", task(page));
		page.succeed("cf create-service");
		String release = page.succeed("cf push");
		assertThat(page.calls()).containsExactly("cf create-service postgres small harbour-db --wait",
				"cf push harbour-migration --task --manifest migration.yml",
				"cf run-task harbour-migration --name migrate --wait", PUSH);
		page.shows("mode MIGRATE_ONLY", release);
		Tree app = Tree.of(page.read("manifest.yml")).at("applications", 0);
		int port = Http.freePort();
		Map<String, String> variables = new HashMap<>(app.map("env"));
		variables.putAll(Map.of("VCAP_APPLICATION", "{\"application_name\": \"harbour\"}", "CF_INSTANCE_INDEX", "0",
				"SERVER_PORT", String.valueOf(port)));
		JavaProcess instance = page.start(List.of("java", "-jar", "application.jar"), variables);
		instance.awaitPort(DeployPage.LIMIT);
		assertThat(app.text("health-check-type")).isEqualTo("http");
		Awaitility.await().until(() -> Http.get(port, app.text("health-check-http-endpoint")).status() == 200);
		page.shows("mode DEFER", instance.getOutput());
		assertThat(instance.getOutput()).doesNotContain("does not fit the platform");
		assertThat(page.getText().modes()).hasSize(2)
			.allSatisfy((mode) -> assertThat(release + instance.getOutput()).contains(mode));
	}

	@Test
	void aTaskThatFailsLeavesTheAppAsItIs(DeployPage page) {
		page.database(this.database).standIn("cf", task(page));
		this.database.execute("CREATE TABLE quay (name text)");
		JavaProcess release = page.run("cf push");
		assertThat(release.awaitExit(DeployPage.LIMIT)).isEqualTo(1);
		assertThat(release.getOutput()).contains("The process ends with code 70 (MIGRATION)");
		assertThat(page.calls()).hasSize(2).doesNotContain(PUSH);
	}

	@Test
	void theTimeOutOutlastsTheWaitForTheSchema(DeployPage page) {
		page.standIn("cf");
		page.succeed("cf logs");
		page.succeed("cf run-task harbour-migration --wait");
		page.succeed("cf rollback");
		assertThat(page.calls()).containsExactly("cf logs harbour-migration --recent",
				"cf run-task harbour-migration --wait", "cf rollback harbour --version 7");
		Tree app = Tree.of(page.read("manifest.yml")).at("applications", 0);
		Tree migration = Tree.of(page.read("migration.yml")).at("applications", 0);
		assertThat(Duration.parse("PT" + app.text("env", "LOCKKEEPER_DEFER_WAIT_TIMEOUT")))
			.isLessThan(Duration.ofSeconds(Long.parseLong(app.text("timeout"))));
		for (String same : List.of("path", "memory", "buildpacks", "services")) {
			assertThat(migration.at(same)).isEqualTo(app.at(same));
		}
	}

	private static String task(DeployPage page) {
		StringBuilder variables = new StringBuilder();
		Tree.of(page.read("migration.yml"))
			.map("applications", 0, "env")
			.forEach((name, value) -> variables.append("%s='%s' ".formatted(name, value)));
		return TASK.formatted(variables);
	}

}
