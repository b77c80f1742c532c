// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.UUID;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.SampledCases;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The jar, as a user starts it.
 */
class SampleIT {

	private static final Path JAR = Path.of(System.getProperty("sample.jar"));

	private static final Duration START = Duration.ofMinutes(2);

	private static final String BOOKING = """
			{"berth": "S1", "ship": "%s", "arrival": "2030-06-01", "departure": "2030-06-03"}
			""";

	private static final String FLYWAY = "--spring.profiles.active=flyway";

	private static final String COLUMNS = """
			SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, is_identity)
			FROM information_schema.columns
			WHERE table_name IN ('quay', 'berth', 'booking', 'pilot', 'harbour_board')
			ORDER BY table_name, column_name
			""";

	private static final String BOARD = "SELECT harbour_board::text FROM harbour_board ORDER BY name";

	@Test
	@FullTier
	void bringsItsOwnDatabaseWhenThereIsNoneAndBooksBerths() {
		try (JavaProcess harbour = JavaProcess.ofJar(JAR).arguments("--server.port=0").start()) {
			int port = harbour.awaitPort(START);
			assertThat(harbour.getOutput()).contains("using an embedded PostgreSQL on port");
			Awaitility.await().atMost(START).until(() -> Http.get(port, "/actuator/health/readiness").status() == 200);
			assertThat(Http.get(port, "/berths").body()).contains("North Quay", "\"name\":\"S2\"");
			assertThat(Http.post(port, "/bookings", BOOKING.formatted("Aurora")).status()).isEqualTo(201);
			assertThat(Http.post(port, "/bookings", BOOKING.formatted("Borealis")).status()).isEqualTo(409);
			assertThat(Http.post(port, "/bookings", "{").status()).isEqualTo(400);
			assertThat(Http.post(port, "/bookings", "{\"berth\": \"S1\"}"))
				.isEqualTo(Http.post(port, "/bookings", BOOKING.formatted("Late").replace("2030-06-03", "2030-06-01")))
				.satisfies((answer) -> assertThat(answer.status()).isEqualTo(400))
				.satisfies((answer) -> assertThat(answer.body()).contains("A booking needs a berth"));
			assertThat(Http.get(port, "/berths").body()).contains("\"nextShip\":\"Aurora\"");
			assertThat(Http.get(port, "/actuator/schema").body()).contains("\"status\":\"CURRENT\"", "\"applied\":14");
			harbour.terminate();
			assertThat(harbour.awaitExit(START)).isEqualTo(143);
		}
	}

	@Test
	void theSameJarMigratesAsTheOwnerAndServesAsTheApplication() {
		TestDatabase database = TestPostgres.shared().createDatabase();
		Roles roles = Roles.create(database);
		try (JavaProcess job = roles.migrate(database).start()) {
			assertThat(job.awaitExit(START)).as(job::getOutput).isZero();
		}
		try (JavaProcess pod = as(roles.application(), database).onKubernetes().arguments("--server.port=0").start()) {
			int port = pod.awaitPort(START);
			Awaitility.await().atMost(START).until(() -> Http.get(port, "/actuator/health/readiness").status() == 200);
			assertThat(Http.get(port, "/berths").body()).contains("North Quay");
			assertThat(Http.post(port, "/bookings", BOOKING.formatted("Aurora")).status()).isEqualTo(201);
			assertThat(Http.get(port, "/actuator/schema").body()).contains("\"value\":\"DEFER\"",
					"\"status\":\"CURRENT\"");
		}
		try (JavaProcess job = roles.migrate(database).start()) {
			assertThat(job.awaitExit(START)).as(job::getOutput).isZero();
			assertThat(job.getOutput()).contains("lockkeeper - nothing to do");
		}
		assertThat(database.query("SELECT indisvalid FROM pg_index WHERE indexrelid = 'booking_ship'::regclass"))
			.containsExactly("t");
		assertThat(database.query("SELECT count(*) FROM berth")).containsExactly("4");
		database.awaitNoSessions();
	}

	@Test
	void withTheProfileFlywayTheSameJarMigratesWithFlyway() {
		TestDatabase database = TestPostgres.shared().createDatabase();
		Roles roles = Roles.create(database);
		try (JavaProcess job = roles.migrate(database).arguments(FLYWAY).start()) {
			assertThat(job.awaitExit(START)).as(job::getOutput).isZero();
			assertThat(job.getOutput()).contains("lockkeeper - migrated (schema flywayInitializer, CURRENT");
		}
		try (JavaProcess pod = as(roles.application(), database).onKubernetes()
			.arguments(FLYWAY, "--server.port=0")
			.start()) {
			int port = pod.awaitPort(START);
			Awaitility.await().atMost(START).until(() -> Http.get(port, "/actuator/health/readiness").status() == 200);
			assertThat(Http.get(port, "/berths").body()).contains("North Quay");
			assertThat(Http.post(port, "/bookings", BOOKING.formatted("Aurora")).status()).isEqualTo(201);
			assertThat(Http.get(port, "/berths").body()).contains("\"nextShip\":\"Aurora\"");
			assertThat(Http.get(port, "/actuator/schema").body()).contains("\"value\":\"DEFER\"",
					"\"status\":\"CURRENT\"", "\"flywayInitializer\"");
		}
		try (JavaProcess job = roles.migrate(database).arguments(FLYWAY).start()) {
			assertThat(job.awaitExit(START)).as(job::getOutput).isZero();
			assertThat(job.getOutput()).contains("lockkeeper - nothing to do");
		}
		assertThat(database.query("SELECT indisvalid FROM pg_index WHERE indexrelid = 'booking_ship'::regclass"))
			.containsExactly("t");
		assertThat(database.query("SELECT to_regclass('databasechangelog') IS NULL")).containsExactly("t");
		database.awaitNoSessions();
	}

	@Test
	@FullTier
	void bothToolsMakeTheSameSchema() {
		TestDatabase ofLiquibase = TestPostgres.shared().createDatabase();
		TestDatabase ofFlyway = TestPostgres.shared().createDatabase();
		migrate(ofLiquibase);
		migrate(ofFlyway, FLYWAY);
		assertThat(ofFlyway.query(COLUMNS)).isNotEmpty().isEqualTo(ofLiquibase.query(COLUMNS));
		assertThat(ofFlyway.query(BOARD)).isNotEmpty().isEqualTo(ofLiquibase.query(BOARD));
	}

	private static void migrate(TestDatabase database, String... arguments) {
		try (JavaProcess job = JavaProcess.ofJar(JAR)
			.database(database)
			.arguments(arguments)
			.arguments("--migrate-only")
			.start()) {
			assertThat(job.awaitExit(START)).as(job::getOutput).isZero();
		}
	}

	@Test
	@FullTier
	void processedAheadOfTimeItWaitsForTheJobAndServes() {
		TestDatabase database = TestPostgres.shared().createDatabase();
		try (JavaProcess pod = aheadOfTime(database).onKubernetes()
			.arguments("--server.port=0", "--lockkeeper.defer.startup=serve", "--lockkeeper.wait.max-interval=1s")
			.start()) {
			int port = pod.awaitPort(START);
			assertThat(Http.get(port, "/actuator/health/readiness").status()).isEqualTo(503);
			try (JavaProcess job = aheadOfTime(database).onKubernetes().arguments("--migrate-only").start()) {
				assertThat(job.awaitExit(START)).as(job::getOutput).isZero();
				assertThat(job.getOutput()).contains("Starting AOT-processed", "lockkeeper - migrated")
					.doesNotContain("Tomcat");
			}
			Awaitility.await().atMost(START).until(() -> Http.get(port, "/actuator/health/readiness").status() == 200);
			assertThat(Http.get(port, "/actuator/schema").body()).contains("\"value\":\"DEFER\"",
					"\"status\":\"CURRENT\"");
			assertThat(pod.getOutput()).contains("Starting AOT-processed");
			pod.terminate();
			assertThat(pod.awaitExit(START)).isEqualTo(143);
		}
	}

	@Test
	@FullTier
	void processedAheadOfTimeItAnswersProbesWhileItWaits() {
		TestDatabase database = TestPostgres.shared().createDatabase();
		int port = Http.freePort();
		try (JavaProcess pod = aheadOfTime(database).onKubernetes()
			.arguments("--server.port=" + port, "--lockkeeper.wait.max-interval=1s")
			.start()) {
			pod.awaitLine("lockkeeper - waiting for the schema", START);
			assertThat(Http.get(port, "/actuator/health/liveness").status()).isEqualTo(200);
			assertThat(Http.get(port, "/actuator/health/readiness").status()).isEqualTo(503);
			try (JavaProcess job = aheadOfTime(database).onKubernetes().arguments("--migrate-only").start()) {
				assertThat(job.awaitExit(START)).as(job::getOutput).isZero();
			}
			Awaitility.await().atMost(START).until(() -> Http.get(port, "/actuator/health/readiness").status() == 200);
			assertThat(Http.get(port, "/berths").body()).contains("North Quay");
			assertThat(pod.getOutput()).contains("Starting AOT-processed");
		}
	}

	@Test
	@FullTier
	void processedAheadOfTimeItMigratesItself() {
		TestDatabase database = TestPostgres.shared().createDatabase();
		try (JavaProcess harbour = aheadOfTime(database).arguments("--server.port=0").start()) {
			int port = harbour.awaitPort(START);
			Awaitility.await().atMost(START).until(() -> Http.get(port, "/actuator/health/readiness").status() == 200);
			assertThat(Http.get(port, "/berths").body()).contains("North Quay");
			assertThat(Http.get(port, "/actuator/schema").body()).contains("\"value\":\"SELF\"",
					"\"status\":\"CURRENT\"");
			assertThat(harbour.getOutput()).contains("Starting AOT-processed");
		}
	}

	@ParameterizedTest
	@FullTier
	@ValueSource(booleans = { true, false })
	void processedAheadOfTimeItsTrainingRunTouchesNoDatabase(boolean reachable) {
		TestDatabase database = TestPostgres.shared().createDatabase();
		String url = reachable ? database.getUrl() : "jdbc:postgresql://localhost:1/away";
		try (JavaProcess training = JavaProcess.ofJar(JAR)
			.jvmArguments("-Dspring.aot.enabled=true", "-Dspring.context.exit=onRefresh")
			.arguments("--spring.datasource.url=" + url)
			.start()) {
			assertThat(training.awaitExit(START)).as(training::getOutput).isZero();
			assertThat(training.getOutput()).contains("Starting AOT-processed", "a training run touches no database");
		}
		assertThat(database.query("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).containsExactly("0");
	}

	@ParameterizedTest
	@SampledCases
	@ValueSource(booleans = { false, true })
	@FullTier
	void aProcessWhoseMainForgetsTheFlagEndsWith64(boolean extracted, @TempDir Path directory) throws IOException {
		Path jar = withMain(ForgetfulMain.class, directory.resolve("forgetful.jar"));
		if (extracted) {
			jar = extract(jar, directory.resolve("extracted"));
		}
		TestDatabase database = TestPostgres.shared().createDatabase();
		try (JavaProcess process = JavaProcess.ofJar(jar)
			.jvmArguments("-Dspring.datasource.url=" + database.getUrl(), "-Dserver.port=0")
			.arguments("--migrate-only")
			.start()) {
			assertThat(process.awaitExit(START)).as(process::getOutput).isEqualTo(64);
			assertThat(process.getOutput())
				.contains("--migrate-only is an argument of the process, but Spring Boot does not know of it");
		}
		assertThat(database.query("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).containsExactly("0");
	}

	/**
	 * Copy the jar, and let it start with another main class.
	 */
	private static Path withMain(Class<?> main, Path copy) throws IOException {
		Files.copy(JAR, copy);
		String classFile = main.getName().replace('.', '/') + ".class";
		try (FileSystem zip = FileSystems.newFileSystem(copy);
				InputStream code = main.getResourceAsStream("/" + classFile)) {
			Files.copy(Objects.requireNonNull(code), zip.getPath("BOOT-INF/classes", classFile));
			Path file = zip.getPath("META-INF/MANIFEST.MF");
			Manifest manifest = new Manifest();
			try (InputStream content = Files.newInputStream(file)) {
				manifest.read(content);
			}
			manifest.getMainAttributes().putValue("Start-Class", main.getName());
			try (OutputStream content = Files.newOutputStream(file)) {
				manifest.write(content);
			}
		}
		return copy;
	}

	private static Path extract(Path jar, Path directory) {
		try (JavaProcess extraction = JavaProcess.ofJar(jar)
			.jvmArguments("-Djarmode=tools")
			.arguments("extract", "--destination", directory.toString())
			.start()) {
			assertThat(extraction.awaitExit(START)).as(extraction::getOutput).isZero();
		}
		return directory.resolve(jar.getFileName());
	}

	private static JavaProcess.Builder as(String role, TestDatabase database) {
		return JavaProcess.ofJar(JAR)
			.arguments("--spring.datasource.url=" + database.getPlainUrl(), "--spring.datasource.username=" + role,
					"--spring.datasource.password=secret");
	}

	private static JavaProcess.Builder aheadOfTime(TestDatabase database) {
		return JavaProcess.ofJar(JAR).jvmArguments("-Dspring.aot.enabled=true").database(database);
	}

	/**
	 * The roles of the README and of the manifests, under other names.
	 *
	 * @param suffix what their names end with
	 */
	private record Roles(String suffix) {

		private static final Path README = Path.of("..", "README.md");

		private static final Path JOB = Path.of("..", "k8s", "job-and-deployment", "2-migration-job.yaml");

		private static final Path SECRETS = Path.of("..", "k8s", "job-and-deployment", "1-secrets.yaml");

		private static final Pattern COMMAND = Pattern
			.compile("\\$ java -jar application\\.jar (--migrate-only --print=grants --offline [^|]+)\\| psql");

		private static final Pattern ARGUMENT = Pattern.compile("(?m)^ +- (--[^ ]+)$");

		private static final Pattern USERNAME = Pattern.compile("(?m)^  username: (.+)$");

		/**
		 * Create them with the command of the README, and give the logins a password.
		 */
		static Roles create(TestDatabase database) {
			Roles roles = new Roles(UUID.randomUUID().toString().substring(0, 8));
			Matcher command = COMMAND.matcher(read(README));
			assertThat(command.find()).as("the command of the README").isTrue();
			try (JavaProcess printing = JavaProcess.ofJar(JAR)
				.separateStreams()
				.arguments(roles.named(command.group(1)).split("[\\s\\\\]+"))
				.start()) {
				assertThat(printing.awaitExit(START)).as(printing::getErrors).isZero();
				database.execute(printing.getOutput());
			}
			database.execute(roles
				.named("ALTER ROLE harbour_migrator PASSWORD 'secret'; " + "ALTER ROLE harbour_app PASSWORD 'secret'"));
			return roles;
		}

		/**
		 * Begin to describe the Job of the manifests.
		 */
		JavaProcess.Builder migrate(TestDatabase database) {
			return as(username(0), database).arguments(ARGUMENT.matcher(read(JOB))
				.results()
				.map((argument) -> named(argument.group(1)))
				.toArray(String[]::new));
		}

		String application() {
			return username(1);
		}

		private String username(int index) {
			return named(USERNAME.matcher(read(SECRETS)).results().map((name) -> name.group(1)).toList().get(index));
		}

		private String named(String text) {
			return text.replaceAll("\\b(harbour_(owner|migrator|app))\\b", "$1_" + this.suffix);
		}

		private static String read(Path file) {
			try {
				return Files.readString(file);
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}

	}

}
