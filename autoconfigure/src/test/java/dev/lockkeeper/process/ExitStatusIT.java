// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.nio.file.Path;
import java.util.List;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.SampledCases;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * How processes end that cannot do their work: the same code in every mode, with a
 * verdict, and with an analysis that has the advice.
 */
class ExitStatusIT {

	private static final String SECRET = "s3cr3t-Pa55";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@ParameterizedTest
	@SampledCases
	@ValueSource(strings = { "self", "migrate-only" })
	void aChangeSetThatFailsEndsWith70AndIsNamed(String mode) {
		Path changeLog = Applications.changeLog(this.directory.resolve("broken.sql"),
				"me:good\ncreate table good (id int primary key);",
				"me:bad\ncreate table half (id int); create nonsense;", "me:never\ncreate table never (id int);");
		assertEnd(Applications.plain(changeLog, this.database).arguments("--lockkeeper.mode=" + mode), 70,
				"broken.sql::bad::me failed", "\"status\":\"MIGRATION\"", "\"id\":\"bad\"", "\"sqlState\":\"42601\"",
				"\"applied\":1", "\"retryable\":false",
				". The schema is at 'good' by me, and 2 change sets are missing."
						+ ("self".equals(mode) ? "\"" : " Pods that already serve go on serving.\""));
		assertThat(this.database.query("SELECT id FROM databasechangelog")).containsExactly("good");
		assertThat(this.database.query("SELECT tablename FROM pg_tables WHERE tablename IN ('half', 'never')"))
			.isEmpty();
	}

	@ParameterizedTest
	@FullTier
	@ValueSource(strings = { "self", "migrate-only", "defer" })
	void aMissingChangelogEndsWith65(String mode) {
		assertEnd(
				Applications.plain(this.directory.resolve("absent.yaml"), this.database)
					.arguments("--lockkeeper.mode=" + mode),
				65, "absent.yaml does not exist", "\"status\":\"CHANGELOG\"");
	}

	@ParameterizedTest
	@FullTier
	@ValueSource(strings = { "self", "migrate-only", "defer" })
	void aDatabaseThatDoesNotAnswerEndsWith69(String mode) {
		Path changeLog = Applications.changeLog(this.directory.resolve("away.sql"), "me:one\nselect 1;");
		assertEnd(Applications.plain(changeLog)
			.arguments("--spring.datasource.url=jdbc:postgresql://localhost:1/away?password=" + SECRET,
					"--lockkeeper.database-wait=2s", "--lockkeeper.defer.wait-timeout=2s", "--lockkeeper.mode=" + mode),
				69, "Check that the database is up", "\"status\":\"UNAVAILABLE\"", "\"retryable\":true");
	}

	@ParameterizedTest
	@FullTier
	@ValueSource(strings = { "self", "defer" })
	void aWrongPasswordOrRoleEndsWith77(String mode) {
		Path changeLog = Applications.changeLog(this.directory.resolve("role.sql"), "me:one\nselect 1;");
		assertEnd(Applications.plain(changeLog)
			.arguments("--spring.datasource.url=" + this.database.getPlainUrl(),
					"--spring.datasource.username=nobody_there", "--spring.datasource.password=" + SECRET,
					"--lockkeeper.database-wait=2s", "--lockkeeper.defer.wait-timeout=2s", "--lockkeeper.mode=" + mode),
				77, "Check the user and the password", "\"status\":\"PERMISSION\"");
	}

	@Test
	@FullTier
	void aRoleThatMayNotCreateEndsWith77() {
		String role = this.database.getServer().createRole(SECRET);
		Path changeLog = Applications.changeLog(this.directory.resolve("create.sql"), "me:one\nselect 1;");
		assertEnd(Applications.plain(changeLog)
			.arguments("--spring.datasource.url=" + this.database.getPlainUrl(), "--spring.datasource.username=" + role,
					"--spring.datasource.password=" + SECRET, "--migrate-only"),
				77, "permission denied for schema public", "GRANT USAGE, CREATE ON SCHEMA public TO " + role,
				"\"sqlState\":\"42501\"");
	}

	@Test
	@FullTier
	void aMissingDatabaseEndsWith78() {
		Path changeLog = Applications.changeLog(this.directory.resolve("missing.sql"), "me:one\nselect 1;");
		assertEnd(
				Applications.plain(changeLog)
					.arguments(
							"--spring.datasource.url="
									+ this.database.getUrl().replace(this.database.getName(), "not_there"),
							"--lockkeeper.database-wait=2s", "--migrate-only"),
				78, "create the database", "\"sqlState\":\"3D000\"");
	}

	@Test
	@FullTier
	void aLockHeldToTheEndEndsWith75AndNamesTheHolder() {
		Path changeLog = Applications.changeLog(this.directory.resolve("busy.sql"), "me:one\nselect 1;");
		holdLock();
		assertEnd(
				Applications.plain(changeLog, this.database)
					.arguments("--lockkeeper.lock.wait-timeout=2s", "--migrate-only"),
				75, "held by another process since",
				"No change set has been applied to the schema yet, and one change set is missing. Pods that already serve go on "
						+ "serving.\"",
				"\"status\":\"TEMPORARY\"");
	}

	@Test
	@FullTier
	void whoIsAskedToEndWhileItWaitsForTheLockTellsWhoHoldsIt() {
		Path changeLog = Applications.changeLog(this.directory.resolve("asked.sql"), "me:one\nselect 1;");
		Path verdict = this.directory.resolve("verdict");
		holdLock();
		try (JavaProcess process = Applications.migrateOnly(changeLog, this.database,
				"--lockkeeper.termination-message-path=" + verdict)) {
			process.awaitLine("lockkeeper - waiting for the lock", Applications.START);
			process.terminate();
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isEqualTo(143);
		}
		assertThat(Applications.read(verdict)).contains("\"status\":\"TERMINATED\"", "\"schema\":\"liquibase\"",
				"asked to end while waiting for the lock. No change set has been applied to the schema yet, and one change set is "
						+ "missing. The lock is held by another process since ",
				"\"runId\":\"");
	}

	private void holdLock() {
		this.database.execute("CREATE TABLE lockkeeper_lock (name VARCHAR(255) NOT NULL PRIMARY KEY, "
				+ "lock_until TIMESTAMP NOT NULL, locked_at TIMESTAMP NOT NULL, locked_by VARCHAR(255) NOT NULL, "
				+ "backend_pid INTEGER, backend_start TIMESTAMP WITH TIME ZONE)",
				"INSERT INTO lockkeeper_lock VALUES ('public.databasechangeloglock', "
						+ "timezone('utc', now()) + interval '1 hour', timezone('utc', now()), 'another process')");
	}

	@Test
	@FullTier
	void aRunThatTakesTooLongEndsWith75() {
		Path changeLog = Applications.changeLog(this.directory.resolve("long.sql"), "me:long\nselect pg_sleep(300);");
		assertEnd(
				Applications.plain(changeLog, this.database)
					.arguments("--lockkeeper.max-duration=15s", "--lockkeeper.shutdown-grace=1s", "--migrate-only"),
				75, "lockkeeper.max-duration was reached", "\"retryable\":true");
		assertThat(this.database.query("SELECT locked FROM databasechangeloglock")).containsExactly("f");
	}

	@ParameterizedTest
	@SampledCases(2)
	@ValueSource(strings = { "--lockkeeper.mode=defer", "--lockkeeper.mode=self", "--migrate-only=perhaps",
			"--spring.liquibase.enabled=false", "--lockkeeper.enabled=false" })
	@FullTier
	void aContradictoryCallEndsWith64(String argument) {
		Path changeLog = Applications.changeLog(this.directory.resolve("usage.sql"), "me:one\nselect 1;");
		String[] arguments = argument.startsWith("--migrate-only") ? new String[] { argument }
				: new String[] { "--migrate-only", argument };
		assertEnd(Applications.plain(changeLog, this.database).arguments(arguments), 64, "\"status\":\"USAGE\"");
		assertThat(this.database.query("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))
			.containsExactly("0");
	}

	@ParameterizedTest
	@FullTier
	@ValueSource(
			strings = { "--lockkeeper.mode=perhaps", "--lockkeeper.lock.lease=1s", "--lockkeeper.database-wait=soon",
					"--lockkeeper.defer.startup=never", "--lockkeeper.probe.stuck-after=5s" })
	void aSettingThatIsNotValidEndsWith78(String argument) {
		Path changeLog = Applications.changeLog(this.directory.resolve("config.sql"), "me:one\nselect 1;");
		assertEnd(Applications.plain(changeLog, this.database).arguments(argument), 78, "\"status\":\"CONFIG\"",
				argument.startsWith("--lockkeeper.mode") ? "auto, self, defer, migrate-only"
						: argument.contains("startup") ? "it must be one of auto, wait, serve, fail" : "");
	}

	@ParameterizedTest
	@FullTier
	@ValueSource(strings = { "defer", "migrate-only" })
	void droppingEverythingFirstIsRefused(String mode) {
		this.database.execute("CREATE TABLE precious (id int)");
		Path changeLog = Applications.changeLog(this.directory.resolve("drop.sql"), "me:one\nselect 1;");
		assertEnd(
				Applications.plain(changeLog, this.database)
					.arguments("--spring.liquibase.drop-first=true", "--lockkeeper.mode=" + mode),
				78, "may drop the whole schema first");
		assertThat(this.database.query("SELECT tablename FROM pg_tables WHERE tablename = 'precious'")).hasSize(1);
	}

	@Test
	@FullTier
	void anEditedChangeSetEndsWith65() {
		Path changeLog = Applications.changeLog(this.directory.resolve("edited.sql"), "me:one\nselect 1;");
		assertEnd(Applications.plain(changeLog, this.database).arguments("--migrate-only"), 0);
		Applications.changeLog(changeLog, "me:one\nselect 2;");
		assertEnd(Applications.plain(changeLog, this.database).arguments("--migrate-only"), 65, "edited.sql::one::me",
				"\"status\":\"CHANGELOG\"");
		assertEnd(Applications.plain(changeLog, this.database).onKubernetes(), 65, "edited.sql::one::me");
	}

	private void assertEnd(JavaProcess.Builder builder, int code, String... texts) {
		Path verdict = this.directory.resolve("verdict-" + System.nanoTime());
		try (JavaProcess process = builder.arguments("--lockkeeper.termination-message-path=" + verdict).start()) {
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isEqualTo(code);
			String message = Applications.read(verdict);
			String everything = process.getOutput() + message;
			assertThat(everything).contains("\"code\":" + code).doesNotContain(SECRET);
			assertThat(List.of(texts)).allSatisfy((text) -> assertThat(message).contains(text));
			if (code != 0) {
				assertThat(everything).contains("APPLICATION FAILED TO START", "The process ends with code " + code);
			}
		}
	}

}
