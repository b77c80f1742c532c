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
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.awaitility.Awaitility;
import org.awaitility.pollinterval.IterativePollInterval;
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

	private static final Duration FIRST_POLL = Duration.ofMillis(25);

	private static final Duration LONGEST_POLL = Duration.ofMillis(400);

	static {
		// Ten seconds are too few on a machine that is busy
		Awaitility.setDefaultTimeout(Duration.ofMinutes(2));
		// Most conditions open a connection, which costs the server more than the
		// query. The first check is immediate
		Awaitility.setDefaultPollInterval(IterativePollInterval
			.iterative((last) -> (last.compareTo(LONGEST_POLL) < 0) ? last.multipliedBy(2) : last, FIRST_POLL));
	}

	private static @Nullable TestPostgres shared;

	private final @Nullable EmbeddedPostgres embedded;

	private final @Nullable Path directory;

	private @Nullable ProcessHandle process;

	private @Nullable String copying;

	private final String url;

	private TestPostgres(@Nullable EmbeddedPostgres embedded, @Nullable Path directory, String url) {
		this.embedded = embedded;
		this.directory = directory;
		this.process = (directory != null) ? processOf(directory) : null;
		this.url = url;
	}

	private static @Nullable ProcessHandle processOf(Path directory) {
		try {
			List<String> lines = Files.readAllLines(directory.resolve("postmaster.pid"));
			return ProcessHandle.of(Long.parseLong(lines.get(0).strip())).orElse(null);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
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
				// Off by default here: what was committed would not outlive a crash
				.setServerConfig("synchronous_commit", "on")
				.setServerConfig("timezone", "UTC")
				// It would visit each of the many databases, again and again
				.setServerConfig("autovacuum", "off")
				.setPGStartupWait(Duration.ofMinutes(5))
				.start();
			return new TestPostgres(embedded, directory, embedded.getJdbcUrl("postgres", "postgres"));
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
		return createDatabase("");
	}

	/**
	 * Create an empty database of a special kind.
	 * @param options the options of the statement
	 * @return the database
	 */
	public TestDatabase createDatabase(String options) {
		String name = newName();
		create(name, options);
		return new TestDatabase(this, name, withDatabase(name));
	}

	/**
	 * Create a database as a copy of another one, in which no session may be.
	 * @param template what is copied
	 * @return the database
	 */
	public TestDatabase createDatabase(TestDatabase template) {
		String name = newName();
		create(name, "TEMPLATE " + template.getName());
		return new TestDatabase(this, name, withDatabase(name));
	}

	private void create(String name, String options) {
		execute("CREATE DATABASE %s %s %s".formatted(name, options, copying()));
	}

	/**
	 * Return the option by which the server copies the files of the template: it takes
	 * half the time that it needs to log each page, and tests create many databases.
	 * PostgreSQL 14 has no other way.
	 */
	private synchronized String copying() {
		if (this.copying == null) {
			try (Connection connection = DriverManager.getConnection(this.url)) {
				this.copying = (connection.getMetaData().getDatabaseMajorVersion() >= 15) ? "STRATEGY FILE_COPY" : "";
			}
			catch (SQLException ex) {
				throw new IllegalStateException(ex);
			}
		}
		return this.copying;
	}

	/**
	 * Return the database that a standby has of its primary.
	 * @param original the database of the primary
	 * @return the database of this server
	 */
	public TestDatabase getDatabase(TestDatabase original) {
		return new TestDatabase(this, original.getName(), withDatabase(original.getName()));
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
	 * Require the password of a role from now on. The embedded server requires none
	 * otherwise. To be called on a server of one's own: its access file is changed.
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
	 * Let an embedded server of one's own crash and start again, as {@code pg_ctl} does
	 * it: without a checkpoint, and without notice to its sessions. Returns when it
	 * answers again.
	 */
	public void crashAndRestart() {
		if (this.directory == null || this.process == null) {
			throw new IllegalStateException("Only an embedded server can be restarted");
		}
		PostgresControl.of(this.process).start("restart", this.directory, "-m", "immediate");
		this.process = processOf(this.directory);
	}

	/**
	 * Start a standby that follows an embedded server of one's own by streaming
	 * replication. Returns when it answers.
	 * @return the standby; the caller closes it
	 */
	public TestPostgres startStandby() {
		if (this.directory == null || this.process == null) {
			throw new IllegalStateException("Only an embedded server can be followed");
		}
		return Standby.start(PostgresControl.of(this.process), this.directory, this.url,
				(directory, url) -> new TestPostgres(null, directory, url));
	}

	/**
	 * Make a primary of a standby. Returns when it can be written.
	 */
	public void promote() {
		execute("SELECT pg_promote(true, 60)");
	}

	/**
	 * Let a server of one's own die, without notice to its sessions.
	 */
	public void kill() {
		ProcessHandle running = this.process;
		if (running == null) {
			throw new IllegalStateException("Only a server of one's own can be killed");
		}
		// Its children would live on
		List<ProcessHandle> all = new ArrayList<>(running.descendants().toList());
		all.add(0, running);
		all.forEach(ProcessHandle::destroyForcibly);
		all.forEach((process) -> process.onExit().orTimeout(60, TimeUnit.SECONDS).join());
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
			ProcessHandle running = this.process;
			if (running != null && running.isAlive()) {
				running.destroy();
				running.onExit().orTimeout(60, TimeUnit.SECONDS).exceptionally((ex) -> kill(running)).join();
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
