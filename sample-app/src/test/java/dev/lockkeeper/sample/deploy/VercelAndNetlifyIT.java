// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.deploy;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Vercel and Netlify, which publish a front end once the application has been released.
 */
@ExecutesPage("vercel-and-netlify")
@FullTier
class VercelAndNetlifyIT {

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	void theFrontEndIsPublishedLast(DeployPage page) {
		page.database(this.database).standIn("flyctl").standIn("vercel").standIn("netlify");
		page.succeed("export SPRING_DATASOURCE_URL");
		String release = page.succeed("FRONT_END=vercel");
		page.shows("mode MIGRATE_ONLY", release);
		assertThat(page.getText().modes()).hasSize(1).allSatisfy((mode) -> assertThat(release).contains(mode));
		assertThat(page.calls()).containsExactly("flyctl deploy --local-only", "vercel deploy --prod --cwd front-end");
	}

	@Test
	void afterAMigrationThatFailedNothingIsPublished(DeployPage page) {
		page.standIn("java", "exit 70").standIn("flyctl").standIn("vercel").standIn("netlify");
		JavaProcess release = page.run("FRONT_END=netlify");
		assertThat(release.awaitExit(DeployPage.LIMIT)).isEqualTo(70);
		assertThat(page.calls()).containsExactly("java -jar application.jar --migrate-only");
		page.standIn("java");
		page.succeed("FRONT_END=netlify");
		assertThat(page.calls()).endsWith("flyctl deploy --local-only", "netlify deploy --prod --cwd front-end");
	}

}
