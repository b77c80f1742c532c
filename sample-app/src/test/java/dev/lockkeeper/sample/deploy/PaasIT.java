// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Platforms that deploy what a file describes. Their programs have stand-ins; the
 * commands of the files are executed with the variables of the platform. All but one
 * share a database: what comes after the first migration finds nothing to do.
 */
@ExecutesPage("paas")
@FullTier
class PaasIT {

	private static final String MODE = "LOCKKEEPER_MODE";

	private static final String WAIT = "LOCKKEEPER_DEFER_WAIT_TIMEOUT";

	private static final TestDatabase DATABASE = TestPostgres.shared().createDatabase();

	@ParameterizedTest
	@EnumSource(Platform.class)
	void theStepMigratesAndTheApplicationDefers(Platform platform, DeployPage page) {
		page.database((platform == Platform.FLY) ? TestPostgres.shared().createDatabase() : DATABASE)
			.variable("PORT", "0");
		Release release = platform.release(page);
		JavaProcess step = page.start(List.of("bash", "-c", release.step()), release.variablesOfTheStep());
		assertThat(step.awaitExit(DeployPage.LIMIT)).as(step::getOutput).isZero();
		assertThat(step.getOutput()).containsAnyOf("lockkeeper - migrated", "lockkeeper - nothing to do")
			.contains("lockkeeper - mode MIGRATE_ONLY (" + platform.reason + ")");
		JavaProcess application = page.start(List.of("bash", "-c", release.application()),
				release.variablesOfTheApplication());
		application.awaitLine("lockkeeper - mode DEFER (lockkeeper.mode is set to defer), startup wait (the default)",
				DeployPage.LIMIT);
		assertThat(release.waitTimeout()).isLessThan(release.limit());
		if (platform == Platform.FLY || platform == Platform.DOKKU) {
			application.awaitLine("lockkeeper - the schema is there", DeployPage.LIMIT);
			assertThat(application.getOutput()).doesNotContain("does not fit the platform");
		}
		if (platform == Platform.FLY) {
			application.awaitPort(DeployPage.LIMIT);
			page.shows("mode MIGRATE_ONLY", step.getOutput());
			page.shows("mode DEFER", application.getOutput());
		}
	}

	@Test
	void withoutTheSettingTheApplicationMigratesItselfOnFly(DeployPage page) {
		JavaProcess alone = page.database(DATABASE)
			.start(List.of("java", "-jar", "application.jar", "--server.port=0"), Map.of("FLY_APP_NAME", "harbour"));
		assertThat(page.getText().modes()).filteredOn((mode) -> mode.contains("SELF"))
			.singleElement()
			.satisfies((mode) -> alone.awaitLine(mode, DeployPage.LIMIT));
	}

	@Test
	void theApplicationGetsItsDataSourceOnce(DeployPage page) {
		for (String program : List.of("fly", "railway", "az", "eb", "ssh")) {
			page.standIn(program);
		}
		page.variable("URL", "jdbc:postgresql://database.example:5432/harbour").variable("PASSWORD", "replace-me");
		page.succeed("export URL=");
		for (String block : List.of("fly secrets", "railway variable", "az containerapp job create",
				"--settings \\\n  SPRING_DATASOURCE_URL", "eb setenv", "dokku@dokku.example")) {
			page.succeed(block);
		}
		assertThat(page.calls().stream().map((call) -> call.replaceAll("( SPRING_DATASOURCE_\\w+=\\S+){3}", " …")))
			.containsExactly("fly apps create harbour", "fly secrets set --stage …", "railway variable set …",
					"az containerapp job create --name harbour-migration --resource-group harbour --environment harbour "
							+ "--trigger-type Manual --replica-timeout 3600 --replica-retry-limit 3 "
							+ "--image harbour.azurecr.io/harbour:1 --secrets password=replace-me "
							+ "--env-vars LOCKKEEPER_MODE=migrate-only …",
					"az containerapp create --name harbour --resource-group harbour --environment harbour "
							+ "--ingress external --target-port 8080 --image harbour.azurecr.io/harbour:1 "
							+ "--secrets password=replace-me --env-vars LOCKKEEPER_MODE=defer …",
					"az webapp config appsettings set --name harbour --resource-group harbour --output none --settings …",
					"eb setenv …", "ssh dokku@dokku.example apps:create harbour",
					"ssh dokku@dokku.example config:set --no-restart harbour …");
		assertThat(page.calls()).filteredOn((call) -> call.contains("DATASOURCE"))
			.hasSize(7)
			.allSatisfy((call) -> assertThat(call)
				.contains("SPRING_DATASOURCE_URL=jdbc:postgresql://database.example:5432/harbour "
						+ "SPRING_DATASOURCE_USERNAME=harbour SPRING_DATASOURCE_PASSWORD="));
	}

	@Test
	void eachCommandDeploysItsFile(DeployPage page) {
		page.variable("SERVICE", "srv-1").variable("APP", "4f6c71e2");
		for (String program : List.of("fly", "railway", "render", "doctl", "eb", "git")) {
			page.standIn(program);
		}
		for (String block : List.of("fly deploy", "railway up", "render deploys", "doctl apps", "eb deploy",
				"git push")) {
			page.succeed(block);
		}
		assertThat(page.calls()).containsExactly("fly deploy --local-only", "railway up --ci",
				"render deploys create srv-1 --wait --confirm",
				"doctl apps update 4f6c71e2 --spec digitalocean.yaml --wait", "eb deploy --timeout 40",
				"git push dokku main");
	}

	@Test
	void theJobOfContainerAppsEndsBeforeTheAppGetsTheImage(DeployPage page) {
		page.write("statuses", "Running\nSucceeded\n");
		page.database(DATABASE)
			.standIn("sleep")
			.standIn("az",
					"""
							case "$1 $2 $3 $4" in
								'containerapp job start --name')
									CONTAINER_APP_JOB_NAME=harbour-migration LOCKKEEPER_MODE=migrate-only java -jar application.jar >&2
									echo harbour-migration-abc ;;
								'containerapp job execution show') head -n 1 statuses; sed -i 1d statuses ;;
							esac
							""");
		assertThat(page.succeed("./azure-container-apps.sh")).contains("lockkeeper - mode MIGRATE_ONLY");
		String show = "az containerapp job execution show --name harbour-migration --resource-group harbour "
				+ "--job-execution-name harbour-migration-abc --query properties.status --output tsv";
		assertThat(page.calls()).containsExactly(
				"az containerapp job update --name harbour-migration --resource-group harbour "
						+ "--image harbour.azurecr.io/harbour:1 "
						+ "--set-env-vars LOCKKEEPER_MODE=migrate-only LOCKKEEPER_MAX_DURATION=55m "
						+ "--replica-timeout 3600 --replica-retry-limit 3 --output none",
				"az containerapp job start --name harbour-migration --resource-group harbour --query name --output tsv",
				"sleep 10", show, "sleep 10", show,
				"az containerapp update --name harbour --resource-group harbour --image harbour.azurecr.io/harbour:1 "
						+ "--set-env-vars LOCKKEEPER_MODE=defer LOCKKEEPER_DEFER_WAIT_TIMEOUT=150s --output none");
	}

	@ParameterizedTest
	@ValueSource(strings = { "Failed", "Stopped", "Degraded" })
	void theAppOfContainerAppsKeepsItsImageAfterAJobThatFailed(String status, DeployPage page) {
		page.standIn("sleep").standIn("az", "case \"$3 $4\" in 'execution show') echo %s ;; esac".formatted(status));
		JavaProcess release = page.run("./azure-container-apps.sh");
		assertThat(release.awaitExit(DeployPage.LIMIT)).isEqualTo(1);
		assertThat(release.getOutput()).contains("has ended: " + status);
		assertThat(page.calls()).noneMatch((call) -> call.startsWith("az containerapp update"));
	}

	@Test
	void thePipelineMigratesBeforeAppServiceGetsTheJar(DeployPage page) {
		page.database(DATABASE).standIn("az");
		assertThat(page.succeed("./azure-app-service.sh"))
			.contains("lockkeeper - mode MIGRATE_ONLY (--migrate-only is set)");
		assertThat(page.calls()).containsExactly(
				"az webapp config appsettings set --name harbour --resource-group harbour --output none --settings "
						+ "LOCKKEEPER_MODE=defer LOCKKEEPER_DEFER_WAIT_TIMEOUT=150s "
						+ "WEBSITE_WARMUP_PATH=/actuator/health/readiness WEBSITE_WARMUP_STATUSES=200",
				"az webapp deploy --name harbour --resource-group harbour --src-path application.jar --type jar");
	}

	@Test
	void thePipelineMigratesBeforeAppEngineGetsTheJar(DeployPage page) throws IOException {
		Files.createSymbolicLink(page.getFolder().resolve("app-engine/application.jar"),
				Path.of("..", "application.jar"));
		page.database(DATABASE).standIn("gcloud");
		assertThat(page.succeed("gcloud app deploy"))
			.contains("lockkeeper - mode MIGRATE_ONLY (--migrate-only is set)");
		assertThat(page.calls()).containsExactly("gcloud app deploy app.yaml --quiet");
	}

	@ParameterizedTest
	@ValueSource(strings = { "./azure-app-service.sh", "gcloud app deploy" })
	void nothingIsDeployedAfterAMigrationThatFailed(String block, DeployPage page) {
		page.standIn("az").standIn("gcloud").standIn("java", "exit 70");
		assertThat(page.run(block).awaitExit(DeployPage.LIMIT)).isEqualTo(70);
		assertThat(page.calls()).containsExactly("java -jar application.jar --migrate-only");
	}

	@Test
	void theImageHasACommandThatEachPlatformReplaces(DeployPage page) {
		assertThat(page.read("Dockerfile")).contains("CMD [\"java\", \"-jar\", \"application.jar\"]")
			.doesNotContain("ENTRYPOINT");
	}

	/**
	 * What a platform executes for a release.
	 *
	 * @param step the command before the release
	 * @param variablesOfTheStep the variables that the platform and its file set for it
	 * @param application the command of the application
	 * @param variablesOfTheApplication those of the application
	 * @param waitTimeout how long the application waits for the schema
	 * @param limit what the platform gives a start
	 */
	private record Release(String step, Map<String, String> variablesOfTheStep, String application,
			Map<String, String> variablesOfTheApplication, Duration waitTimeout, Duration limit) {
	}

	/**
	 * Platforms with a step before the release.
	 */
	private enum Platform {

		FLY("lockkeeper.mode is set to migrate-only") {
			@Override
			Release release(DeployPage page) {
				String file = page.read("fly.toml");
				Map<String, String> variables = with(
						Map.of("FLY_APP_NAME", "harbour", MODE, toml(file, MODE), WAIT, toml(file, WAIT)));
				return new Release(toml(file, "release_command"), with(variables, "RELEASE_COMMAND", "1"),
						"java -jar application.jar", variables, time(variables.getOrDefault(WAIT, "")),
						time(toml(file, "wait_timeout")));
			}
		},

		RAILWAY("--migrate-only is set") {
			@Override
			Release release(DeployPage page) {
				Tree deploy = Tree.of(page.read("railway.json")).at("deploy");
				Map<String, String> variables = Map.of("RAILWAY_SERVICE_ID", "1f0c", "RAILWAY_ENVIRONMENT_NAME",
						"production");
				String application = deploy.text("startCommand");
				return new Release(deploy.text("preDeployCommand", 0), variables, application, variables,
						time(application.replaceAll(".*%s=(\\w+).*".formatted(WAIT), "$1")),
						seconds(deploy.text("healthcheckTimeout")));
			}
		},

		RENDER("lockkeeper.mode is set to migrate-only") {
			@Override
			Release release(DeployPage page) {
				Tree service = Tree.of(page.read("render.yaml")).at("services", 0);
				Map<String, String> variables = with(Map.of("RENDER", "true", "RENDER_SERVICE_ID", "srv-1"));
				service.list("envVars")
					.stream()
					.filter((variable) -> variable.has("value") && !variable.text("key").equals("SERVER_PORT"))
					.forEach((variable) -> variables.put(variable.text("key"), variable.text("value")));
				return new Release(service.text("preDeployCommand"), variables, "java -jar application.jar", variables,
						time(variables.getOrDefault(WAIT, "")), Duration.ofMinutes(15));
			}
		},

		DIGITALOCEAN("--migrate-only is set") {
			@Override
			Release release(DeployPage page) {
				Tree app = Tree.of(page.read("digitalocean.yaml"));
				assertThat(app.text("jobs", 0, "kind")).isEqualTo("PRE_DEPLOY");
				assertThat(app.at("jobs", 0, "image")).isEqualTo(app.at("services", 0, "image"));
				Map<String, String> variables = new HashMap<>();
				app.list("services", 0, "envs")
					.forEach((variable) -> variables.put(variable.text("key"), variable.text("value")));
				Tree check = app.at("services", 0, "health_check");
				return new Release(app.text("jobs", 0, "run_command"), Map.of(), "java -jar application.jar", variables,
						time(variables.getOrDefault(WAIT, "")), seconds(check.text("period_seconds"))
							.multipliedBy(Long.parseLong(check.text("failure_threshold"))));
			}
		},

		ELASTIC_BEANSTALK("lockkeeper.mode is set to migrate-only") {
			@Override
			Release release(DeployPage page) {
				Tree config = Tree.of(page.read("elastic-beanstalk/.ebextensions/migration.config"));
				Map<String, String> variables = config.map("option_settings",
						"aws:elasticbeanstalk:application:environment");
				String step = config.text("container_commands", "migration", "command");
				Duration limit = seconds(config.text("option_settings", "aws:elasticbeanstalk:command", "Timeout"));
				assertThat(time(step.replaceAll(".*max-duration=(\\w+).*", "$1"))).isLessThan(limit);
				return new Release(step, variables,
						line(page.read("elastic-beanstalk/Procfile"), "web").replace("5000", "0"), variables,
						time(variables.getOrDefault(WAIT, "")), limit);
			}
		},

		DOKKU("--migrate-only is set") {
			@Override
			Release release(DeployPage page) {
				String procfile = page.read("dokku/Procfile");
				Tree check = Tree.of(page.read("dokku/app.json")).at("healthchecks", "web", 0);
				String application = line(procfile, "web").replace("5000", "0");
				return new Release(line(procfile, "release"), Map.of(), application, Map.of("DYNO", "web.1"),
						time(application.replaceAll(".*%s=(\\w+).*".formatted(WAIT), "$1")),
						seconds(check.text("wait")).multipliedBy(Long.parseLong(check.text("attempts"))));
			}
		};

		private final String reason;

		Platform(String reason) {
			this.reason = reason;
		}

		abstract Release release(DeployPage page);

		static Map<String, String> with(Map<String, String> variables, String... more) {
			Map<String, String> all = new HashMap<>(variables);
			for (int i = 0; i < more.length; i += 2) {
				all.put(more[i], more[i + 1]);
			}
			// Its port is the one of the test
			all.put("SERVER_PORT", "0");
			return all;
		}

		static String toml(String file, String key) {
			return only(file, "(?m)^ *%s = \"(.*)\"$".formatted(key));
		}

		static String line(String procfile, String process) {
			return only(procfile, "(?m)^%s: (.*)$".formatted(process));
		}

		static String only(String text, String pattern) {
			List<String> found = Pattern.compile(pattern)
				.matcher(text)
				.results()
				.map((match) -> match.group(1))
				.toList();
			assertThat(found).as(pattern).hasSize(1);
			return found.get(0);
		}

		static Duration time(String text) {
			return Duration.parse("PT" + text);
		}

		static Duration seconds(String text) {
			return Duration.ofSeconds(Long.parseLong(text));
		}

	}

}
