// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.testsupport;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * A real PostgreSQL server: the one that {@code LOCKKEEPER_TEST_JDBC_URL} names (with a
 * role that may create databases and roles), or an embedded one that lives as long as
 * this JVM. Each test takes a database of its own.
 */
public final class TestPostgres {

	/**
	 * The variable that names another server.
	 */
	public static final String URL_VARIABLE = "LOCKKEEPER_TEST_JDBC_URL";

	private static @Nullable TestPostgres shared;

	private final @Nullable EmbeddedPostgres embedded;

	private final @Nullable ProcessHandle process;

	private final String url;

	private TestPostgres(@Nullable EmbeddedPostgres embedded, @Nullable ProcessHandle process, String url) {
		this.embedded = embedded;
		this.process = process;
		this.url = url;
	}

	/**
	 * Return the server that the tests of this JVM share.
	 * @return the server
	 */
	public static synchronized TestPostgres shared() {
		if (shared == null) {
			String url = System.getenv(URL_VARIABLE);
			shared = (url != null && !url.isBlank()) ? new TestPostgres(null, null, url) : startEmbedded();
		}
		return shared;
	}

	/**
	 * Start an embedded server of one's own.
	 * @return the server; the caller closes it
	 */
	public static TestPostgres startEmbedded() {
		try {
			Path directory = Files.createTempDirectory("lockkeeper-postgres");
			EmbeddedPostgres embedded = EmbeddedPostgres.builder()
				.setDataDirectory(directory)
				.setServerConfig("max_connections", "300")
				.setServerConfig("fsync", "off")
				.setServerConfig("timezone", "UTC")
				.setPGStartupWait(Duration.ofMinutes(1))
				.start();
			long pid = Long.parseLong(Files.readAllLines(directory.resolve("postmaster.pid")).get(0).strip());
			return new TestPostgres(embedded, ProcessHandle.of(pid).orElse(null),
					embedded.getJdbcUrl("postgres", "postgres"));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Create an empty database.
	 * @return the database
	 */
	public TestDatabase createDatabase() {
		String name = newName();
		execute("CREATE DATABASE " + name);
		return new TestDatabase(this, name, withDatabase(name));
	}

	/**
	 * Create a database as a copy of another one, in which no session may be.
	 * @param template what is copied
	 * @return the database
	 */
	public TestDatabase createDatabase(TestDatabase template) {
		String name = newName();
		execute("CREATE DATABASE %s TEMPLATE %s".formatted(name, template.getName()));
		return new TestDatabase(this, name, withDatabase(name));
	}

	/**
	 * Return the JDBC URL of the server's own database; another JVM that finds it in
	 * {@link #URL_VARIABLE} shares this server.
	 * @return the URL, the superuser's credentials included
	 */
	public String getUrl() {
		return this.url;
	}

	/**
	 * Create a role that may log in and nothing else.
	 * @param password its password
	 * @return its name
	 */
	public String createRole(String password) {
		String name = "role_" + UUID.randomUUID().toString().replace("-", "").substring(0, 16);
		execute("CREATE ROLE %s LOGIN PASSWORD '%s'".formatted(name, password.replace("'", "''")));
		return name;
	}

	/**
	 * Ask a role for its password from now on. The embedded server asks nobody otherwise.
	 * To be called on a server of one's own: its access file is changed.
	 * @param role the role
	 */
	public void requirePassword(String role) {
		TestDatabase database = createDatabase();
		Path access = Path.of(database.query("SHOW hba_file").get(0));
		try {
			Files.writeString(access, "host all %s all scram-sha-256%n%s".formatted(role, Files.readString(access)));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		database.query("SELECT pg_reload_conf()");
		Awaitility.await()
			.until(() -> database.query("SELECT auth_method FROM pg_hba_file_rules").contains("scram-sha-256"));
	}

	/**
	 * Execute a statement as the superuser in the server's own database.
	 * @param sql the statement
	 */
	public void execute(String sql) {
		try (Connection connection = DriverManager.getConnection(this.url);
				Statement statement = connection.createStatement()) {
			statement.execute(sql);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(sql, ex);
		}
	}

	/**
	 * Stop an embedded server of one's own, and see that it is gone: on a busy machine
	 * the command that stops it may give up.
	 */
	public void close() {
		try {
			if (this.embedded != null) {
				this.embedded.close();
			}
			if (this.process != null && this.process.isAlive()) {
				this.process.destroy();
				this.process.onExit().orTimeout(10, TimeUnit.SECONDS).exceptionally((ex) -> kill(this.process)).join();
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static ProcessHandle kill(ProcessHandle process) {
		process.destroyForcibly();
		return process;
	}

	private static String newName() {
		return "test_" + UUID.randomUUID().toString().replace("-", "").substring(0, 16);
	}

	private String withDatabase(String name) {
		int query = this.url.indexOf('?');
		String base = (query < 0) ? this.url : this.url.substring(0, query);
		String parameters = (query < 0) ? "" : this.url.substring(query);
		return base.substring(0, base.lastIndexOf('/') + 1) + name + parameters;
	}

}
