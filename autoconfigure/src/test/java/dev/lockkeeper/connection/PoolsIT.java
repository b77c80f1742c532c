// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.connection;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import liquibase.integration.spring.SpringLiquibase;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseDataSource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.core.env.Environment;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is configured for the pool of the user reaches our connections; what we do never
 * reaches the pool.
 */
@FullTier
class PoolsIT {

	private static final String ONE = "me:one\ncreate table one (id int primary key);";

	private static final String TWO = "me:two\ncreate table two (id int primary key);";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class, LiquibaseAutoConfiguration.class,
				DataSourceAutoConfiguration.class))
		.withPropertyValues("spring.datasource.url=" + this.database.getUrl());

	@ParameterizedTest
	@ValueSource(ints = { 1, 10 })
	void aPoolInUseIsNeverTouched(int size) throws SQLException {
		Map<String, String> untouched = settings(size);
		this.runner.withUserConfiguration(FullPoolConfiguration.class)
			.withPropertyValues("size=" + size, "url=" + this.database.getUrl(),
					"spring.liquibase.change-log=" + write(ONE, TWO))
			.run((context) -> {
				assertThat(context).hasNotFailed();
				SchemaGate gate = context.getBean(SchemaGate.class);
				gate.refresh();
				gate.inspect(Duration.ZERO);
				assertThat(gate.getStates().get("liquibase")).isNotNull()
					.satisfies((state) -> assertThat(state.status()).isEqualTo(SchemaStatus.CURRENT));
				FullPool pool = context.getBean(FullPool.class);
				assertThat(pool.getHikariPoolMXBean().getThreadsAwaitingConnection()).isZero();
				assertThat(this.database
					.query("SELECT pid || ' ' || backend_start FROM pg_stat_activity WHERE application_name = 'pooled' "
							+ "AND datname = current_database() AND backend_xid IS NULL"))
					.containsExactlyInAnyOrderElementsOf(pool.backends);
				assertThat(this.database.query("SELECT DISTINCT query FROM pg_stat_activity "
						+ "WHERE application_name = 'pooled' AND datname = current_database()"))
					.containsExactly(FullPool.BACKEND);
				assertThat(this.database.query("SELECT l.locktype FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
						+ "WHERE a.application_name = 'pooled' AND a.datname = current_database()"))
					.isEmpty();
				for (Connection connection : pool.taken) {
					assertThat(settings(connection)).isEqualTo(untouched);
				}
			});
		assertThat(this.database.query("SELECT id FROM databasechangelog")).containsExactly("one", "two");
	}

	@Test
	void aPoolOfSerializableConnectionsWithoutAutoCommitMigratesRight() {
		this.database.execute("CREATE TABLE seen (isolation text)");
		this.runner
			.withPropertyValues("spring.datasource.hikari.transaction-isolation=TRANSACTION_SERIALIZABLE",
					"spring.datasource.hikari.auto-commit=false",
					"spring.liquibase.change-log="
							+ write(ONE, "me:seen\ninsert into seen select current_setting('transaction_isolation');"))
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(context.getBean(SchemaGate.class).isOpen()).isTrue();
				try (Connection connection = context.getBean(DataSource.class).getConnection()) {
					assertThat(connection.getAutoCommit()).isFalse();
					assertThat(connection.getTransactionIsolation()).isEqualTo(Connection.TRANSACTION_SERIALIZABLE);
				}
			});
		assertThat(this.database.query("SELECT isolation FROM seen")).containsExactly("read committed");
		assertThat(this.database.query("SELECT id FROM databasechangelog")).containsExactly("one", "seen");
	}

	@Test
	void schemaInitialStatementAndDriverPropertiesReachOurConnections() {
		this.database.execute("CREATE SCHEMA pooled", "CREATE TABLE public.seen (value text)");
		this.runner
			.withPropertyValues("spring.datasource.hikari.schema=pooled",
					"spring.datasource.hikari.connection-init-sql=SET statement_timeout = '77s'",
					"spring.datasource.hikari.data-source-properties.options=-c work_mem=7MB",
					"spring.liquibase.change-log=" + write(ONE,
							"me:seen\ninsert into public.seen values "
									+ "(current_setting('statement_timeout')), (current_setting('work_mem'));"))
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(this.database.query("SELECT schemaname FROM pg_tables WHERE tablename IN ('one', "
				+ "'databasechangelog', 'lockkeeper_lock')"))
			.containsExactly("pooled", "pooled", "pooled");
		assertThat(this.database.query("SELECT value FROM seen")).containsExactly("77s", "7MB");
	}

	@Test
	void theDataSourceMarkedForLiquibaseMigrates() {
		TestDatabase migrated = TestPostgres.shared().createDatabase();
		this.runner.withUserConfiguration(MarkedConfiguration.class)
			.withPropertyValues("url=" + this.database.getUrl(), "marked=" + migrated.getUrl(),
					"spring.liquibase.change-log=" + write(ONE))
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(context.getBeansOfType(HikariDataSource.class).values())
					.noneMatch(HikariDataSource::isRunning);
			});
		assertThat(migrated.query("SELECT id FROM databasechangelog")).containsExactly("one");
		assertThat(this.database.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).isEmpty();
	}

	@Test
	void fiveBeansOnTwoDatabasesTakeOneLeaseInEach() {
		TestDatabase second = TestPostgres.shared().createDatabase();
		this.runner.withUserConfiguration(FiveConfiguration.class)
			.withPropertyValues("url=" + this.database.getUrl(), "marked=" + second.getUrl(),
					"changelog=" + write("me:${number}\ncreate table table_${number} (id int);"))
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(context.getBean(SchemaGate.class).getStates()).hasSize(5);
				assertThat(context.getBean(SchemaGate.class).isOpen()).isTrue();
			});
		assertThat(this.database.query("SELECT tablename FROM pg_tables WHERE tablename LIKE 'history%'"))
			.containsExactlyInAnyOrder("history_1", "history_2", "history_3");
		assertThat(second.query("SELECT tablename FROM pg_tables WHERE tablename LIKE 'history%'"))
			.containsExactlyInAnyOrder("history_4", "history_5");
		for (TestDatabase each : List.of(this.database, second)) {
			assertThat(each.query("SELECT name FROM lockkeeper_lock")).containsExactly("public.databasechangeloglock");
		}
	}

	@Test
	void fiftyContextsLeaveNoThreadAndNoConnectionBehind() {
		String changeLog = "spring.liquibase.change-log=" + write(ONE);
		// Another class may have left threads in this JVM
		Set<Thread> before = Thread.getAllStackTraces().keySet();
		for (int i = 0; i < 50; i++) {
			String mode = (i % 2 == 0) ? "self" : "defer";
			this.runner
				.withPropertyValues(changeLog, "lockkeeper.mode=" + mode, "lockkeeper.readiness.refresh-interval=1s")
				.run((context) -> {
					assertThat(context).hasNotFailed();
					context.getBean(DataSource.class).getConnection().close();
				});
		}
		Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
			assertThat(Thread.getAllStackTraces().keySet()).filteredOn((thread) -> !before.contains(thread))
				.extracting(Thread::getName)
				.noneMatch((name) -> name.startsWith("lockkeeper-"));
			assertThat(this.database.sessions()).isEmpty();
		});
	}

	private String write(String... changeSets) {
		try {
			StringBuilder text = new StringBuilder("--liquibase formatted sql\n");
			for (String changeSet : changeSets) {
				text.append("\n--changeset ").append(changeSet).append('\n');
			}
			return "file:" + Files.writeString(this.directory.resolve("pools.sql"), text);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private Map<String, String> settings(int size) throws SQLException {
		try (HikariDataSource pool = hikari(this.database.getUrl(), size);
				Connection connection = pool.getConnection()) {
			return settings(connection);
		}
	}

	private static Map<String, String> settings(Connection connection) throws SQLException {
		Map<String, String> settings = new TreeMap<>();
		try (Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery("SELECT name, setting FROM pg_settings "
						+ "UNION ALL SELECT 'user', session_user || ' ' || current_user")) {
			while (rows.next()) {
				settings.put(rows.getString(1), String.valueOf(rows.getString(2)));
			}
		}
		return settings;
	}

	private static HikariDataSource hikari(String url, int size) {
		return configure(new HikariDataSource(), url, size);
	}

	private static <T extends HikariDataSource> T configure(T pool, String url, int size) {
		pool.setJdbcUrl(url);
		pool.setMaximumPoolSize(size);
		pool.setConnectionTimeout(1000);
		pool.addDataSourceProperty("ApplicationName", "pooled");
		return pool;
	}

	/**
	 * A pool all of whose connections are in use: a request for one fails.
	 */
	static class FullPool extends HikariDataSource {

		static final String BACKEND = "SELECT pid || ' ' || backend_start FROM pg_stat_activity "
				+ "WHERE pid = pg_backend_pid()";

		private final List<Connection> taken = new ArrayList<>();

		private final List<String> backends = new ArrayList<>();

		void take() throws SQLException {
			for (int i = 0; i < getMaximumPoolSize(); i++) {
				Connection connection = getConnection();
				this.taken.add(connection);
				try (Statement statement = connection.createStatement();
						ResultSet row = statement.executeQuery(BACKEND)) {
					row.next();
					this.backends.add(row.getString(1));
				}
			}
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class FullPoolConfiguration {

		@Bean
		FullPool dataSource(Environment environment) throws SQLException {
			FullPool pool = configure(new FullPool(), environment.getRequiredProperty("url"),
					environment.getRequiredProperty("size", Integer.class));
			pool.take();
			return pool;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class MarkedConfiguration {

		@Bean
		@Primary
		HikariDataSource dataSource(Environment environment) {
			return hikari(environment.getRequiredProperty("url"), 1);
		}

		@Bean(defaultCandidate = false)
		@LiquibaseDataSource
		HikariDataSource marked(Environment environment) {
			return hikari(environment.getRequiredProperty("marked"), 1);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class FiveConfiguration extends MarkedConfiguration {

		@Bean
		SpringLiquibase first(DataSource dataSource, Environment environment) {
			return liquibase(dataSource, environment, 1);
		}

		@Bean
		SpringLiquibase second(DataSource dataSource, Environment environment) {
			return liquibase(dataSource, environment, 2);
		}

		@Bean
		SpringLiquibase third(DataSource dataSource, Environment environment) {
			return liquibase(dataSource, environment, 3);
		}

		@Bean
		SpringLiquibase fourth(@LiquibaseDataSource DataSource marked, Environment environment) {
			return liquibase(marked, environment, 4);
		}

		@Bean
		SpringLiquibase fifth(@LiquibaseDataSource DataSource marked, Environment environment) {
			return liquibase(marked, environment, 5);
		}

		private static SpringLiquibase liquibase(DataSource dataSource, Environment environment, int number) {
			SpringLiquibase liquibase = new SpringLiquibase();
			liquibase.setDataSource(dataSource);
			liquibase.setChangeLog(environment.getRequiredProperty("changelog"));
			liquibase.setChangeLogParameters(Map.of("number", String.valueOf(number)));
			liquibase.setDatabaseChangeLogTable("history_" + number);
			return liquibase;
		}

	}

}
