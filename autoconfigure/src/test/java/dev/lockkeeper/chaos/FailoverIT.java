// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.chaos;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;

import dev.lockkeeper.process.Applications;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A primary that dies, and a standby that takes its place.
 */
@EnabledIfSystemProperty(named = "chaos", matches = "full")
class FailoverIT {

	@TempDir
	Path directory;

	@Test
	void theRunEndsOnTheNewPrimary() {
		TestPostgres primary = TestPostgres.startEmbedded();
		TestPostgres standby = primary.startStandby();
		try {
			GatedMigration migration = new GatedMigration(primary);
			migration.close("end 3");
			TestDatabase copy = standby.getDatabase(migration.getDatabase());
			Path verdict = this.directory.resolve("verdict");
			try (JavaProcess process = migration.start(twoHosts(migration.getDatabase(), copy), verdict)) {
				migration.awaitHeld("end 3");
				awaitReplicated(migration.getDatabase(), copy);
				assertThat(copy.query("SELECT count(*) FROM databasechangelog")).containsExactly("3");
				primary.kill();
				Awaitility.await("the run waits for a database that it can write")
					.atMost(Applications.START)
					.until(() -> process.getOutput().contains("lockkeeper - connection lost"));
				standby.promote();
				assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isZero();
				assertThat(Applications.read(verdict)).contains("\"status\":\"DONE\"");
			}
			new GatedMigration(copy).assertDone();
		}
		finally {
			standby.close();
			primary.close();
		}
	}

	private static void awaitReplicated(TestDatabase primary, TestDatabase standby) {
		String written = primary.query("SELECT pg_current_wal_lsn()").get(0);
		String replayed = "SELECT pg_last_wal_replay_lsn() >= '%s'".formatted(written);
		Awaitility.await("the standby has what the primary has")
			.until(() -> standby.query(replayed), Predicate.isEqual(List.of("t")));
	}

	private static String twoHosts(TestDatabase primary, TestDatabase standby) {
		String other = standby.getUrl().replaceFirst("jdbc:postgresql://([^/]+)/.*", "$1");
		String url = primary.getUrl();
		int path = url.indexOf('/', "jdbc:postgresql://".length());
		return "%s,%s%s%ctargetServerType=primary&hostRecheckSeconds=1".formatted(url.substring(0, path), other,
				url.substring(path), (url.indexOf('?') < 0) ? '?' : '&');
	}

}
