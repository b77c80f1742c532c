// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.deploy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Functions: the programs of the platforms have stand-ins, the step of the pipeline
 * really migrates, and the application is started with the variables of each platform.
 */
@ExecutesPage("functions")
@FullTier
class FunctionsIT {

	private static final String VERSION = "case \"$2\" in update-function-code) echo 8 ;; esac";

	private static final Map<String, String> LAMBDA = Map.of("AWS_LAMBDA_FUNCTION_NAME", "harbour", "AWS_EXECUTION_ENV",
			"AWS_Lambda_java21", "AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand");

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	void thePipelineMigratesAndTheFunctionsFindTheSchema(DeployPage page) {
		page.database(this.database).standIn("aws", VERSION).standIn("gcloud").standIn("az");
		page.succeed("update-function-configuration");
		String pipeline = page.succeed("./lambda.sh");
		page.shows("migrated (schema", pipeline);
		assertThat(page.succeed("./google.sh")).contains("lockkeeper - nothing to do");
		assertThat(page.succeed("./azure.sh")).contains("lockkeeper - nothing to do");
		page.succeed("--function-version 7");
		assertThat(page.calls()).containsExactly(
				"aws lambda update-function-configuration --function-name harbour --environment file://environment.json "
						+ "--timeout 60 --snap-start ApplyOn=PublishedVersions",
				"aws lambda wait function-updated-v2 --function-name harbour",
				"aws lambda create-alias --function-name harbour --name live --function-version $LATEST",
				"aws lambda update-function-code --function-name harbour --zip-file fileb://function.zip --publish "
						+ "--query Version --output text",
				"aws lambda wait published-version-active --function-name harbour --qualifier 8",
				"aws lambda update-alias --function-name harbour --name live --function-version 8",
				"gcloud functions deploy harbour --gen2 --region europe-west1 --runtime java21 --source target/deploy "
						+ "--entry-point org.springframework.cloud.function.adapter.gcp.GcfJarLauncher --trigger-http",
				"az functionapp deployment source config-zip --resource-group harbour --name harbour --src function.zip",
				"aws lambda update-alias --function-name harbour --name live --function-version 7");
		JavaProcess lambda = instance(page, LAMBDA);
		lambda.awaitLine("lockkeeper - the schema is there", DeployPage.LIMIT);
		page.shows("the schema is there", lambda.getOutput());
		JavaProcess google = instance(page, Map.of("K_SERVICE", "harbour", "FUNCTION_TARGET", "com.example.Harbour"));
		google.awaitLine("lockkeeper - the schema is there", DeployPage.LIMIT);
		JavaProcess azure = instance(page, Map.of("FUNCTIONS_WORKER_RUNTIME", "java", "WEBSITE_SITE_NAME", "harbour",
				"WEBSITE_INSTANCE_ID", "1", "WEBSITE_RESOURCE_GROUP", "harbour", "WEBSITE_SKU", "Dynamic"));
		azure.awaitLine("lockkeeper - the schema is there", DeployPage.LIMIT);
		String all = pipeline + lambda.getOutput() + google.getOutput() + azure.getOutput();
		assertThat(page.getText().modes()).hasSize(4).allSatisfy((mode) -> assertThat(all).contains(mode));
	}

	@Test
	void aFunctionWithoutItsMigrationEndsAtOnce(DeployPage page) {
		JavaProcess lambda = instance(page.database(this.database), LAMBDA);
		assertThat(lambda.awaitExit(DeployPage.LIMIT)).as(lambda::getOutput).isEqualTo(75);
		page.shows("code 75", lambda.getOutput());
		assertThat(lambda.getOutput()).doesNotContain("lockkeeper - waiting for the schema");
	}

	@Test
	void aSnapshotNeedsTheHooks(DeployPage page) {
		Map<String, String> variables = new HashMap<>(LAMBDA);
		variables.put("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start");
		JavaProcess lambda = instance(page.database(this.database), variables);
		assertThat(lambda.awaitExit(DeployPage.LIMIT)).as(lambda::getOutput).isEqualTo(78);
		page.shows("org.crac", lambda.getOutput());
	}

	@Test
	void aMigrationThatFailsLeavesTheFunctionAsItIs(DeployPage page) {
		page.database(this.database).standIn("aws", VERSION);
		this.database.execute("CREATE TABLE quay (name text)");
		JavaProcess pipeline = page.run("./lambda.sh");
		assertThat(pipeline.awaitExit(DeployPage.LIMIT)).as(pipeline::getOutput).isEqualTo(70);
		assertThat(page.calls()).isEmpty();
	}

	@Test
	void theVariablesGiveTheDatabaseTimeToWakeUp(DeployPage page) {
		Tree variables = Tree.of(page.read("environment.json")).at("Variables");
		assertThat(variables.text("LOCKKEEPER_DEFER_FAIL_AFTER")).isEqualTo("20s");
		assertThat(variables.text("SPRING_DATASOURCE_URL")).endsWith("connectTimeout=20");
		// The tries, and the extra time of an unanswered inspection
		assertThat(page.getText().only(page.getText().commands(), "--timeout")).contains("--timeout 60");
	}

	private static JavaProcess instance(DeployPage page, Map<String, String> variables) {
		return page.start(List.of("java", "-jar", "application.jar", "--server.port=0"), variables);
	}

}
