// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initializers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import org.awaitility.Awaitility;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Starts processes of the application, and uses it as a client does.
 */
final class Harbour {

	/**
	 * Time for a process to start on a busy machine.
	 */
	static final Duration START = Duration.ofMinutes(2);

	static final String PASSWORD = "secret";

	static final String READINESS = "/actuator/health/readiness";

	/**
	 * Each initializer with the settings that turn it off, as Spring Boot names both.
	 */
	static final Map<String, String> NEVER = new TreeMap<>(Map.of("dataSourceScriptDatabaseInitializer",
			"--spring.sql.init.mode=never", "batchDataSourceInitializer", "--spring.batch.jdbc.initialize-schema=never",
			"jdbcSessionDataSourceScriptDatabaseInitializer", "--spring.session.jdbc.initialize-schema=never",
			"quartzDataSourceScriptDatabaseInitializer", "--spring.quartz.jdbc.initialize-schema=never",
			"integrationDataSourceInitializer", "--spring.integration.jdbc.initialize-schema=never",
			"databaseSchemaInitializer", "--spring.modulith.events.jdbc.schema-initialization.enabled=false"));

	/**
	 * One table of each initializer.
	 */
	static final List<String> TABLES = List.of("batch_job_instance", "event_publication", "int_message", "port",
			"qrtz_triggers", "spring_session");

	private static final String CATALOG = """
			SELECT concat_ws(' ', 'column', table_name, ordinal_position, column_name, data_type,
				character_maximum_length, is_nullable, column_default)
			FROM information_schema.columns WHERE table_schema = 'public'
			UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
			UNION ALL SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid))
			FROM pg_constraint WHERE connamespace = 'public'::regnamespace
			UNION ALL SELECT concat_ws(' ', 'sequence', sequencename, data_type, start_value, increment_by)
			FROM pg_sequences WHERE schemaname = 'public'
			ORDER BY 1
			""";

	private Harbour() {
	}

	/**
	 * Begin to describe a process that is on no platform and connects as the superuser.
	 */
	static JavaProcess.Builder process(TestDatabase database) {
		return described().database(database);
	}

	/**
	 * Begin to describe a process that is on no platform and connects as a role.
	 */
	static JavaProcess.Builder process(TestDatabase database, String role) {
		return described().arguments("--spring.datasource.url=" + database.getPlainUrl(),
				"--spring.datasource.username=" + role, "--spring.datasource.password=" + PASSWORD);
	}

	private static JavaProcess.Builder described() {
		return JavaProcess.ofMainClass(InitializersApplication.class.getName())
			.environment("SERVER_PORT", "0")
			.arguments("--spring.main.banner-mode=off", "--logging.level.liquibase=warn",
					"--spring.datasource.hikari.maximum-pool-size=4", "--lockkeeper.wait.max-interval=1s",
					"--lockkeeper.readiness.refresh-interval=1s");
	}

	/**
	 * Return the settings that turn all initializers off but those that are named.
	 */
	static String[] neverBut(String... initializers) {
		Map<String, String> others = new TreeMap<>(NEVER);
		others.keySet().removeAll(List.of(initializers));
		return others.values().toArray(String[]::new);
	}

	/**
	 * Run a process that ends by itself.
	 * @return its output
	 */
	static String run(JavaProcess.Builder builder, int code) {
		try (JavaProcess process = builder.start()) {
			assertThat(process.awaitExit(START)).as(process::getOutput).isEqualTo(code);
			return process.getOutput();
		}
	}

	/**
	 * Wait until a process is ready.
	 * @return its port
	 */
	static int awaitReady(JavaProcess process) {
		int port = process.awaitPort(START);
		Awaitility.await(process.getOutput())
			.atMost(START)
			.until(() -> !process.isAlive() || Http.get(port, READINESS).status() == 200);
		assertThat(process.isAlive()).as(process::getOutput).isTrue();
		return port;
	}

	/**
	 * Start a process that serves, and end it as soon as it is ready.
	 */
	static void serveOnce(JavaProcess.Builder builder) {
		try (JavaProcess process = builder.start()) {
			awaitReady(process);
			process.terminate();
			assertThat(process.awaitExit(START)).isEqualTo(143);
		}
	}

	/**
	 * Return the tables with their columns, indexes, constraints and sequences.
	 */
	static List<String> catalog(TestDatabase database) {
		return database.query(CATALOG);
	}

	static List<String> tables(TestDatabase database) {
		return database.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1");
	}

	/**
	 * Use the tables of each initializer.
	 * @param ship given to no call before
	 */
	static void useEachFeature(int port, String ship) {
		assertThat(Http.get(port, "/ports").body()).isEqualTo("[\"Hamburg\",\"Rotterdam\"]");
		assertThat(post(port, "/jobs/" + ship)).isEqualTo("COMPLETED");
		useSession(port, ship);
		post(port, "/triggers/" + ship);
		assertThat(Http.get(port, "/triggers").body()).contains(ship);
		post(port, "/inspections/" + ship);
		String message = post(port, "/messages/" + ship).replace("\"", "");
		assertThat(Http.get(port, "/messages/" + message).body()).isEqualTo(ship);
		post(port, "/arrivals/" + ship);
		Awaitility.await("the trigger fires").until(() -> Http.get(port, "/inspections").body().contains(ship));
		Awaitility.await("the listener completes").until(() -> Http.get(port, "/arrivals").body().contains(ship));
	}

	static String post(int port, String path) {
		Http.Answer answer = Http.post(port, path, "{}");
		assertThat(answer.status()).as(path).isEqualTo(200);
		return answer.body();
	}

	private static void useSession(int port, String ship) {
		HttpClient browser = HttpClient.newBuilder().cookieHandler(new CookieManager()).build();
		String session = "http://localhost:%d/session".formatted(port);
		try {
			browser.send(HttpRequest.newBuilder(URI.create(session + "/" + ship)).POST(BodyPublishers.noBody()).build(),
					BodyHandlers.discarding());
			assertThat(
					browser.send(HttpRequest.newBuilder(URI.create(session)).build(), BodyHandlers.ofString()).body())
				.isEqualTo(ship);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

}
