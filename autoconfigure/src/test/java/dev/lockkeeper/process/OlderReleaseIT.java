// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.nio.file.Path;
import java.util.List;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import liquibase.integration.spring.SpringLiquibase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.core.io.DefaultResourceLoader;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * The migrator of an older release runs once more on a schema that newer code has
 * migrated, as pipelines do on a rollback.
 */
@FullTier
class OlderReleaseIT {

	private static final String RERUN_OLDER = "--lockkeeper.rerun-older=true";

	private static final String SHIP = "me:ship\ncreate table ship (id int primary key, name text);";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	void theMigratorOfAnOlderReleasePutsNothingBackAndEndsWith0() throws Exception {
		release("a", "old");
		migrate();
		release("a, name as b", "new");
		migrate();
		List<String> newer = this.database.query("SELECT t::text FROM databasechangelog t ORDER BY orderexecuted");

		Path changeLog = release("a", "old");
		Path verdict = this.directory.resolve("verdict");
		try (JavaProcess job = Applications.migrateOnly(changeLog, this.database,
				"--lockkeeper.termination-message-path=" + verdict)) {
			assertThat(job.awaitExit(Applications.START)).as(job::getOutput).isZero();
			assertThat(job.getOutput())
				.contains("lockkeeper - migrated (schema liquibase, AHEAD, 0 change sets applied")
				.containsOnlyOnce("WARN")
				.containsOnlyOnce("newer code has replaced change sets, and they stay as that code made them (schema "
						+ "liquibase: file:%1$s::view::me, file:%1$s::comment::me)".formatted(changeLog))
				.containsOnlyOnce("set lockkeeper.rerun-older=true");
		}
		JsonNode reported = JsonMapper.shared().readTree(Applications.read(verdict));
		assertThat(reported.get("status").asString()).isEqualTo("DONE");
		assertThat(reported.get("applied").asInt()).isZero();
		assertThat(this.database.query("SELECT t::text FROM databasechangelog t ORDER BY orderexecuted"))
			.isEqualTo(newer);
		assertThat(comment()).containsExactly("new");
		try (JavaProcess dryRun = Applications.plain(changeLog, this.database)
			.arguments("--migrate-only", "--dry-run")
			.separateStreams()
			.start()) {
			assertThat(dryRun.awaitExit(Applications.START)).as(dryRun::getErrors).isZero();
			assertThat(dryRun.getOutput()).doesNotContain("create or replace", "comment on");
		}

		TestDatabase stock = this.database.getServer().createDatabase(this.database);
		Throwable failure = catchThrowable(() -> stock(stock, changeLog));
		assertThat(failure).hasStackTraceContaining("cannot drop columns from view");
		try (JavaProcess job = Applications.migrateOnly(changeLog, this.database, RERUN_OLDER)) {
			assertThat(job.awaitExit(Applications.START)).as(job::getOutput).isEqualTo(70);
			assertThat(job.getOutput()).contains("cannot drop columns from view");
		}
	}

	@Test
	void theMigratorOfAnOlderReleaseDoesAsStockDoesWhenItIsSetTo() throws Exception {
		release("a", "old");
		migrate();
		release("a", "new");
		migrate();
		Path changeLog = release("a", "old");
		TestDatabase stock = this.database.getServer().createDatabase(this.database);
		stock(stock, changeLog);
		try (JavaProcess job = Applications.migrateOnly(changeLog, this.database, RERUN_OLDER)) {
			assertThat(job.awaitExit(Applications.START)).as(job::getOutput).isZero();
		}
		String rows = "SELECT concat_ws(' ', id, md5sum, exectype, orderexecuted) FROM databasechangelog ORDER BY 1";
		assertThat(this.database.query(rows)).isEqualTo(stock.query(rows));
		assertThat(comment()).containsExactly("old");
	}

	private List<String> comment() {
		return this.database.query("SELECT obj_description('ships'::regclass)");
	}

	private Path release(String columns, String comment) {
		return Applications.changeLog(this.directory.resolve("release.sql"), SHIP,
				"me:view runOnChange:true\ncreate or replace view ships as select id as %s from ship;".formatted(
						columns),
				"me:comment runAlways:true\ncomment on view ships is '%s';".formatted(comment));
	}

	private void migrate() {
		try (JavaProcess job = Applications.migrateOnly(this.directory.resolve("release.sql"), this.database)) {
			assertThat(job.awaitExit(Applications.START)).as(job::getOutput).isZero();
		}
		this.database.awaitNoSessions();
	}

	private static void stock(TestDatabase database, Path changeLog) throws Exception {
		SpringLiquibase bean = new SpringLiquibase();
		bean.setDataSource(new DriverManagerDataSource(database.getUrl()));
		bean.setChangeLog("file:" + changeLog);
		bean.setResourceLoader(new DefaultResourceLoader());
		bean.afterPropertiesSet();
	}

}
