// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.deploy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * ECS and App Runner: the program {@code aws} has a stand-in, which executes the
 * container of the task that is run. Its answers have the form of the text output of
 * version 2.
 */
@ExecutesPage("app-runner-and-ecs")
@FullTier
class AppRunnerAndEcsIT {

	private static final String DEFINITION = "arn:aws:ecs:eu-central-1:111122223333:task-definition/";

	private static final String TASK = "arn:aws:ecs:eu-central-1:111122223333:task/harbour/0123456789abcdef";

	private static final String IMAGE = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/harbour:1";

	private static final String RUN_TASK = "aws ecs run-task --cluster harbour --task-definition " + DEFINITION
			+ "harbour-migration:1 --launch-type FARGATE --network-configuration awsvpcConfiguration={"
			+ "subnets=[subnet-0a1b2c3d],securityGroups=[sg-0a1b2c3d],assignPublicIp=DISABLED} "
			+ "--query tasks[0].taskArn --output text";

	private static final String WAIT = "aws ecs wait tasks-stopped --cluster harbour --tasks " + TASK;

	private static final String DESCRIBE = "aws ecs describe-tasks --cluster harbour --tasks " + TASK
			+ " --query 'tasks[0].[containers[0].exitCode, stoppedReason]' --output text";

	private static final String SERVING = "aws ecs describe-services --cluster harbour --services harbour --output text "
			+ "--query 'services[0].deployments[?status=='PRIMARY'].taskDefinition | [0]'";

	private static final String AWS = """
			case "$1 $2" in
				'ecs register-task-definition')
					[[ $4 =~ \\"family\\":\\ \\"([a-z-]+)\\" ]]
					echo "%1$s${BASH_REMATCH[1]}:1" ;;
				'ecs run-task')
					echo %2$s
					AWS_EXECUTION_ENV=AWS_ECS_FARGATE %3$s >> task.log 2>&1 && code=0 || code=$?
					printf '%%s\\t%%s\\n' "$code" 'Essential container in task exited' > task ;;
				'ecs describe-tasks') cat task ;;
				'ecs describe-services') echo %1$sharbour:1 ;;
			esac
			""";

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	void theTaskMigratesAndTheServiceGetsTheImage(DeployPage page) {
		page.database(this.database).standIn("docker").standIn("aws", aws(container(page, "migration.json")));
		String release = page.succeed("./deploy.sh \"$IMAGE\"");
		page.shows("ended with code 0", release);
		assertThat(page.calls()).containsSubsequence("aws ecr get-login-password", "docker build --tag " + IMAGE + " .",
				"docker push " + IMAGE, RUN_TASK, WAIT, DESCRIBE,
				"aws ecs update-service --cluster harbour --service harbour --task-definition " + DEFINITION
						+ "harbour:1 --deployment-configuration deploymentCircuitBreaker={enable=true,rollback=true} "
						+ "--output text --query service.serviceArn",
				"aws ecs wait services-stable --cluster harbour --services harbour", SERVING);
		assertThat(page.calls()).contains(
				"docker login --username AWS --password-stdin " + "111122223333.dkr.ecr.eu-central-1.amazonaws.com");
		assertThat(release).endsWith("The service runs " + DEFINITION + "harbour:1");
		assertThat(registered(page)).hasSize(2)
			.allSatisfy((call) -> assertThat(call).contains("\"image\": \"" + IMAGE + "\"")
				.endsWith("--query taskDefinition.taskDefinitionArn --output text"));
		page.shows("mode MIGRATE_ONLY", page.read("task.log"));
		Tree definition = Tree.of(page.read("application.json")).at("containerDefinitions", 0);
		int port = Http.freePort();
		JavaProcess task = page.start(List.of("java", "-jar", "application.jar"),
				Map.of("AWS_EXECUTION_ENV", "AWS_ECS_FARGATE", "SERVER_PORT", String.valueOf(port),
						"LOCKKEEPER_DEFER_WAIT_TIMEOUT", variable(definition, "LOCKKEEPER_DEFER_WAIT_TIMEOUT")));
		task.awaitPort(DeployPage.LIMIT);
		List<String> healthCheck = definition.texts("healthCheck", "command")
			.stream()
			.skip(1)
			.map((word) -> word.replace(":8080/", ":" + port + "/"))
			.toList();
		Awaitility.await().until(() -> page.start(healthCheck).awaitExit(DeployPage.LIMIT) == 0);
		page.shows("mode DEFER", task.getOutput());
		String written = page.read("task.log") + task.getOutput() + appRunner(page);
		assertThat(page.getText().modes()).hasSize(3).allSatisfy((mode) -> assertThat(written).contains(mode));
	}

	// Its service starts on the schema that the test has migrated
	private static String appRunner(DeployPage page) {
		Tree image = Tree.of(page.read("app-runner.json")).at("SourceConfiguration", "ImageRepository");
		JavaProcess service = page.start(List.of("java", "-jar", "application.jar", "--server.port=0"), Map
			.of("LOCKKEEPER_MODE", image.text("ImageConfiguration", "RuntimeEnvironmentVariables", "LOCKKEEPER_MODE")));
		service.awaitPort(DeployPage.LIMIT);
		return service.getOutput();
	}

	@Test
	void aMigrationThatFailsLeavesTheServicesAsTheyAre(DeployPage page) {
		page.standIn("docker").standIn("aws", aws("bash -c 'exit 70'"));
		for (String block : List.of("./deploy.sh \"$IMAGE\"", "aws apprunner update-service")) {
			JavaProcess release = page.run(block);
			assertThat(release.awaitExit(DeployPage.LIMIT)).as(release::getOutput).isEqualTo(70);
			assertThat(release.getOutput()).contains("The migration ended with code 70");
		}
		assertThat(page.calls()).filteredOn((call) -> call.contains("run-task")).containsExactly(RUN_TASK, RUN_TASK);
		assertThat(page.calls()).noneMatch((call) -> call.contains("update-service"));
	}

	@Test
	void aMigrationIsTriedAgainAfterACodeThatMaySucceed(DeployPage page) {
		page.write("codes", "75\n143\n0\n");
		page.standIn("sleep").standIn("aws", aws("bash -c 'code=$(head -n 1 codes); sed -i 1d codes; exit $code'"));
		String release = page.succeed("aws apprunner update-service");
		assertThat(release).contains("ended with code 75", "ended with code 143", "ended with code 0");
		assertThat(page.calls()).filteredOn((call) -> call.startsWith("sleep")).containsExactly("sleep 30", "sleep 30");
		assertThat(page.calls()).last()
			.asString()
			.startsWith("aws apprunner update-service --cli-input-json ")
			.contains("\"ImageIdentifier\": \"" + IMAGE + "\"");
	}

	@Test
	void itWaitsLongerThanTheProgramDoesAndForNoTaskThatWasNotStarted(DeployPage page) {
		page.standIn("aws", "if [ \"$2\" = wait ] && [ ! -e waited ]; then touch waited; exit 255; fi\n" + aws("true"));
		page.write("task", "");
		assertThat(page.succeed("aws apprunner update-service")).contains("ended with code 0");
		assertThat(page.calls()).containsSubsequence(WAIT, WAIT, DESCRIBE);
		page.standIn("aws",
				"case \"$1 $2\" in 'ecs describe-tasks') printf 'None\\tCannotPullContainerError\\n'; exit ;; esac\n"
						+ aws("true"));
		JavaProcess release = page.run("aws apprunner update-service");
		assertThat(release.awaitExit(DeployPage.LIMIT)).isEqualTo(1);
		assertThat(release.getOutput()).contains("ended with code 1 (CannotPullContainerError)");
		page.standIn("aws", "case \"$1 $2\" in 'ecs run-task') echo None; exit ;; esac\n" + aws("true"));
		release = page.run("aws apprunner update-service");
		assertThat(release.awaitExit(DeployPage.LIMIT)).isEqualTo(1);
		assertThat(release.getOutput()).contains("ended with code 1 (ECS has started no task)");
	}

	@Test
	void aReleaseThatEcsTakesBackFails(DeployPage page) {
		page.standIn("aws", "case \"$2\" in describe-services) echo %sharbour:0; exit ;; esac\n".formatted(DEFINITION)
				+ aws("true"));
		JavaProcess release = page.run("harbour:0");
		assertThat(release.awaitExit(DeployPage.LIMIT)).isEqualTo(1);
		assertThat(release.getOutput()).endsWith("ECS has gone back to " + DEFINITION + "harbour:0");
	}

	@Test
	void whatTheReleasesNeedIsMadeOnceAndTheServiceTheFirstTime(DeployPage page) {
		page.standIn("aws").variable("IMAGE", IMAGE).variable("NETWORK", "network");
		page.succeed("aws ecs create-cluster");
		page.succeed("aws ecs create-service");
		assertThat(page.calls()).hasSize(6)
			.startsWith("aws ecr create-repository --repository-name harbour",
					"aws logs create-log-group --log-group-name /harbour",
					"aws ecs create-cluster --cluster-name harbour",
					"aws secretsmanager create-secret --name harbour-password --secret-string file://password.txt")
			.endsWith("aws ecs create-service --cluster harbour --service-name harbour --task-definition harbour "
					+ "--desired-count 2 --launch-type FARGATE --network-configuration network "
					+ "--query service.serviceArn --output text");
		assertThat(registered(page)).singleElement().asString().contains("\"image\": \"" + IMAGE + "\"");
		for (String file : List.of("migration.json", "application.json")) {
			Tree definition = Tree.of(page.read(file));
			assertThat(definition.text("executionRoleArn")).endsWith(":role/ecsTaskExecutionRole");
			Tree container = definition.at("containerDefinitions", 0);
			assertThat(container.text("logConfiguration", "options", "awslogs-group")).isEqualTo("/harbour");
			assertThat(container.text("secrets", 0, "valueFrom")).endsWith(":secret:harbour-password");
		}
	}

	@Test
	void theHealthChecksOutlastTheWaitForTheSchema(DeployPage page) {
		page.standIn("aws", aws("true"));
		page.succeed("harbour:0");
		assertThat(registered(page)).singleElement().asString().contains("\"image\": \"" + IMAGE.replace(":1", ":0"));
		Tree container = Tree.of(page.read("application.json")).at("containerDefinitions", 0);
		assertThat(Duration.parse("PT" + variable(container, "LOCKKEEPER_DEFER_WAIT_TIMEOUT")))
			.isLessThan(Duration.ofSeconds(Long.parseLong(container.text("healthCheck", "startPeriod"))));
		Tree service = Tree.of(page.read("app-runner.json"));
		Tree check = service.at("HealthCheckConfiguration");
		Duration limit = Duration.ofSeconds(Long.parseLong(check.text("Interval")))
			.multipliedBy(Long.parseLong(check.text("UnhealthyThreshold")));
		assertThat(Duration.parse("PT" + service.text("SourceConfiguration", "ImageRepository", "ImageConfiguration",
				"RuntimeEnvironmentVariables", "LOCKKEEPER_DEFER_WAIT_TIMEOUT")))
			.isLessThan(limit);
	}

	private static String aws(String container) {
		return AWS.formatted(DEFINITION, TASK, container);
	}

	// The entry point of the image, and the command of the definition
	private static String container(DeployPage page, String file) {
		return "java -jar application.jar "
				+ String.join(" ", Tree.of(page.read(file)).at("containerDefinitions", 0).texts("command"));
	}

	private static String variable(Tree container, String name) {
		return container.list("environment")
			.stream()
			.filter((variable) -> variable.text("name").equals(name))
			.map((variable) -> variable.text("value"))
			.findFirst()
			.orElseThrow();
	}

	private static List<String> registered(DeployPage page) {
		Pattern image = Pattern.compile("aws ecs register-task-definition --cli-input-json .*");
		return page.calls().stream().map(image::matcher).filter(Matcher::matches).map(Matcher::group).toList();
	}

}
