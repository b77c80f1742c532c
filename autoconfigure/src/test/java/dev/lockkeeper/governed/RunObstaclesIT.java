// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governed;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.engine.SchemaTables;
import dev.lockkeeper.migration.RunControl;
import dev.lockkeeper.postgresql.Backend;
import dev.lockkeeper.postgresql.BlockingSession;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What blocks a run: a session that Lockkeeper has forgotten is ended, any other is
 * reported.
 */
@FullTier
@ExtendWith(OutputCaptureExtension.class)
class RunObstaclesIT {

	private static final Duration TIMEOUT = Duration.ofMinutes(3);

	private static final String ENDED = "lockkeeper - ended a session that held up the run";

	private static final Pattern END = Pattern.compile("SELECT pg_terminate_backend\\(\\d+\\)");

	private static final String WAITS = "lockkeeper - the run waits for another session";

	private static final String LEASES = "CREATE TABLE lockkeeper_lock (name text, locked_by text, backend_pid int, "
			+ "backend_start timestamptz, lock_until timestamp)";

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@TempDir
	Path directory;

	@Test
	void aRunEndsASessionThatAFrozenProcessLeftInATransactionAndNamesThatOfAnotherClient(CapturedOutput output)
			throws Exception {
		this.database.execute("CREATE TABLE ship (id int)");
		try (Connection frozen = idle(this.database, "lockkeeper shop frozen-pod");
				Connection other = idle(this.database, "psql")) {
			CompletableFuture<Void> run = CompletableFuture.runAsync(this::buildIndex);
			// The server waits for one session after another, in whatever order
			Awaitility.await("the other client is named")
				.atMost(TIMEOUT)
				.until(() -> output.toString().contains("application psql"));
			assertThat(output.toString().lines().filter((line) -> line.contains(WAITS) && line.contains("psql")))
				.first()
				.asString()
				.contains("change set ", "::index::me", "SELECT pg_terminate_backend(");
			assertThat(other.isValid(10)).isTrue();
			this.database
				.execute(END.matcher(line(output, "application psql")).results().findFirst().orElseThrow().group());
			assertThat(run).succeedsWithin(TIMEOUT);
			awaitLine(output, ENDED);
			assertThat(line(output, ENDED)).contains("application lockkeeper shop frozen-pod",
					"idle in transaction since");
			assertThat(frozen.isValid(10)).isFalse();
			assertThat(other.isValid(10)).isFalse();
		}
		assertThat(this.database.query("SELECT indisvalid FROM pg_index WHERE indexrelid = 'ship_id'::regclass"))
			.containsExactly("t");
	}

	@Test
	void aSessionThatHoldsALeaseIsNeverEndedAndIsNamedAgainAndAgain(CapturedOutput output) throws Exception {
		this.database.execute(LEASES, "CREATE SCHEMA other",
				"CREATE TABLE other.lockkeeper_lock AS TABLE public.lockkeeper_lock", "CREATE TABLE ship (id int)");
		OwnConnections connections = OwnConnections.of(new DriverManagerDataSource(this.database.getUrl()), "test");
		try (Connection holder = idle(this.database, "lockkeeper shop other-run");
				Connection run = this.database.open()) {
			this.database.execute(record("other", "holder", "application_name = 'lockkeeper shop other-run'"));
			Backend backend = Backend.of(run);
			awaitForgotten(this.database, "lockkeeper shop other-run");
			CompletableFuture<Void> waiting = CompletableFuture.runAsync(() -> {
				try (RunObstacles obstacles = new RunObstacles(Duration.ofMillis(100), "shop", connections,
						() -> backend, true, (pid) -> false, new RunControl())
					.start()) {
					execute(run, "CREATE INDEX CONCURRENTLY ship_id ON ship (id)");
				}
			});
			Awaitility.await("it is named twice")
				.atMost(TIMEOUT)
				.until(() -> output.toString().lines().filter((line) -> line.contains(WAITS)).count() >= 2);
			assertThat(output).doesNotContain(ENDED);
			assertThat(holder.isValid(10)).isTrue();
			holder.rollback();
			assertThat(waiting).succeedsWithin(TIMEOUT);
		}
	}

	@Test
	void aLeaseThatHasRunOutProtectsNoSession() throws Exception {
		this.database.execute(LEASES, "CREATE TABLE ship (id int)");
		try (Connection frozen = idle(this.database, "lockkeeper shop frozen-run");
				Connection run = this.database.open();
				Connection observer = this.database.open()) {
			this.database.execute(record("public", "holder", "pid = " + pid(frozen)));
			awaitForgotten(this.database, "lockkeeper shop frozen-run");
			Backend backend = Backend.of(run);
			CompletableFuture<Void> waiting = CompletableFuture
				.runAsync(() -> execute(run, "CREATE INDEX CONCURRENTLY ship_id ON ship (id)"));
			BlockingSession session = blocking(observer, frozen, backend);
			assertThat(session.isForgotten(observer, SchemaTables.LEASE_TABLE)).isFalse();
			this.database.execute("UPDATE lockkeeper_lock SET lock_until = timezone('utc', now())");
			assertThat(session.isForgotten(observer, SchemaTables.LEASE_TABLE)).isTrue();
			frozen.rollback();
			assertThat(waiting).succeedsWithin(TIMEOUT);
		}
	}

	@Test
	void aSessionOfAnotherDatabaseIsNotForgotten() throws Exception {
		String alter = "ALTER ROLE %s NOLOGIN".formatted(this.database.getServer().createRole("secret"));
		TestDatabase other = TestPostgres.shared().createDatabase();
		try (Connection working = idle(other, "lockkeeper shop other-tenant");
				Connection run = this.database.open();
				Connection observer = this.database.open()) {
			execute(working, alter);
			awaitForgotten(other, "lockkeeper shop other-tenant");
			Backend backend = Backend.of(run);
			CompletableFuture<Void> waiting = CompletableFuture.runAsync(() -> execute(run, alter));
			assertThat(blocking(observer, working, backend).isForgotten(observer, SchemaTables.LEASE_TABLE)).isFalse();
			working.rollback();
			assertThat(waiting).succeedsWithin(TIMEOUT);
		}
	}

	@Test
	void theCheckItselfIsNoObstacle() throws Exception {
		try (Connection run = this.database.open(); Connection observer = this.database.open()) {
			execute(observer, "SELECT pg_advisory_lock(1)");
			Backend backend = Backend.of(run);
			CompletableFuture<Void> waiting = CompletableFuture
				.runAsync(() -> execute(run, "SELECT pg_advisory_lock(1)"));
			Awaitility.await("it waits").atMost(TIMEOUT).until(() -> isBlocked(backend.pid()));
			assertThat(BlockingSession.of(observer, backend)).isEmpty();
			execute(observer, "SELECT pg_advisory_unlock(1)");
			assertThat(waiting).succeedsWithin(TIMEOUT);
		}
	}

	@Test
	void aSessionThatIsAtWorkIsNotIdle() throws Exception {
		this.database.execute("CREATE TABLE ship (id int)");
		try (Connection working = this.database.open();
				Connection run = this.database.open();
				Connection observer = this.database.open()) {
			Backend busy = Backend.of(working);
			working.setAutoCommit(false);
			execute(working, "LOCK TABLE ship");
			CompletableFuture<Void> asleep = CompletableFuture.runAsync(() -> execute(working, "SELECT pg_sleep(600)"));
			Backend backend = Backend.of(run);
			CompletableFuture<Void> waiting = CompletableFuture.runAsync(() -> execute(run, "TABLE ship"));
			Awaitility.await()
				.atMost(TIMEOUT)
				.until(() -> "active".equals(blocking(observer, working, backend).state()));
			assertThat(blocking(observer, working, backend).idle()).isNull();
			this.database.execute("SELECT pg_terminate_backend(%d)".formatted(busy.pid()));
			assertThat(waiting).succeedsWithin(TIMEOUT);
			assertThat(asleep).failsWithin(TIMEOUT);
		}
	}

	private boolean isBlocked(int pid) {
		return this.database.query("SELECT cardinality(pg_blocking_pids(%d)) > 0".formatted(pid)).contains("t");
	}

	// The server lists a session that is about to end, too
	private static BlockingSession blocking(Connection observer, Connection blocking, Backend waiting)
			throws SQLException {
		int pid = pid(blocking);
		return Awaitility.await("it waits")
			.atMost(TIMEOUT)
			.until(() -> BlockingSession.of(observer, waiting)
				.stream()
				.filter((session) -> session.backend().pid() == pid)
				.findFirst(), Optional::isPresent)
			.orElseThrow();
	}

	// As long as it takes until a session counts as forgotten
	private static void awaitForgotten(TestDatabase database, String name) {
		Awaitility.await().atMost(TIMEOUT).until(() -> idleFor(database, name) > 11);
	}

	private void buildIndex() {
		try {
			Path changeLog = Files.writeString(this.directory.resolve("index.sql"),
					"--liquibase formatted sql\n\n--changeset me:index runInTransaction:false\n"
							+ "create index concurrently ship_id on ship (id);");
			new ApplicationContextRunner()
				.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class,
						LiquibaseAutoConfiguration.class, DataSourceAutoConfiguration.class))
				.withPropertyValues("spring.datasource.url=" + this.database.getUrl(),
						"spring.liquibase.change-log=file:" + changeLog)
				.run((context) -> assertThat(context).hasNotFailed());
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	// With a snapshot, as the answer to a statement of PostgreSQL's driver leaves one
	private static Connection idle(TestDatabase database, String name) throws SQLException {
		Connection connection = DriverManager.getConnection(database.getUrl() + "&ApplicationName=" + name);
		connection.setAutoCommit(false);
		execute(connection, "select current_catalog");
		return connection;
	}

	private static String record(String schema, String holder, String condition) {
		return ("INSERT INTO %s.lockkeeper_lock SELECT 'lock', '%s', pid, backend_start, "
				+ "timezone('utc', now()) + interval '1 hour' FROM pg_stat_activity "
				+ "WHERE datname = current_database() AND %s")
			.formatted(schema, holder, condition);
	}

	private static double idleFor(TestDatabase database, String name) {
		return Double.parseDouble(database
			.query("SELECT extract(epoch FROM clock_timestamp() - state_change) FROM pg_stat_activity WHERE "
					+ "datname = current_database() AND application_name = '" + name + "'")
			.get(0));
	}

	private static int pid(Connection connection) throws SQLException {
		return connection.unwrap(org.postgresql.PGConnection.class).getBackendPID();
	}

	private static void execute(Connection connection, String sql) {
		try (Statement statement = connection.createStatement()) {
			statement.execute(sql);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	// What has unblocked the run is logged right after that
	private static void awaitLine(CapturedOutput output, String part) {
		Awaitility.await(part).atMost(TIMEOUT).until(() -> output.toString().contains(part));
	}

	private static String line(CapturedOutput output, String part) {
		return output.toString().lines().filter((line) -> line.contains(part)).findFirst().orElseThrow();
	}

}
