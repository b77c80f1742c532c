// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.deploy;

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
 * Heroku: the program {@code heroku} has a stand-in, which executes the line
 * {@code release} of the {@code Procfile} for each new release, as Heroku does.
 */
@ExecutesPage("heroku")
@FullTier
class HerokuIT {

	private static final String RELEASE_PHASE = """
			case $1 in deploy:jar | config:set | releases:retry | releases:rollback)
				if DYNO=release.4711 bash -c "$(sed -n 's/^release: //p' Procfile)"; then
					echo 'The release is deployed'
				else
					echo "Release command failed: $?"
				fi ;;
			esac
			""";

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	void theReleaseProcessMigratesAndAWebDynoServes(DeployPage page) {
		page.database(this.database).standIn("heroku", RELEASE_PHASE);
		page.succeed("heroku create");
		String release = page.succeed("heroku deploy:jar");
		assertThat(release).contains("The release is deployed");
		page.shows("mode MIGRATE_ONLY", release);
		int port = Http.freePort();
		JavaProcess web = page.start(List.of("bash", "-c", line(page, "web")),
				Map.of("DYNO", "web.1", "PORT", String.valueOf(port)));
		web.awaitPort(DeployPage.LIMIT);
		Awaitility.await().until(() -> Http.get(port, "/actuator/health/readiness").status() == 200);
		page.shows("mode DEFER", web.getOutput());
		assertThat(web.getOutput()).doesNotContain("does not fit the platform");
		assertThat(page.getText().modes()).hasSize(2)
			.allSatisfy((mode) -> assertThat(release + web.getOutput()).contains(mode));
		web.terminate();
		web.awaitExit(DeployPage.LIMIT);
		page.shows("nothing to do", page.succeed("heroku config:set"));
		page.succeed("heroku releases:output");
		this.database
			.execute("INSERT INTO databasechangelog (id, author, filename, dateexecuted, orderexecuted, exectype) "
					+ "VALUES ('newer', 'harbour', 'newer.yaml', now(), 1000, 'EXECUTED')");
		assertThat(page.succeed("heroku releases:rollback")).contains("AHEAD", "The release is deployed");
		assertThat(page.calls()).containsExactly("heroku create harbour",
				"heroku addons:create heroku-postgresql:essential-0 --app harbour --wait",
				"heroku plugins:install java", "heroku deploy:jar application.jar --app harbour",
				"heroku config:set GREETING=ahoy --app harbour", "heroku releases:output --app harbour",
				"heroku releases:rollback --app harbour");
	}

	@Test
	void aMigrationThatFailsFailsTheRelease(DeployPage page) {
		page.database(this.database).standIn("heroku", RELEASE_PHASE);
		this.database.execute("CREATE TABLE quay (name text)");
		assertThat(page.succeed("heroku deploy:jar"))
			.contains("Release command failed: 70", "The process ends with code 70")
			.doesNotContain("The release is deployed");
		page.standIn("heroku");
		page.succeed("heroku releases:retry");
		assertThat(page.calls()).last().isEqualTo("heroku releases:retry --app harbour");
	}

	private static String line(DeployPage page, String process) {
		Matcher matcher = Pattern.compile("(?m)^%s: (.*)$".formatted(process)).matcher(page.read("Procfile"));
		assertThat(matcher.find()).isTrue();
		return matcher.group(1);
	}

}
