// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.deploy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * GitHub Actions: the steps of the workflow are executed as a runner executes them, one
 * after the other, those with a condition after a failure alone.
 */
@ExecutesPage("github-actions")
@FullTier
class GitHubActionsIT {

	private static final String CONDITION = "failure() && steps.migrate.outcome == 'failure'";

	// A property ends at a comma or colon, so that a value has neither
	private static final Pattern ANNOTATION = Pattern.compile("::(error|warning) (file=[^,:]+,)?title=[^,:]+::\\S.*");

	private static final Pattern SECRET = Pattern.compile("\\$\\{\\{ secrets\\.(\\w+) }}");

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final List<String> executed = new ArrayList<>();

	@BeforeEach
	void jqIsThere() {
		Jq.require();
	}

	@Test
	void theSchemaIsMigratedThenTheApplicationIsDeployed(DeployPage page) {
		String output = release(page);
		assertThat(this.executed).containsExactly("Build", "Migrate", "Deploy");
		page.shows("mode MIGRATE_ONLY", output);
		assertThat(page.getText().modes()).hasSize(1).allSatisfy((mode) -> assertThat(output).contains(mode));
		assertThat(page.calls()).containsSubsequence(
				"gh secret set HARBOUR_URL --env production --body jdbc:postgresql://harbour.example.com:5432/harbour",
				"gh secret set HARBOUR_USERNAME --env production --body harbour",
				"gh secret set HARBOUR_PASSWORD --env production", "git add .github/workflows/deploy.yml deploy.sh",
				"git commit --message 'Migrate, then deploy'", "git push", "mvn --batch-mode package",
				"flyctl deploy --local-only");
	}

	@Test
	void aMigrationThatFailsIsAnnotatedAndNothingIsDeployed(DeployPage page) {
		this.database.execute("CREATE TABLE quay (name text)");
		String output = release(page);
		assertThat(this.executed).containsExactly("Build", "Migrate", "Say what is missing, and why");
		page.shows("::error file=", output);
		assertThat(annotations(output)).hasSize(2)
			.allMatch((line) -> ANNOTATION.matcher(line).matches())
			.last()
			.asString()
			.contains("title=Schema liquibase%3A 14 pending::", "harbour%0Adb/changelog/");
		assertThat(page.calls()).noneMatch((call) -> call.startsWith("flyctl"));
	}

	@Test
	void aChangelogThatCannotBeReadIsAnnotatedWithItsCode(DeployPage page) {
		page.variable("SPRING_LIQUIBASE_CHANGE_LOG", "classpath:absent.yaml");
		String output = release(page);
		assertThat(this.executed).containsExactly("Build", "Migrate", "Say what is missing, and why");
		page.shows("::error title=", output);
		assertThat(annotations(output)).singleElement().asString().contains("ended with code 65").matches(ANNOTATION);
		assertThat(page.calls()).noneMatch((call) -> call.startsWith("flyctl"));
	}

	@Test
	void aCodeThatMaySucceedIsTriedAgain(DeployPage page) {
		page.write("codes", "75\n137\n0\n");
		page.standIn("java", "code=$(head -n 1 codes); sed -i 1d codes; exit $code");
		release(page);
		assertThat(this.executed).containsExactly("Build", "Migrate", "Deploy");
		assertThat(page.calls()).containsSubsequence("java -jar target/application.jar --migrate-only", "sleep 30",
				"java -jar target/application.jar --migrate-only", "sleep 30",
				"java -jar target/application.jar --migrate-only", "flyctl deploy --local-only");
	}

	private String release(DeployPage page) {
		page.database(this.database).standIn("gh").standIn("git").standIn("sleep").standIn("flyctl");
		page.standIn("mvn", "mkdir target && ln -s ../application.jar target/application.jar");
		page.write("password.txt", "secret");
		page.succeed("gh secret set");
		Tree workflow = Tree.of(page.read(".github/workflows/deploy.yml"));
		Tree job = workflow.at("jobs", "release");
		assertThat(workflow.text("defaults", "run", "shell")).isEqualTo("bash");
		Map<String, String> variables = new HashMap<>(job.map("env"));
		assertThat(SECRET.matcher(variables.values().toString()).results().map((secret) -> secret.group(1)))
			.allSatisfy((secret) -> assertThat(page.calls()).anyMatch((call) -> call.contains("set " + secret + " ")));
		// The database of this test, in the place of the secrets
		variables.values().removeIf((value) -> SECRET.matcher(value).find());
		page.write("output", "");
		variables.put("GITHUB_OUTPUT", page.getFolder().resolve("output").toString());
		return steps(page, job.list("steps"), variables);
	}

	private String steps(DeployPage page, List<Tree> steps, Map<String, String> variables) {
		StringBuilder output = new StringBuilder();
		String failed = null;
		for (Tree step : steps) {
			if (!step.has("run") || step.has("if") == (failed == null)) {
				continue;
			}
			if (step.has("if")) {
				assertThat(step.text("if")).isEqualTo(CONDITION);
				if (!failed.equals("migrate")) {
					continue;
				}
			}
			Map<String, String> all = new HashMap<>(variables);
			if (step.has("env")) {
				assertThat(step.map("env")).containsExactly(Map.entry("CODE", "${{ steps.migrate.outputs.code }}"));
				all.put("CODE", code(page.read("output")));
			}
			this.executed.add(step.text("name"));
			page.write("step.sh", step.text("run"));
			JavaProcess process = page.start(List.of("bash", "--noprofile", "--norc", "-eo", "pipefail", "step.sh"),
					all);
			if (process.awaitExit(DeployPage.LIMIT) != 0) {
				assertThat(failed).as(process::getOutput).isNull();
				failed = step.has("id") ? step.text("id") : step.text("name");
			}
			output.append(process.getOutput()).append('\n');
		}
		return output.toString();
	}

	// Of an output that is written several times the last value counts
	private static String code(String output) {
		Matcher matcher = Pattern.compile("(?m)^code=(\\d+)$").matcher(output);
		String code = "";
		while (matcher.find()) {
			code = matcher.group(1);
		}
		return code;
	}

	private static List<String> annotations(String output) {
		return output.lines().filter((line) -> line.startsWith("::")).toList();
	}

}
