// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.deploy;

import java.io.StringReader;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import javax.xml.parsers.DocumentBuilderFactory;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * GitLab CI: the jobs of the pipeline are executed as a runner executes them, stage by
 * stage, with {@code after_script} after a failure, too.
 */
@ExecutesPage("gitlab-ci")
@FullTier
class GitLabCiIT {

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final StringBuilder output = new StringBuilder();

	@BeforeEach
	void jqIsThere() {
		Jq.require();
	}

	@Test
	void theSchemaIsMigratedThenTheApplicationIsDeployed(DeployPage page) throws Exception {
		assertThat(pipeline(page)).isTrue();
		page.shows("mode MIGRATE_ONLY", this.output.toString());
		assertThat(page.getText().modes()).hasSize(1).allSatisfy((mode) -> assertThat(this.output).contains(mode));
		assertThat(report(page).getElementsByTagName("testcase").getLength()).isEqualTo(2);
		assertThat(report(page).getElementsByTagName("failure").getLength()).isZero();
		assertThat(page.calls()).containsExactly(
				"glab variable set SPRING_DATASOURCE_URL jdbc:postgresql://harbour.example.com:5432/harbour --protected",
				"glab variable set SPRING_DATASOURCE_USERNAME harbour --protected",
				"glab variable set SPRING_DATASOURCE_PASSWORD --protected --masked", "git add .gitlab-ci.yml deploy.sh",
				"git commit --message 'Migrate, then deploy'", "git push", "mvn --batch-mode package",
				"apt-get update -qq", "apt-get install -y -qq jq", "flyctl deploy --local-only");
	}

	@Test
	void aMigrationThatFailsIsReportedAndNothingIsDeployed(DeployPage page) throws Exception {
		this.database.execute("CREATE TABLE quay (name text)");
		assertThat(pipeline(page)).isFalse();
		page.shows("name=\"last run\"", page.read("migration.xml").replace("<testcase", "\n<testcase"));
		Document report = report(page);
		assertThat(report.getElementsByTagName("failure").getLength()).isEqualTo(2);
		assertThat(report.getElementsByTagName("failure").item(0).getTextContent())
			.contains("ERROR: relation \"quay\" already exists");
		assertThat(report.getElementsByTagName("failure").item(1).getTextContent()).startsWith("14 pending: ");
		assertThat(page.calls()).noneMatch((call) -> call.startsWith("flyctl"));
	}

	@Test
	void aChangelogThatCannotBeReadIsReported(DeployPage page) throws Exception {
		// The answer of the jar is empty then
		page.standIn("java", "exit 65");
		assertThat(pipeline(page)).isFalse();
		page.shows("classname=\"schema\"", page.read("migration.xml"));
		assertThat(report(page).getElementsByTagName("failure").getLength()).isEqualTo(1);
		assertThat(page.calls()).noneMatch((call) -> call.startsWith("flyctl"));
	}

	@Test
	void gitLabTriesAgainAfterTheCodesThatMaySucceed(DeployPage page) {
		Tree migrate = Tree.of(page.read(".gitlab-ci.yml")).at("migrate");
		assertThat(migrate.texts("retry", "exit_codes")).containsExactly("69", "75", "137", "143");
		assertThat(migrate.text("artifacts", "when")).isEqualTo("always");
		assertThat(migrate.text("artifacts", "reports", "junit")).isEqualTo("migration.xml");
	}

	private boolean pipeline(DeployPage page) {
		page.database(this.database).standIn("glab").standIn("git").standIn("apt-get").standIn("flyctl");
		page.standIn("mvn", "mkdir target && ln -s ../application.jar target/application.jar");
		page.write("password.txt", "secret");
		page.succeed("glab variable set");
		Tree pipeline = Tree.of(page.read(".gitlab-ci.yml"));
		for (String stage : pipeline.texts("stages")) {
			// Each stage has one job, of the same name
			assertThat(pipeline.text(stage, "stage")).isEqualTo(stage);
			if (!job(page, pipeline.at(stage))) {
				return false;
			}
		}
		return true;
	}

	private boolean job(DeployPage page, Tree job) {
		Map<String, String> variables = new HashMap<>(job.has("variables") ? job.map("variables") : Map.of());
		boolean success = script(page, job.texts("script"), variables) == 0;
		if (job.has("after_script")) {
			variables.put("CI_JOB_STATUS", success ? "success" : "failed");
			assertThat(script(page, job.texts("after_script"), variables)).as(this.output.toString()).isZero();
		}
		return success;
	}

	private int script(DeployPage page, List<String> lines, Map<String, String> variables) {
		page.write("job.sh", String.join("\n", lines));
		JavaProcess process = page.start(List.of("bash", "-eo", "pipefail", "job.sh"), variables);
		int code = process.awaitExit(DeployPage.LIMIT);
		this.output.append(process.getOutput()).append('\n');
		return code;
	}

	private static Document report(DeployPage page) throws Exception {
		return DocumentBuilderFactory.newInstance()
			.newDocumentBuilder()
			.parse(new InputSource(new StringReader(page.read("migration.xml"))));
	}

}
