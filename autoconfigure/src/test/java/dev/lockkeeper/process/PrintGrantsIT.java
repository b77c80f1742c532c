// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * A process with {@code --print=grants} writes the SQL that splits a database between two
 * roles, ready for {@code psql}, and changes nothing.
 */
class PrintGrantsIT {

	private static final Path PSQL = Path.of("/usr/bin/psql");

	private static final String PASSWORD = "may-migrate";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final String suffix = UUID.randomUUID().toString().substring(0, 8);

	private final String owner = "owner-" + this.suffix;

	private final String application = "app-" + this.suffix;

	private final String login = this.database.getServer().createRole(PASSWORD);

	@AfterEach
	void drop() {
		this.database.drop();
	}

	@Test
	void whatIsMissingIsPrintedForADatabaseAsItIs() throws Exception {
		this.database.execute("GRANT CREATE ON SCHEMA public TO PUBLIC");
		String script = print("--spring.datasource.url=" + this.database.getPlainUrl());
		assertThat(script).startsWith("-- The rights that are missing, as the database is now.")
			.contains("CREATE ROLE \"%s\" NOLOGIN;".formatted(this.owner),
					"CREATE ROLE \"%s\" LOGIN;".formatted(this.application),
					"GRANT \"%s\" TO %s;".formatted(this.owner, this.login))
			.doesNotContain("CREATE ROLE " + this.login);
		assertThat(this.database.query("SELECT rolname FROM pg_roles WHERE rolname ~ '%s$'".formatted(this.suffix)))
			.isEmpty();
		psql(script);
		assertThat(print("--spring.datasource.url=" + this.database.getPlainUrl())).isEqualTo("""
				-- The rights that are missing, as the database is now.
				-- To be executed by a superuser: psql -v ON_ERROR_STOP=1
				-- Nothing is missing.
				""");
	}

	@Test
	@FullTier
	void whatIsPrintedWithoutADatabaseSplitsIt() throws Exception {
		String[] schema = { "--spring.liquibase.default-schema=fleet" };
		String script = print("--spring.datasource.url=jdbc:postgresql://127.0.0.1:1/nowhere", "--offline", schema[0]);
		assertThat(script).startsWith("-- All rights, for the names in the settings. No database was asked.")
			.contains("CREATE SCHEMA IF NOT EXISTS fleet AUTHORIZATION \"%s\";".formatted(this.owner),
					"ALTER DEFAULT PRIVILEGES FOR ROLE \"%s\" IN SCHEMA fleet GRANT USAGE ON SEQUENCES TO \"%s\";"
						.formatted(this.owner, this.application));
		psql(script);
		psql(script);
		this.database.execute("ALTER ROLE \"%s\" PASSWORD '%s'".formatted(this.application, PASSWORD));
		Path changeLog = Applications.changeLog(this.directory.resolve("log.sql"),
				"me:one\ncreate table one (id serial primary key);", "me:two\nreset role;",
				"me:three\ncreate table three (id int);");
		String dry = run(process(changeLog).arguments("--spring.datasource.url=" + this.database.getPlainUrl())
			.arguments(schema)
			.arguments("--dry-run"), 0);
		assertThat(dry.lines().filter("SET ROLE \"%s\";".formatted(this.owner)::equals)).as(dry).hasSize(4);
		run(process(changeLog).arguments("--spring.datasource.url=" + this.database.getPlainUrl())
			.arguments(schema)
			.arguments("--lockkeeper.postgresql.verify-app-role=fail"), 0);
		assertThat(this.database.query("SELECT DISTINCT schemaname || ' ' || tableowner FROM pg_tables "
				+ "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"))
			.containsExactly("fleet " + this.owner);
		try (JavaProcess deferring = Applications.plain(changeLog)
			.onKubernetes()
			.arguments(schema)
			.arguments("--spring.datasource.url=" + this.database.getPlainUrl(),
					"--spring.datasource.username=" + this.application, "--spring.datasource.password=" + PASSWORD)
			.start()) {
			int port = deferring.awaitPort(Applications.START);
			Awaitility.await()
				.atMost(Applications.START)
				.until(() -> Http.get(port, "/actuator/health/readiness").status() == 200);
		}
	}

	@Test
	@FullTier
	void aSchemaHasTheNameUnderWhichTheRunUsesIt() throws Exception {
		String[] schemas = { "--spring.liquibase.default-schema=FLEET", "--spring.liquibase.liquibase-schema=ARCHIVE",
				"--spring.datasource.url=" + this.database.getPlainUrl() };
		Path changeLog = Applications.changeLog(this.directory.resolve("log.sql"),
				"me:one\ncreate table one (id serial primary key);");
		assertThat(print(schemas)).contains("SCHEMA IF NOT EXISTS fleet ", "SCHEMA IF NOT EXISTS archive ")
			.doesNotContain("FLEET", "ARCHIVE");
		String script = run(process(changeLog).arguments("--print=grants", "--offline").arguments(schemas), 0) + "\n";
		assertThat(script).contains("IN SCHEMA fleet", "IN SCHEMA archive").doesNotContain("FLEET", "ARCHIVE");
		psql(script);
		run(process(changeLog).arguments(schemas).arguments("--lockkeeper.postgresql.verify-app-role=fail"), 0);
		assertThat(print(schemas)).contains("-- Nothing is missing.");
		assertThat(this.database.query("SELECT schemaname || '.' || tablename FROM pg_tables "
				+ "WHERE tablename IN ('one', 'databasechangelog') ORDER BY 1"))
			.containsExactly("archive.databasechangelog", "fleet.one");
	}

	@Test
	@FullTier
	void aLoginThatIsAMemberAndMayNotBecomeTheOwnerIsGivenThatOption() throws Exception {
		assumeThat(this.database.query("SHOW server_version_num").get(0)).isGreaterThan("160000");
		String[] asItIs = { "--spring.datasource.url=" + this.database.getPlainUrl() };
		psql(print(asItIs));
		this.database.execute("GRANT \"%s\" TO %s WITH SET FALSE".formatted(this.owner, this.login));
		String script = print(asItIs);
		assertThat(script).contains("GRANT \"%s\" TO %s WITH SET TRUE;".formatted(this.owner, this.login));
		psql(script);
		assertThat(print(asItIs)).contains("-- Nothing is missing.");
	}

	@Test
	@FullTier
	void withoutADatabaseTheLoginIsNeeded() {
		Path changeLog = Applications.changeLog(this.directory.resolve("log.sql"),
				"me:one\ncreate table one (id int);");
		try (JavaProcess process = Applications.plain(changeLog)
			.separateStreams()
			.arguments("--migrate-only", "--print=grants", "--offline",
					"--spring.datasource.url=jdbc:postgresql://127.0.0.1:1/nowhere",
					"--lockkeeper.postgresql.set-role=" + this.owner,
					"--lockkeeper.postgresql.app-role=" + this.application)
			.start()) {
			assertThat(process.awaitExit(Applications.START)).isEqualTo(78);
			assertThat(process.getOutput()).isEmpty();
			assertThat(process.getErrors()).contains("Set spring.datasource.username to that login");
		}
	}

	@Test
	@FullTier
	void aRoleOfTheApplicationIsNeeded() {
		try (JavaProcess process = Applications.plain(this.directory.resolve("log.sql"), this.database)
			.separateStreams()
			.arguments("--migrate-only", "--print=grants")
			.start()) {
			assertThat(process.awaitExit(Applications.START)).isEqualTo(78);
			assertThat(process.getOutput()).isEmpty();
			assertThat(process.getErrors()).contains("Set lockkeeper.postgresql.app-role to it.");
		}
	}

	private String print(String... arguments) {
		Path changeLog = Applications.changeLog(this.directory.resolve("log.sql"),
				"me:one\ncreate table one (id int);");
		return run(process(changeLog).arguments("--print=grants").arguments(arguments), 0) + "\n";
	}

	private JavaProcess.Builder process(Path changeLog) {
		return Applications.plain(changeLog)
			.separateStreams()
			.arguments("--migrate-only", "--lockkeeper.postgresql.set-role=" + this.owner,
					"--lockkeeper.postgresql.app-role=" + this.application,
					"--spring.datasource.username=" + this.login, "--spring.datasource.password=" + PASSWORD);
	}

	private static String run(JavaProcess.Builder builder, int code) {
		try (JavaProcess process = builder.start()) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isEqualTo(code);
			return process.getOutput();
		}
	}

	private void psql(String script) throws IOException, InterruptedException {
		if (!Files.exists(PSQL)) {
			this.database.execute(script);
			return;
		}
		Path input = Files.writeString(this.directory.resolve("script.sql"), script);
		Path output = this.directory.resolve("psql.log");
		List<String> command = new ArrayList<>(List.of(PSQL.toString(), "--no-psqlrc", "-v", "ON_ERROR_STOP=1",
				"--file=" + input, this.database.getUrl().substring("jdbc:".length())));
		Process psql = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
		assertThat(psql.waitFor(1, TimeUnit.MINUTES)).isTrue();
		assertThat(psql.exitValue()).as(Applications.read(output)).isZero();
	}

}
