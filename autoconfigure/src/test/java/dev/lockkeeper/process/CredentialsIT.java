// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import dev.lockkeeper.app.PlainApplication;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.SampledCases;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A password that is put wherever one can be put, in processes that fail in every way,
 * shows nowhere: not in what they print with the log levels that Spring Boot has by
 * default, not in the verdict, the endpoint, the health or our tables, and in no
 * encoding.
 */
class CredentialsIT {

	private static final String PASSWORD = PlantedPassword.VALUE;

	private static TestPostgres server;

	private static String role;

	@TempDir
	Path directory;

	private final TestDatabase database = server.createDatabase();

	@BeforeAll
	static void startAServerThatRequiresThePassword() {
		server = TestPostgres.startEmbedded();
		role = server.createRole("another");
		server.requirePassword(role);
	}

	@AfterAll
	static void stopTheServer() {
		server.close();
	}

	@ParameterizedTest
	@SampledCases(3)
	@EnumSource
	@FullTier
	void aWrongPassword(Place place) {
		JavaProcess.Builder process = application(changeLog("select 1;"), place, this.database.getPlainUrl(), role);
		assertSilence(process.arguments("--lockkeeper.database-wait=0s", "--lockkeeper.defer.wait-timeout=1s",
				"--lockkeeper.mode=" + place.mode), (place != Place.USER_INFORMATION) ? 77 : 69);
	}

	@Test
	@FullTier
	void aHostThatRefuses() {
		assertSilence(application(changeLog("select 1;"), Place.URL_PARAMETER, "jdbc:postgresql://localhost:1/db", role)
			.arguments("--lockkeeper.database-wait=0s", "--migrate-only"), 69);
	}

	@Test
	@FullTier
	void anUnknownHost() {
		assertSilence(
				application(changeLog("select 1;"), Place.URL_PARAMETER, "jdbc:postgresql://nowhere.invalid/db", role)
					.arguments("--lockkeeper.defer.wait-timeout=1s", "--lockkeeper.mode=defer"),
				69);
	}

	@Test
	@FullTier
	void aUrlThatTheDriverDoesNotUnderstand() {
		JavaProcess.Builder process = application(changeLog("select 1;"), Place.URL_PARAMETER,
				"jdbc:postgresql://localhost:1", role);
		assertSilence(process.arguments("--lockkeeper.database-wait=0s", "--migrate-only"), 78,
				"JDBC URL must contain a /");
	}

	@Test
	@FullTier
	void aDatabaseThatIsMissing() {
		assertSilence(application(changeLog("select 1;"), Place.VARIABLE,
				this.database.getPlainUrl().replace(this.database.getName(), "missing"), "postgres")
			.arguments("--lockkeeper.database-wait=0s", "--migrate-only"), 78);
	}

	@Test
	@FullTier
	void aChangeSetThatFailsWithItInItsSql() {
		String table = "\"" + PASSWORD.replace("\"", "\"\"") + "\"";
		assertSilence(application(changeLog("select * from " + table + ";"), Place.LIQUIBASE,
				this.database.getPlainUrl(), "postgres"), 70, "encountered an exception.");
	}

	@Test
	@FullTier
	void theStackTraceOfAChangeSetThatFailsWithItInItsSql() {
		String table = "\"" + PASSWORD.replace("\"", "\"\"") + "\"";
		assertSilence(application(changeLog("select * from " + table + ";"), Place.LIQUIBASE,
				this.database.getPlainUrl(), "postgres")
			.arguments("--logging.level.liquibase=debug"), 70, "encountered an exception.");
	}

	@Test
	@FullTier
	void aChangeSetThatFailsWithItAsAParameter() {
		assertSilence(
				application(changeLog("select '${password}'::int;"), Place.CONFIGURATION_FILE,
						this.database.getPlainUrl(), "postgres")
					.arguments("--migrate-only",
							"--spring.liquibase.parameters.password=" + PASSWORD.replace("'", "''")),
				70, "invalid input syntax");
	}

	@Test
	@FullTier
	void aChangelogThatIsMalformedWhereItStands() {
		Path changeLog = Applications.write(this.directory.resolve("malformed.yaml"),
				"databaseChangeLog:%n  - changeSet: \"%n  password: %s%n - x: [".formatted(PASSWORD));
		assertSilence(application(changeLog, Place.SECRET_FILE, this.database.getPlainUrl(), "postgres")
			.arguments("--migrate-only"), 65);
	}

	@ParameterizedTest
	@FullTier
	@EnumSource(Misplaced.class)
	void aSettingThatIsFilledFromTheWrongSecret(Misplaced misplaced) {
		JavaProcess.Builder process = plain(changeLog("select 1;"))
			.arguments("--spring.datasource.url=" + this.database.getUrl());
		assertSilence(process.environment(misplaced.variable, PASSWORD), misplaced.code);
	}

	@Test
	@FullTier
	void aLockThatStaysBusy() {
		this.database.execute("CREATE TABLE lockkeeper_lock (name VARCHAR(255) NOT NULL PRIMARY KEY, "
				+ "lock_until TIMESTAMP NOT NULL, locked_at TIMESTAMP NOT NULL, locked_by VARCHAR(255) NOT NULL, "
				+ "backend_pid INTEGER, backend_start TIMESTAMP WITH TIME ZONE)",
				"INSERT INTO lockkeeper_lock VALUES ('public.databasechangeloglock', "
						+ "timezone('utc', now()) + interval '1 hour', timezone('utc', now()), 'another process')");
		assertSilence(
				application(changeLog("select 1;"), Place.DRIVER_PROPERTY, this.database.getPlainUrl(), "postgres")
					.arguments("--lockkeeper.lock.wait-timeout=1s", "--migrate-only"),
				75);
	}

	@Test
	@FullTier
	void aProcessThatIsAskedToEnd() {
		Path verdict = this.directory.resolve("verdict");
		try (JavaProcess process = application(changeLog("select pg_sleep(60);"), Place.ARGUMENT,
				this.database.getPlainUrl(), "postgres")
			.arguments("--lockkeeper.shutdown-grace=0s", "--lockkeeper.termination-message-path=" + verdict)
			.start()) {
			process.awaitLine("lockkeeper - migrating", Applications.START);
			process.terminate();
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isEqualTo(143);
			PlantedPassword.assertSilence(process.getOutput(), Applications.read(verdict),
					PlantedPassword.tables(this.database));
		}
	}

	@Test
	@FullTier
	void aProcessThatServesAndLosesItsDatabase() {
		try (JavaProcess process = application(changeLog("create table one (id int);"), Place.URL_PARAMETER,
				this.database.getPlainUrl(), "postgres")
			.arguments("--spring.datasource.hikari.connection-timeout=1000",
					"--lockkeeper.readiness.refresh-interval=1s")
			.start()) {
			int port = process.awaitPort(Applications.START);
			String served = Http.get(port, "/actuator/schema").body();
			assertThat(served).contains("\"status\":\"CURRENT\"");
			String tables = PlantedPassword.tables(this.database);
			assertThat(tables).contains("lockkeeper_lock");
			server.execute("ALTER DATABASE %s ALLOW_CONNECTIONS false".formatted(this.database.getName()));
			server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s'"
				.formatted(this.database.getName()));
			process.awaitLine("lockkeeper - the schema became UNREADABLE", Applications.START);
			String lost = Http.get(port, "/actuator/schema").body();
			assertThat(lost).contains("\"status\":\"UNREADABLE\"");
			String health = Http.get(port, "/actuator/health").body();
			assertThat(health).contains("\"schema\":{", "\"db\":{", "\"error\"");
			PlantedPassword.assertSilence(process.getOutput(), served, lost, health, tables);
		}
	}

	private JavaProcess.Builder application(Path changeLog, Place place, String url, String user) {
		JavaProcess.Builder process = plain(changeLog);
		switch (place) {
			case URL_PARAMETER -> process.arguments(
					"--spring.datasource.url=%s?user=%s&password=%s".formatted(url, user, PlantedPassword.encoded()));
			case USER_INFORMATION -> process.arguments("--spring.datasource.url="
					+ url.replace("//", "//%s:%s@".formatted(user, PlantedPassword.encoded())));
			case ARGUMENT -> process.arguments("--spring.datasource.url=" + url, "--spring.datasource.username=" + user,
					"--spring.datasource.password=" + PASSWORD);
			case VARIABLE -> process.arguments("--spring.datasource.url=" + url, "--spring.datasource.username=" + user)
				.environment("SPRING_DATASOURCE_PASSWORD", PASSWORD);
			case CONFIGURATION_FILE -> {
				Applications.write(this.directory.resolve("application.yaml"),
						"spring.datasource:%n  url: '%s'%n  username: %s%n  password: '%s'%n".formatted(url, user,
								PASSWORD.replace("'", "''")));
				process.arguments("--spring.config.additional-location=file:%s/".formatted(this.directory));
			}
			case SECRET_FILE -> {
				Applications.write(this.directory.resolve("spring.datasource.password"), PASSWORD + "\n");
				process.arguments("--spring.datasource.url=" + url, "--spring.datasource.username=" + user,
						"--spring.config.import=configtree:%s/".formatted(this.directory));
			}
			case LIQUIBASE -> process.arguments("--spring.datasource.url=" + url, "--spring.liquibase.user=" + user,
					"--spring.liquibase.password=" + PASSWORD, "--spring.datasource.username=" + user);
			case DRIVER_PROPERTY -> process.arguments("--spring.datasource.url=" + url,
					"--spring.datasource.hikari.data-source-properties.user=" + user,
					"--spring.datasource.hikari.data-source-properties.password=" + PASSWORD);
		}
		return process;
	}

	private static JavaProcess.Builder plain(Path changeLog) {
		return JavaProcess.ofMainClass(PlainApplication.class.getName())
			.jvmArguments("-Dfile.encoding=UTF-8", "-Dstdout.encoding=UTF-8", "-Dsun.jnu.encoding=UTF-8")
			.environment("LC_ALL", "C.UTF-8")
			.arguments("--server.port=0", "--spring.liquibase.change-log=file:" + changeLog,
					"--management.endpoints.web.exposure.include=health,schema",
					"--management.endpoint.health.show-details=always");
	}

	private Path changeLog(String sql) {
		return Applications.changeLog(this.directory.resolve("changes.sql"), "me:one\n" + sql);
	}

	private void assertSilence(JavaProcess.Builder builder, int code, String... said) {
		Path verdict = this.directory.resolve("verdict");
		try (JavaProcess process = builder.arguments("--lockkeeper.termination-message-path=" + verdict).start()) {
			int exit = process.awaitExit(Applications.START);
			PlantedPassword.assertSilence(process.getOutput(), Files.exists(verdict) ? Applications.read(verdict) : "",
					PlantedPassword.tables(this.database));
			assertThat(exit).as(process::getOutput).isEqualTo(code);
			assertThat(List.of(said)).allSatisfy((text) -> assertThat(process.getOutput()).contains(text));
		}
	}

	/**
	 * Where a password can be put.
	 */
	enum Place {

		URL_PARAMETER("self"),

		/** The driver of PostgreSQL takes it for a part of the host name. */
		USER_INFORMATION("migrate-only"),

		ARGUMENT("migrate-only"),

		VARIABLE("defer"),

		CONFIGURATION_FILE("migrate-only"),

		SECRET_FILE("migrate-only"),

		LIQUIBASE("migrate-only"),

		DRIVER_PROPERTY("migrate-only");

		private final String mode;

		Place(String mode) {
			this.mode = mode;
		}

	}

	/**
	 * Settings that are no place for a password.
	 */
	enum Misplaced {

		DURATION("LOCKKEEPER_DATABASEWAIT", 78),

		MODE("LOCKKEEPER_MODE", 78);

		private final String variable;

		private final int code;

		Misplaced(String variable, int code) {
			this.variable = variable;
			this.code = code;
		}

	}

}
