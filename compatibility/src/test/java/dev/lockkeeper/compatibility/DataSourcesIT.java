// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility;

import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import dev.lockkeeper.exit.ExitStrategy;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.SampledCases;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import net.ttddyy.dsproxy.support.ProxyDataSourceBuilder;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.jooq.autoconfigure.JooqAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseDataSource;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Primary;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Data sources as applications wrap, route and mark them, each with a pool of one
 * connection.
 */
class DataSourcesIT {

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final TestDatabase other = TestPostgres.shared().createDatabase();

	@ParameterizedTest
	@SampledCases(2)
	@ValueSource(classes = { Marked.class, Routing.class, Delegating.class, LazyProxy.class, TransactionAware.class,
			Observed.class, Plain.class })
	@FullTier
	void areMigratedByTheProcessItself(Class<?> configuration) {
		try (ConfigurableApplicationContext context = run(configuration, "--lockkeeper.mode=self")) {
			assertThat(context.getBean(ModeDecision.class).mode()).isEqualTo(Mode.SELF);
			assertSchemaIsThere(configuration, context);
		}
	}

	@ParameterizedTest
	@FullTier
	@ValueSource(classes = { Marked.class, Routing.class })
	void areLeftToAProcessThatMigratesAndExits(Class<?> configuration) {
		assertLeftToAnotherProcess(configuration);
	}

	@ParameterizedTest
	@FullTier
	@ValueSource(classes = { Delegating.class, LazyProxy.class, TransactionAware.class, Observed.class, Plain.class })
	void areLeftToAProcessThatMigratesAndExitsHoweverTheyAreWrapped(Class<?> configuration) {
		assertLeftToAnotherProcess(configuration);
	}

	private void assertLeftToAnotherProcess(Class<?> configuration) {
		try (ConfigurableApplicationContext pod = run(configuration, "--lockkeeper.defer.startup=serve")) {
			assertThat(pod.getBean(ModeDecision.class).mode()).isEqualTo(Mode.DEFER);
			SchemaGate gate = pod.getBean(SchemaGate.class);
			assertThat(gate.isOpen()).isFalse();
			assertThat(tables(this.database)).containsExactly("0");
			assertThatThrownBy(() -> run(configuration, "--lockkeeper.mode=migrate-only").close());
			assertThat(Exit.CODE).hasValue(0);
			Awaitility.await().atMost(Contexts.START).until(gate::isOpen);
			assertSchemaIsThere(configuration, pod);
		}
	}

	private void assertSchemaIsThere(Class<?> configuration, ConfigurableApplicationContext context) {
		assertThat(this.database.query("SELECT name FROM ship")).containsExactly("Aurora");
		assertThat(tables(this.other)).containsExactly("0");
		// The only connection of the pool is free
		if (configuration != Marked.class) {
			assertThat(context.getBean(JdbcTemplate.class).queryForList("select name from ship", String.class))
				.containsExactly("Aurora");
		}
	}

	private static List<String> tables(TestDatabase database) {
		return database.query("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'");
	}

	private ConfigurableApplicationContext run(Class<?> configuration, String mode) {
		Exit.CODE.set(-1);
		return Contexts.run(configuration, this.database, mode, "--spring.main.web-application-type=none",
				"--other=" + this.other.getUrl(), "--spring.datasource.hikari.connection-timeout=10000",
				"--spring.datasource.hikari.maximum-pool-size=1", "--spring.datasource.connection-fetch=lazy");
	}

	/**
	 * Notes the exit code in place of ending this JVM.
	 */
	private static final class Exit implements ExitStrategy {

		static final AtomicInteger CODE = new AtomicInteger();

		@Override
		public void exit(int code) {
			CODE.set(code);
		}

	}

	/**
	 * The data source of Spring Boot, which fetches connections late.
	 */
	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration(exclude = { HibernateJpaAutoConfiguration.class,
			DataJpaRepositoriesAutoConfiguration.class, JooqAutoConfiguration.class })
	static class Plain {

		@Bean
		ExitStrategy exitStrategy() {
			return new Exit();
		}

		static HikariDataSource pool(Environment environment, String property) {
			HikariDataSource pool = new HikariDataSource();
			pool.setJdbcUrl(environment.getRequiredProperty(property));
			pool.setMaximumPoolSize(1);
			pool.setConnectionTimeout(10_000);
			return pool;
		}

		static HikariDataSource pool(Environment environment) {
			return pool(environment, "spring.datasource.url");
		}

	}

	static class Marked extends Plain {

		@Bean
		@Primary
		DataSource business(Environment environment) {
			return pool(environment, "other");
		}

		@Bean(defaultCandidate = false)
		@LiquibaseDataSource
		DataSource marked(Environment environment) {
			return pool(environment);
		}

	}

	static class Routing extends Plain {

		@Bean
		DataSource dataSource(Environment environment) {
			AbstractRoutingDataSource routing = new AbstractRoutingDataSource() {

				@Override
				protected Object determineCurrentLookupKey() {
					return "harbour";
				}

			};
			routing.setTargetDataSources(Map.of("harbour", pool(environment), "other", pool(environment, "other")));
			return routing;
		}

	}

	static class Delegating extends Plain {

		@Bean
		DataSource dataSource(Environment environment) {
			return new DelegatingDataSource(pool(environment));
		}

	}

	static class LazyProxy extends Plain {

		@Bean
		DataSource dataSource(Environment environment) {
			return new LazyConnectionDataSourceProxy(pool(environment));
		}

	}

	static class TransactionAware extends Plain {

		@Bean
		DataSource dataSource(Environment environment) {
			return new TransactionAwareDataSourceProxy(pool(environment));
		}

	}

	/**
	 * As datasource-proxy wraps it.
	 */
	static class Observed extends Plain {

		@Bean
		DataSource dataSource(Environment environment) {
			return ProxyDataSourceBuilder.create(pool(environment)).countQuery().build();
		}

	}

}
