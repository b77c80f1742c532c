// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Predicate;

import com.zaxxer.hikari.HikariDataSource;
import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.lock.LockAddress;
import dev.lockkeeper.lock.lease.LeaseLocks;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.PostgresRelay;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What managed PostgreSQL, and the people who run it, set on servers, databases and
 * roles.
 */
@FullTier
class ManagedPostgresIT {

	private static final int MANY_TABLES = "full".equals(System.getProperty("chaos")) ? 50_000 : 2_000;

	private static final String ONE = "me:one\ncreate table one (id int primary key);";

	private static final String TIMEOUTS = "current_setting('statement_timeout') || ' ' || "
			+ "current_setting('idle_in_transaction_session_timeout') || ' ' || current_setting('idle_session_timeout')";

	private static final String RENEWAL = "UPDATE public.lockkeeper_lock SET lock_until";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final String role = TestPostgres.shared().createRole("secret");

	@Test
	void theTimeoutsOfTheRoleHoldForEverySessionButTheOneThatMigrates() {
		ownDatabase();
		setOnRole("statement_timeout = '2s'", "idle_in_transaction_session_timeout = '2s'",
				"idle_session_timeout = '1min'");
		run(ONE, "me:slow\ncreate table seen as select %s as timeouts;\nselect pg_sleep(3);".formatted(TIMEOUTS),
				"me:apart runInTransaction:false\nselect pg_sleep(3);\ncreate index concurrently seen_timeouts on seen (timeouts);");
		assertThat(this.database.query("SELECT timeouts FROM seen")).containsExactly("0 0 0");
		runner().withPropertyValues(changeLog(ONE)).run((context) -> {
			JdbcTemplate pool = new JdbcTemplate(context.getBean(HikariDataSource.class));
			assertThat(pool.queryForObject("SELECT " + TIMEOUTS, String.class)).isEqualTo("2s 2s 1min");
		});
	}

	@Test
	void everySessionButTheOneThatMigratesHasTheTimeoutsOfItsRoleAndOursAreSoonIdleForTooLong() throws Exception {
		ownDatabase();
		setOnRole("statement_timeout = '41s'", "idle_in_transaction_session_timeout = '42s'",
				"idle_session_timeout = '43s'");
		run(ONE);
		watchSessions();
		ApplicationContextRunner runner = runner().withPropertyValues("lockkeeper.lock.lease=5s",
				"lockkeeper.wait.initial-interval=50ms",
				changeLog(ONE, "me:two\ncreate table two as select pg_advisory_xact_lock(1)::text;"));
		Set<String> reported = new LinkedHashSet<>();
		try (PostgresRelay relay = PostgresRelay.to(this.database); Connection gate = this.database.open()) {
			execute(gate, "LISTEN reported");
			execute(gate, "SELECT pg_advisory_lock(1)");
			CompletableFuture<Void> migrating = start(
					runner.withPropertyValues("spring.datasource.url="
							+ relay.getUrl().replaceFirst("[?].*", "?sslmode=disable&gssEncMode=disable")),
					(context) -> {
					});
			String pid = Awaitility.await("the change set runs")
				.until(() -> this.database.query("SELECT pid FROM pg_stat_activity WHERE wait_event = 'advisory' "
						+ "AND datname = current_database()"), (pids) -> pids.size() == 1)
				.get(0);
			collect(gate, reported);
			long before = inspections(reported);
			CompletableFuture<Void> waiting = start(runner, (context) -> {
			});
			CompletableFuture<Void> deferring = start(runner.withPropertyValues("lockkeeper.mode=defer"),
					(context) -> new JdbcTemplate(context.getBean(HikariDataSource.class))
						.queryForList("SELECT 'of the pool' FROM databasechangelog"));
			Awaitility.await("the lease is renewed, and others poll").until(() -> {
				collect(gate, reported);
				return reported.stream().anyMatch((each) -> each.contains(RENEWAL))
						&& inspections(reported) >= before + 5;
			});
			execute(gate, "SELECT pg_advisory_unlock(1)");
			assertThat(CompletableFuture.allOf(migrating, waiting, deferring)).succeedsWithin(Duration.ofMinutes(1));
			collect(gate, reported);
			Predicate<String> migrates = (each) -> each.startsWith(pid + " ");
			assertThat(reported).filteredOn(migrates)
				.isNotEmpty()
				.allSatisfy((each) -> assertThat(each).startsWith(pid + " 0 0 0: "));
			assertThat(reported).filteredOn(migrates.negate())
				.allSatisfy((each) -> assertThat(each)
					.containsPattern("^[0-9]+ 41s %s 43s: ".formatted(each.contains("of the pool") ? "42s" : "10s")))
				.anySatisfy((each) -> assertThat(each).contains(RENEWAL))
				.anySatisfy((each) -> assertThat(each).contains("INSERT INTO public.lockkeeper_run"))
				.anySatisfy((each) -> assertThat(each).contains("INSERT INTO public.lockkeeper_level"))
				.anySatisfy((each) -> assertThat(each).contains("of the pool"));
			assertThat(relay.getRequests()).filteredOn((request) -> request.sql().contains("statement_timeout"))
				.extracting(PostgresRelay.Request::connection)
				.as("the connections that set timeouts")
				.hasSameElementsAs(relay.getRequests()
					.stream()
					.filter((request) -> request.sql().startsWith("create table two"))
					.map(PostgresRelay.Request::connection)
					.toList());
		}
	}

	@Test
	void aTimeoutThatTheConnectionItselfSetsHoldsForTheMigrationToo() {
		ownDatabase();
		setOnRole("statement_timeout = '2s'");
		this.database.execute("ALTER DATABASE %s SET idle_session_timeout = '1min'".formatted(this.database.getName()));
		run(List.of("spring.datasource.url=%s?options=-c%%20idle_in_transaction_session_timeout=55s"
			.formatted(this.database.getPlainUrl())),
				"me:seen\ncreate table seen as select %s as timeouts;".formatted(TIMEOUTS));
		assertThat(this.database.query("SELECT timeouts FROM seen")).containsExactly("0 55s 0");
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void aTimeoutOfTheRoleThatEndsAWaitOfTheLeaseIsNoFailure(CapturedOutput output) throws Exception {
		ownDatabase();
		run(ONE);
		setOnRole("statement_timeout = '500ms'");
		DriverManagerDataSource connections = new DriverManagerDataSource(this.database.getPlainUrl(), this.role,
				"secret");
		LockAddress address = new LockAddress("public.databasechangeloglock", "public.lockkeeper_lock", connections);
		try (var holding = this.database.open(); var statement = holding.createStatement()) {
			holding.setAutoCommit(false);
			statement.execute("SELECT 1 FROM lockkeeper_lock FOR UPDATE");
			assertThat(new LeaseLocks(Duration.ofMinutes(5), "second").at(address).tryAcquire()).isEmpty();
		}
		assertThat(output).doesNotContain("Unexpected exception");
		try (Lease lease = new LeaseLocks(Duration.ofMinutes(5), "second").at(address).tryAcquire().orElseThrow()) {
			assertThat(lease.isLost()).isFalse();
		}
	}

	@Test
	void aRoleThatOnlyReadsByDefaultMigratesNothingAndTheAdviceLetsItWrite() {
		ownDatabase();
		setOnRole("default_transaction_read_only = on");
		assertThat(failure(ONE)).isNotNull().satisfies((failure) -> {
			assertThat(failure.getStatus()).isEqualTo(ExitStatus.TEMPORARY);
			assertThat(failure.getAction())
				.contains("ALTER ROLE %s IN DATABASE %s SET default_transaction_read_only = off".formatted(this.role,
						this.database.getName()));
		});
		assertThat(this.database.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).isEmpty();
		run(List.of("spring.datasource.url=%s?options=-c%%20default_transaction_read_only=off"
			.formatted(this.database.getPlainUrl())), ONE);
		// There is nothing to do, so nothing has to be written
		run(ONE);
		assertThat(history("public.databasechangelog")).containsExactly("one");
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void aLeaseThatCannotBeTakenBecauseNothingIsWrittenIsNoErrorOfItsLibrary(CapturedOutput output) {
		ownDatabase();
		run(ONE);
		setOnRole("default_transaction_read_only = on");
		assertThat(failure(ONE, "me:two\ncreate table two (id int);")).isNotNull().satisfies((failure) -> {
			assertThat(failure.getStatus()).isEqualTo(ExitStatus.TEMPORARY);
			assertThat(failure.toVerdict().sqlState()).isEqualTo("25006");
			assertThat(failure).hasMessageContaining("read-only transaction");
		});
		assertThat(output).contains("waiting to take the lock").doesNotContain("net.javacrumbs");
	}

	@Test
	void theAdviceNamesTheRoleAsSqlQuotesIt() {
		String mixed = "Role-" + this.role;
		this.database.execute("CREATE ROLE \"%s\" LOGIN PASSWORD 'secret'".formatted(mixed),
				"ALTER DATABASE %s OWNER TO \"%s\"".formatted(this.database.getName(), mixed),
				"ALTER ROLE \"%s\" SET default_transaction_read_only = on".formatted(mixed));
		assertThat(failure(List.of("spring.datasource.username=" + mixed), ONE)).isNotNull()
			.satisfies((failure) -> assertThat(failure.getAction())
				.contains("ALTER ROLE \"%s\" IN DATABASE %s SET default_transaction_read_only = off".formatted(mixed,
						this.database.getName())));
	}

	@Test
	void aServerThatHidesItsRolesAndDatabasesIsMigrated() {
		ownDatabase();
		this.database.execute("REVOKE SELECT ON pg_catalog.pg_roles, pg_catalog.pg_database FROM PUBLIC");
		run(ONE);
		assertThat(history("public.databasechangelog")).containsExactly("one");
	}

	@Test
	void aServerThatHidesItsSessionsIsMigrated() {
		ownDatabase();
		this.database.execute("REVOKE EXECUTE ON FUNCTION pg_catalog.pg_stat_get_activity(integer) FROM PUBLIC");
		run(ONE);
		assertThat(history("public.databasechangelog")).containsExactly("one");
	}

	@Test
	void aServerThatDoesNotLetLostClientsBeNoticedIsMigrated() {
		try (PostgresRelay relay = PostgresRelay.to(this.database)) {
			relay.misspell("client_connection_check_interval");
			run(List.of("spring.datasource.url=" + relay.getUrl()), ONE,
					"me:seen\ncreate table seen as select current_setting('client_connection_check_interva' || 'l') as interval;");
			assertThat(relay.getRequests()).filteredOn((request) -> request.sql().contains("client_connection_check"))
				.isNotEmpty();
		}
		assertThat(this.database.query("SELECT interval FROM seen")).containsExactly("0");
	}

	@Test
	void theFirstSchemaOfThePathThatExistsHasTheTables() {
		ownDatabase();
		this.database.execute("CREATE SCHEMA app AUTHORIZATION " + this.role, "CREATE SCHEMA " + this.role);
		run(List.of("spring.datasource.url=" + this.database.getUrl(), "spring.datasource.username=",
				"spring.datasource.password="), "other:theirs\ncreate table theirs (id int);");
		this.database.execute("DROP SCHEMA " + this.role);
		setOnRole("search_path = \"$user\", absent, app, public");
		run(ONE);
		assertThat(this.database.query("SELECT tablename FROM pg_tables WHERE schemaname = 'app' ORDER BY 1"))
			.containsExactly("databasechangelog", "databasechangeloglock", "lockkeeper_level", "lockkeeper_lock",
					"lockkeeper_run", "lockkeeper_script", "one");
		assertThat(history("app.databasechangelog")).containsExactly("one");
		assertThat(history("public.databasechangelog")).containsExactly("theirs");
		stock(ONE, "me:two\ncreate table two (id int);");
		run(ONE, "me:two\ncreate table two (id int);",
				"me:three runInTransaction:false\ncreate index concurrently three on two (id);");
		assertThat(history("app.databasechangelog")).containsExactly("one", "two", "three");
		assertThat(this.database.query("SELECT schemaname FROM pg_tables WHERE tablename IN ('one', 'two')"))
			.containsOnly("app");
	}

	@Test
	void aCollationOfIcuAndNamesInMixedCaseAreTakenAsTheyAre() {
		// Before 15, a database cannot have a collation of ICU: there, only the names are
		boolean icu = Integer.parseInt(this.database.query("SHOW server_version_num").get(0)) >= 150_000;
		TestDatabase turkish = TestPostgres.shared()
			.createDatabase("TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'%s"
				.formatted(icu ? " LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR'" : ""));
		turkish.execute("CREATE SCHEMA \"MixedCase\"");
		List<String> settings = List.of("spring.datasource.url=" + turkish.getUrl(),
				"spring.liquibase.default-schema=MixedCase", "spring.liquibase.liquibase-schema=MixedCase",
				"spring.liquibase.database-change-log-table=ChangesIn",
				"spring.liquibase.database-change-log-lock-table=LockIn");
		List<String> ofStock = new ArrayList<>(settings);
		ofStock.add("lockkeeper.enabled=false");
		String first = table("first", "TableIn", "IdIn");
		String second = table("second", "Stock", "Id");
		String third = table("third", "tablein", "idin");
		runFile(settings, xml(first));
		runFile(ofStock, xml(first, second));
		runFile(settings, xml(first, second, third));
		// Stock Liquibase does not quote the names of its own tables
		assertThat(turkish.query(
				"SELECT tablename FROM pg_tables WHERE schemaname IN ('public', 'MixedCase') ORDER BY tablename COLLATE \"C\""))
			.containsExactly("Stock", "TableIn", "changesin", "lockin", "lockkeeper_level", "lockkeeper_lock",
					"lockkeeper_run", "lockkeeper_script", "tablein");
		assertThat(turkish.query("SELECT id FROM \"MixedCase\".changesin ORDER BY orderexecuted"))
			.containsExactly("first", "second", "third");
		assertThat(turkish.query("SELECT locked FROM \"MixedCase\".lockin")).containsExactly("f");
		turkish.drop();
	}

	@Test
	void runsReadFewerRowsThanThereAreTables() {
		this.database.execute("""
				DO $$ BEGIN
					FOR i IN 1..%d LOOP
						EXECUTE 'CREATE TABLE many_' || i || ' ()';
						IF i %% 500 = 0 THEN COMMIT; END IF;
					END LOOP;
				END $$""".formatted(MANY_TABLES));
		List<String> changeSets = new ArrayList<>(List.of(ONE,
				"me:index runInTransaction:false\ncreate index concurrently one_id on one (id);\nanalyze one;",
				"me:do runInTransaction:false splitStatements:false\ndo $$ begin execute 'create table done ()'; commit; end $$"));
		for (int i = 0; i < 5; i++) {
			changeSets.add(
					"me:checked%1$d\n--preconditions onFail:MARK_RAN\n--precondition-table-exists table:one\ncreate table checked%1$d (id int);"
						.formatted(i));
		}
		try (PostgresRelay relay = PostgresRelay.to(this.database)) {
			String url = "spring.datasource.url=" + relay.getUrl();
			run(List.of(url), ONE);
			run(List.of(url), changeSets.toArray(String[]::new));
			run(List.of(url, "lockkeeper.mode=defer"), changeSets.toArray(String[]::new));
			run(List.of(url), changeSets.toArray(String[]::new));
			assertThat(relay.getRows()).isPositive().isLessThan(MANY_TABLES);
		}
		finally {
			this.database.drop();
		}
	}

	/**
	 * Let every session that reads or writes a table of Liquibase or of ours report its
	 * timeouts: a policy is evaluated for each row.
	 */
	private void watchSessions() {
		this.database.execute("""
				CREATE FUNCTION report() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
					PERFORM pg_notify('reported', pg_backend_pid() || ' ' || %s || ': ' || left(current_query(), 200));
					RETURN true;
				END $$""".formatted(TIMEOUTS));
		for (String table : List.of("databasechangelog", "databasechangeloglock", "lockkeeper_lock", "lockkeeper_run",
				"lockkeeper_level", "lockkeeper_script")) {
			this.database.execute("CREATE POLICY report ON %s USING (report())".formatted(table),
					"ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY".formatted(table));
		}
	}

	// Each inspection is a session of its own
	private static long inspections(Set<String> reported) {
		return reported.stream()
			.filter((each) -> each.contains("FROM public.databasechangelog"))
			.map((each) -> each.split(" ", 2)[0])
			.distinct()
			.count();
	}

	private static void collect(Connection listening, Set<String> reported) throws SQLException {
		// The server sends what was reported before it answers
		execute(listening, "SELECT 1");
		for (PGNotification notification : listening.unwrap(PGConnection.class).getNotifications()) {
			reported.add(notification.getParameter());
		}
	}

	private static void execute(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute(sql);
		}
	}

	private static CompletableFuture<Void> start(ApplicationContextRunner runner,
			Consumer<AssertableApplicationContext> then) {
		return CompletableFuture.runAsync(() -> runner.run((context) -> {
			assertThat(context).hasNotFailed();
			then.accept(context);
		}), (task) -> {
			Thread thread = new Thread(task, "run");
			thread.setDaemon(true);
			thread.start();
		});
	}

	private void ownDatabase() {
		this.database.execute("ALTER DATABASE %s OWNER TO %s".formatted(this.database.getName(), this.role));
	}

	private void setOnRole(String... settings) {
		for (String setting : settings) {
			this.database.execute("ALTER ROLE %s SET %s".formatted(this.role, setting));
		}
	}

	private List<String> history(String table) {
		return this.database.query("SELECT id FROM %s ORDER BY orderexecuted".formatted(table));
	}

	private ApplicationContextRunner runner() {
		return new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class,
					LiquibaseAutoConfiguration.class, DataSourceAutoConfiguration.class))
			.withPropertyValues("spring.datasource.url=" + this.database.getPlainUrl(),
					"spring.datasource.username=" + this.role, "spring.datasource.password=secret");
	}

	private void run(String... changeSets) {
		run(List.of(), changeSets);
	}

	private void run(List<String> properties, String... changeSets) {
		runner().withPropertyValues(changeLog(changeSets))
			.withPropertyValues(properties.toArray(String[]::new))
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(context.getBean(SchemaGate.class).isOpen()).isTrue();
			});
	}

	private void runFile(List<String> properties, String file) {
		runner().withPropertyValues("spring.liquibase.change-log=" + write("changelog.xml", file))
			.withPropertyValues(properties.toArray(String[]::new))
			.run((context) -> assertThat(context).hasNotFailed());
	}

	private void stock(String... changeSets) {
		runner().withPropertyValues(changeLog(changeSets), "lockkeeper.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed());
	}

	private @Nullable LockkeeperException failure(String... changeSets) {
		return failure(List.of(), changeSets);
	}

	private @Nullable LockkeeperException failure(List<String> properties, String... changeSets) {
		LockkeeperException[] failure = new LockkeeperException[1];
		runner().withPropertyValues(changeLog(changeSets), "lockkeeper.lock.wait-timeout=1s")
			.withPropertyValues(properties.toArray(String[]::new))
			.run((context) -> failure[0] = LockkeeperException.findIn(context.getStartupFailure()));
		return failure[0];
	}

	private String changeLog(String... changeSets) {
		return "spring.liquibase.change-log=" + write("changelog.sql",
				"--liquibase formatted sql\n\n--changeset " + String.join("\n\n--changeset ", changeSets) + "\n");
	}

	private String write(String name, String text) {
		try {
			return "file:" + Files.writeString(this.directory.resolve(name), text);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static String xml(String... changeSets) {
		return """
				<databaseChangeLog xmlns="http://www.liquibase.org/xml/ns/dbchangelog"
					xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" objectQuotingStrategy="QUOTE_ALL_OBJECTS"
					xsi:schemaLocation="http://www.liquibase.org/xml/ns/dbchangelog http://www.liquibase.org/xml/ns/dbchangelog/dbchangelog-latest.xsd">
				%s
				</databaseChangeLog>"""
			.formatted(String.join("\n", changeSets));
	}

	private static String table(String id, String name, String column) {
		return """
				<changeSet id="%s" author="me"><createTable tableName="%2$s"><column name="%3$s" type="int"/></createTable>
				<createIndex indexName="%2$s_%3$s" tableName="%2$s"><column name="%3$s"/></createIndex></changeSet>"""
			.formatted(id, name, column);
	}

}
