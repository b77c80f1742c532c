// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.deploy;

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
 * Cloud Run: the program {@code gcloud} has a stand-in, which executes the job that is
 * started.
 */
@ExecutesPage("cloud-run")
@FullTier
class CloudRunIT {

	// As gcloud does, it ends with 1 whatever code the container has ended with
	private static final String JOB = """
			case "$1 $2 $3" in 'run jobs deploy')
				for word in "$@"; do
					case $word in --args=*) IFS=, read -ra arguments <<< "${word#--args=}" ;; esac
				done
				CLOUD_RUN_JOB=$4 CLOUD_RUN_EXECUTION="$4-abcde" CLOUD_RUN_TASK_INDEX=0 CLOUD_RUN_TASK_COUNT=1 \\
					java -jar application.jar "${arguments[@]}" || exit 1 ;;
			esac
			""";

	private static final String COMMON = "--image europe-west1-docker.pkg.dev/my-project/harbour/harbour:1 "
			+ "--region europe-west1 --env-vars-file harbour.yaml "
			+ "--set-secrets SPRING_DATASOURCE_PASSWORD=harbour-password:latest ";

	private static final String JOB_CALL = "gcloud run jobs deploy harbour-migration " + COMMON
			+ "--args=--migrate-only,--lockkeeper.max-duration=55m --task-timeout 1h --max-retries 3 --wait";

	private static final String PROBE = "httpGet.path=/actuator/health/readiness,periodSeconds=10,"
			+ "timeoutSeconds=5,failureThreshold=24";

	private static final String SERVICE_CALL = "gcloud run deploy harbour " + COMMON + "--startup-probe " + PROBE;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	void theJobMigratesAndTheServiceGetsTheImage(DeployPage page) {
		variables(page).standIn("gcloud", JOB);
		page.succeed("gcloud secrets");
		String job = page.succeed("./deploy.sh");
		assertThat(page.calls()).containsExactly(
				"gcloud artifacts repositories create harbour --repository-format docker --location europe-west1",
				"gcloud secrets create harbour-password --data-file=password.txt",
				"gcloud secrets add-iam-policy-binding harbour-password --role roles/secretmanager.secretAccessor "
						+ "--member serviceAccount:123456789012-compute@developer.gserviceaccount.com",
				"gcloud builds submit --tag europe-west1-docker.pkg.dev/my-project/harbour/harbour:1", JOB_CALL,
				SERVICE_CALL);
		page.shows("mode MIGRATE_ONLY", job);
		int port = Http.freePort();
		JavaProcess instance = page.start(List.of("java", "-jar", "application.jar"), Map.of("K_SERVICE", "harbour",
				"K_REVISION", "harbour-00001-abc", "K_CONFIGURATION", "harbour", "SERVER_PORT", String.valueOf(port)));
		// What the startup probe sees before that is no answer at all
		instance.awaitPort(DeployPage.LIMIT);
		String path = PROBE.replaceAll(".*httpGet.path=([^,]*),.*", "$1");
		Awaitility.await().until(() -> Http.get(port, path).status() == 200);
		page.shows("mode DEFER", instance.getOutput());
		assertThat(instance.getOutput()).doesNotContain("does not fit the platform");
		assertThat(page.getText().modes()).hasSize(2)
			.allSatisfy((mode) -> assertThat(job + instance.getOutput()).contains(mode));
	}

	@Test
	void aJobThatFailsLeavesTheServiceAsItIs(DeployPage page) {
		variables(page).standIn("gcloud", JOB);
		this.database.execute("CREATE TABLE quay (name text)");
		JavaProcess release = page.run("./deploy.sh");
		assertThat(release.awaitExit(DeployPage.LIMIT)).isEqualTo(1);
		assertThat(release.getOutput()).contains("The process ends with code 70 (MIGRATION)");
		assertThat(page.calls()).contains(JOB_CALL).doesNotContain(SERVICE_CALL);
	}

	@Test
	void theProbeOutlastsTheWaitForTheSchemaAndFitsThePlatform(DeployPage page) {
		page.standIn("gcloud");
		page.succeed("gcloud run jobs executions list");
		page.succeed("gcloud run services update-traffic");
		assertThat(page.calls()).containsExactly(
				"gcloud run jobs executions list --job harbour-migration --region europe-west1 --limit 1",
				"gcloud run services update-traffic harbour --region europe-west1 --to-revisions harbour-00007-abc=100");
		int seconds = number("periodSeconds") * number("failureThreshold");
		assertThat(Tree.of(page.read("harbour.yaml")).text("LOCKKEEPER_DEFER_WAIT_TIMEOUT")).isEqualTo("150s");
		assertThat(seconds).isGreaterThan(150).isLessThanOrEqualTo(240);
	}

	private DeployPage variables(DeployPage page) {
		Tree.of(page.read("harbour.yaml")).map().forEach(page::variable);
		// The server of this test, in the place of the one in the file
		return page.without("SPRING_DATASOURCE_USERNAME").database(this.database);
	}

	private static int number(String key) {
		return Integer.parseInt(PROBE.replaceAll(".*%s=(\\d+).*".formatted(key), "$1"));
	}

}
