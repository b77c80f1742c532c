// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.deploy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.ExitStatus.Retry;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * OpenShift. {@code oc} has a stand-in; the containers of the manifests are started here
 * as processes, with the variables of a pod.
 */
@FullTier
@ExecutesPage("openshift")
class OpenshiftIT {

	/**
	 * Runs the Job when its log is requested, which is when it has ended.
	 */
	private static final String OC = """
			case "$*" in
				'get job'*) [ -e polled ] && echo 'SuccessCriteriaMet %2$s'; touch polled ;;
				logs*) %1$s ;;
				'get pods'*) echo verdict ;;
			esac
			""";

	@Test
	void theJobMigratesThenTheApplicationServes(DeployPage page) {
		TestDatabase database = TestPostgres.shared().createDatabase();
		String owner = database.getServer().createRole("replace-me");
		database.execute("GRANT CREATE ON SCHEMA public TO " + owner);
		page.variable("KUBERNETES_SERVICE_HOST", "127.0.0.1")
			// A file of the container
			.variable("LOCKKEEPER_TERMINATION_MESSAGE_PATH", page.getFolder().resolve("message").toString())
			.variable("PAUSE", "0");
		Tree.of(page.read("secret.yaml")).map("stringData").forEach(page::variable);
		page.variable("SPRING_DATASOURCE_URL", database.getPlainUrl()).variable("SPRING_DATASOURCE_USERNAME", owner);
		Tree job = Tree.of(page.read("migration.yaml"));
		Tree deployment = Tree.allOf(page.read("application.yaml")).get(0);
		page.standIn("oc", OC.formatted(String.join(" ", command(job)), "Complete"));
		String release = page.succeed("./migrate.sh");
		page.shows("The Job has ended", release);
		assertThat(page.calls())
			.startsWith("oc apply -f secret.yaml", "oc delete job harbour-migration --ignore-not-found",
					"oc apply -f migration.yaml")
			.endsWith("oc logs --selector=job-name=harbour-migration --tail=-1", "oc apply -f application.yaml",
					"oc rollout status deployment/harbour --timeout=20m");
		int port = Http.freePort();
		JavaProcess pod = page.start(command(deployment), Map.of("SERVER_PORT", String.valueOf(port)));
		String readiness = container(deployment).text("readinessProbe", "httpGet", "path");
		Awaitility.await().atMost(DeployPage.LIMIT).until(() -> Http.get(port, readiness).status() == 200);
		page.shows("mode DEFER", pod.getOutput());
		assertThat(page.getText().modes()).hasSize(2)
			.allSatisfy((mode) -> assertThat(release + pod.getOutput()).contains(mode));
	}

	@Test
	void aJobThatFailsStopsTheReleaseAndItsPodHasTheVerdict(DeployPage page) {
		page.standIn("oc", OC.formatted("true", "Failed")).variable("PAUSE", "0");
		JavaProcess release = page.run("./migrate.sh");
		assertThat(release.awaitExit(DeployPage.LIMIT)).isEqualTo(1);
		assertThat(release.getOutput()).contains("The Job has ended: Failed");
		assertThat(page.calls()).doesNotContain("oc apply -f application.yaml");
		assertThat(page.succeed("terminated.message")).isEqualTo("verdict");
	}

	@Test
	void theManifestsSuitTheConstraintsOfAProjectAndTheCodes(DeployPage page) {
		Tree job = Tree.of(page.read("migration.yaml"));
		for (Tree workload : List.of(job, Tree.allOf(page.read("application.yaml")).get(0))) {
			assertThat(workload.map("spec", "template", "spec", "securityContext"))
				.containsEntry("runAsNonRoot", "true")
				.doesNotContainKeys("runAsUser", "runAsGroup", "fsGroup");
			assertThat(container(workload).text("securityContext", "allowPrivilegeEscalation")).isEqualTo("false");
			assertThat(container(workload).texts("securityContext", "capabilities", "drop")).containsExactly("ALL");
		}
		List<String> never = new ArrayList<>();
		for (ExitStatus status : ExitStatus.values()) {
			if (status.getRetry() == Retry.NEVER) {
				never.add(String.valueOf(status.getCode()));
			}
		}
		assertThat(job.texts("spec", "podFailurePolicy", "rules", 1, "onExitCodes", "values")).isEqualTo(never);
	}

	private static Tree container(Tree workload) {
		return workload.at("spec", "template", "spec", "containers", 0);
	}

	// The image is that of the Dockerfile: its entry point is Java with the jar
	private static List<String> command(Tree workload) {
		List<String> command = new ArrayList<>(List.of("java", "-jar", "application.jar"));
		Tree container = container(workload);
		assertThat(container.text("envFrom", 0, "secretRef", "name")).isEqualTo("harbour-database");
		if (container.has("args")) {
			command.addAll(container.texts("args"));
		}
		return command;
	}

}
