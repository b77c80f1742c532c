// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.nio.file.Path;

import dev.lockkeeper.app.PlainApplication;
import dev.lockkeeper.command.AdvisedCommand;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A process that an operator starts to release the locks of dead processes.
 */
class ReleaseLockIT {

	private static final String HOLDER = "bob's pod (10.0.0.1)";

	private static final String LOCK = "SELECT concat_ws(' ', locked, lockedby, lockgranted) FROM databasechangeloglock";

	private static final String WORKING = "SELECT pid FROM pg_stat_activity WHERE state = 'active' "
			+ "AND query LIKE '%pg_sleep(3600)%' AND pid <> pg_backend_pid()";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	void theLockOfAStockLiquibaseIsReleasedAtTheWordOfTheOperatorAlone() {
		Path changeLog = changeLog("create table one (id int);");
		try (JavaProcess process = Applications.migrateOnly(changeLog, this.database)) {
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isZero();
		}
		this.database.execute("UPDATE databasechangeloglock SET locked = true, lockgranted = '2026-01-02 03:04:05', "
				+ "lockedby = '%s'".formatted(HOLDER.replace("'", "''")));
		String[] advised;
		try (JavaProcess process = release(changeLog, "--release-lock")) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isEqualTo(65);
			assertThat(process.getOutput()).contains("lease:          free (",
					"changelog lock: kept (held by %s since 2026-01-02T03:04:05, for ".formatted(HOLDER),
					"the database sees no session of that host");
			advised = AdvisedCommand.with("--release-lock=" + HOLDER, process.getErrors());
		}
		assertThat(this.database.query(LOCK)).containsExactly("t %s 2026-01-02 03:04:05".formatted(HOLDER));
		try (JavaProcess process = start(changeLog, advised)) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isZero();
			assertThat(process.getOutput()).contains("changelog lock: released (held by " + HOLDER);
		}
		assertThat(this.database.query(LOCK)).containsExactly("f");
	}

	@Test
	@FullTier
	void theLocksOfADeadRunAreReleasedOnceItsSessionIsGone() {
		Path changeLog = changeLog("select pg_sleep(3600);");
		try (JavaProcess dead = Applications.migrateOnly(changeLog, this.database, "--lockkeeper.lock.lease=1h")) {
			Awaitility.await().atMost(Applications.START).until(() -> !this.database.query(WORKING).isEmpty());
			String pid = this.database.query(WORKING).get(0);
			try (JavaProcess process = release(changeLog, "--release-lock")) {
				assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isEqualTo(65);
				assertThat(process.getOutput()).contains("lease:          kept (held by ",
						"its session (pid %s) may still be at work".formatted(pid),
						"changelog lock: kept (held by lockkeeper:");
			}
			dead.kill();
			assertThat(dead.awaitExit(Applications.START)).isEqualTo(137);
			this.database.execute("SELECT pg_terminate_backend(%s, 60000)".formatted(pid));
		}
		try (JavaProcess process = release(changeLog, "--release-lock")) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isZero();
			assertThat(process.getOutput()).contains("lease:          released (held by ",
					"changelog lock: released (held by lockkeeper:");
		}
		assertThat(this.database.query(LOCK)).containsExactly("f");
		assertThat(this.database.query("SELECT lock_until <= timezone('utc', now()) FROM lockkeeper_lock"))
			.containsExactly("t");
	}

	@Test
	@FullTier
	void aReleaseThatIsKilledBetweenTheLocksIsCompletedByTheNext() {
		Path changeLog = changeLog("select pg_sleep(3600);");
		try (JavaProcess dead = Applications.migrateOnly(changeLog, this.database, "--lockkeeper.lock.lease=1h")) {
			Awaitility.await().atMost(Applications.START).until(() -> !this.database.query(WORKING).isEmpty());
			dead.kill();
			assertThat(dead.awaitExit(Applications.START)).isEqualTo(137);
		}
		this.database.execute("SELECT pg_terminate_backend(%s, 60000)".formatted(this.database.query(WORKING).get(0)),
				"CREATE FUNCTION stall() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(3600); RETURN NEW; END $$",
				"CREATE TRIGGER stalls BEFORE UPDATE ON databasechangeloglock FOR EACH ROW EXECUTE FUNCTION stall()");
		String releasing = "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'UPDATE %LOCKED%'";
		try (JavaProcess process = release(changeLog, "--release-lock")) {
			Awaitility.await().atMost(Applications.START).until(() -> !this.database.query(releasing).isEmpty());
			process.kill();
			assertThat(process.awaitExit(Applications.START)).isEqualTo(137);
		}
		assertThat(this.database.query("SELECT lock_until <= timezone('utc', now()) FROM lockkeeper_lock"))
			.containsExactly("t");
		this.database.execute("SELECT pg_terminate_backend(%s, 60000)".formatted(this.database.query(releasing).get(0)),
				"DROP TRIGGER stalls ON databasechangeloglock");
		assertThat(this.database.query(LOCK).get(0)).startsWith("t lockkeeper:");
		try (JavaProcess process = release(changeLog, "--release-lock")) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isZero();
			assertThat(process.getOutput()).contains("lease:          free (",
					"changelog lock: released (held by lockkeeper:");
		}
		assertThat(this.database.query(LOCK)).containsExactly("f");
	}

	@Test
	@FullTier
	void aRoleThatMayNotWriteTheLockEndsWith77() {
		Path changeLog = changeLog("create table one (id int);");
		try (JavaProcess process = Applications.migrateOnly(changeLog, this.database)) {
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isZero();
		}
		this.database.execute(
				"UPDATE databasechangeloglock SET locked = true, lockgranted = now(), lockedby = 'gone (10.0.0.1)'");
		String role = this.database.getServer().createRole("only-reads");
		this.database.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO " + role);
		try (JavaProcess process = JavaProcess.ofMainClass(PlainApplication.class.getName())
			.arguments("--migrate-only", "--spring.datasource.url=" + this.database.getPlainUrl(),
					"--spring.datasource.username=" + role, "--spring.datasource.password=only-reads",
					"--spring.liquibase.change-log=file:" + changeLog, "--release-lock=gone (10.0.0.1)")
			.separateStreams()
			.start()) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isEqualTo(77);
			assertThat(process.getOutput()).isEmpty();
		}
	}

	@Test
	@FullTier
	void anEmptyDatabaseHasNoLockAndStaysEmpty() {
		try (JavaProcess process = release(changeLog("create table one (id int);"), "--release-lock")) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isZero();
			assertThat(process.getOutput()).contains("lease:          free (", "changelog lock: free (");
		}
		assertThat(this.database.query("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"))
			.isEmpty();
	}

	private Path changeLog(String sql) {
		return Applications.changeLog(this.directory.resolve("release.sql"), "me:one\n" + sql);
	}

	private JavaProcess release(Path changeLog, String flag) {
		return start(changeLog, "--migrate-only", flag);
	}

	private JavaProcess start(Path changeLog, String... arguments) {
		return JavaProcess.ofMainClass(PlainApplication.class.getName())
			.database(this.database)
			.arguments("--spring.liquibase.change-log=file:" + changeLog)
			.arguments(arguments)
			.separateStreams()
			.start();
	}

}
