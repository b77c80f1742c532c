// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

import javax.sql.DataSource;

import net.bytebuddy.ByteBuddy;
import net.bytebuddy.description.annotation.AnnotationDescription;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.aot.AotDetector;
import org.springframework.beans.BeanUtils;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.init.DataSourceScriptDatabaseInitializer;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.session.jdbc.autoconfigure.JdbcSessionAutoConfiguration;
import org.springframework.boot.session.jdbc.autoconfigure.JdbcSessionDataSourceScriptDatabaseInitializer;
import org.springframework.boot.session.jdbc.autoconfigure.JdbcSessionProperties;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.SpringProperties;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.session.MapSessionRepository;
import org.springframework.session.SessionRepository;
import org.springframework.session.jdbc.JdbcIndexedSessionRepository;
import org.springframework.session.jdbc.config.annotation.SpringSessionDataSource;

import static org.assertj.core.api.Assertions.assertThat;

class SessionTablesTests {

	private static final String BEAN = "jdbcSessionDataSourceScriptDatabaseInitializer";

	private static final Class<?> TYPE = JdbcSessionDataSourceScriptDatabaseInitializer.class;

	private static final String REDIS = "org.springframework.boot.session.data.redis.autoconfigure.SessionDataRedisAutoConfiguration";

	private static final String REDIS_CONNECTION = "org.springframework.data.redis.connection.RedisConnectionFactory";

	private final ApplicationContextRunner withoutSession = new ApplicationContextRunner()
		.withInitializer((context) -> context.getBeanFactory()
			.registerSingleton("sessionTables", new SessionTables(context.getEnvironment())))
		.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class));

	private final ApplicationContextRunner runner = this.withoutSession
		.withConfiguration(AutoConfigurations.of(JdbcSessionAutoConfiguration.class));

	private final ApplicationContextRunner migrating = in(WebApplicationType.SERVLET, this.runner);

	@Test
	void aProcessThatMigratesHasTheInitializerOfItsWebApplication() {
		this.migrating.run((context) -> {
			assertThat(context).getBeans(DataSourceScriptDatabaseInitializer.class).containsOnlyKeys(BEAN);
			assertThat(tables(context.getBean(DataSource.class))).contains("SPRING_SESSION");
		});
	}

	@Test
	void theSettingsOfTheUserCount() {
		this.migrating.withPropertyValues("spring.session.jdbc.schema=classpath:nowhere.sql")
			.run((context) -> assertThat(context).hasFailed()
				.getFailure()
				.hasRootCauseMessage("No schema scripts found at location 'classpath:nowhere.sql'"));
	}

	@Test
	void theDataSourceOfTheSessionsCounts() {
		this.migrating.withUserConfiguration(TwoDataSources.class).run((context) -> {
			assertThat(tables(context.getBean("sessions", DataSource.class))).contains("SPRING_SESSION");
			assertThat(tables(context.getBean("main", DataSource.class))).doesNotContain("SPRING_SESSION");
		});
	}

	@ParameterizedTest
	@CsvSource({ "self", "defer" })
	void otherProcessesAreLeftToSpringBoot(String mode) {
		this.migrating.withPropertyValues("lockkeeper.mode=" + mode)
			.run((context) -> assertThat(context).doesNotHaveBean(TYPE));
	}

	@ParameterizedTest
	@CsvSource({ "NONE", "REACTIVE" })
	void anotherKindOfApplicationHasNone(WebApplicationType type) {
		in(type, this.runner).run((context) -> assertThat(context).doesNotHaveBean(TYPE));
	}

	@ParameterizedTest
	@CsvSource({ "never", "NEVER" })
	void noneIsThereWhenTheSchemaIsNeverInitialized(String value) {
		this.migrating.withPropertyValues("spring.session.jdbc.initialize-schema=" + value)
			.run((context) -> assertThat(context).doesNotHaveBean(TYPE));
	}

	@Test
	void noneIsThereWhenSessionsAreNotConfigured() {
		in(WebApplicationType.SERVLET, this.withoutSession).run((context) -> assertThat(context).doesNotHaveBean(TYPE));
	}

	@Test
	void noneIsThereWithoutTheLibraryOfSessions() {
		this.migrating.withClassLoader(new FilteredClassLoader(JdbcIndexedSessionRepository.class))
			.run((context) -> assertThat(context).doesNotHaveBean(TYPE));
	}

	@Test
	void noneIsThereWithoutADataSource() {
		in(WebApplicationType.SERVLET,
				new ApplicationContextRunner()
					.withInitializer((context) -> context.getBeanFactory()
						.registerSingleton("sessionTables", new SessionTables(context.getEnvironment())))
					.withConfiguration(AutoConfigurations.of(JdbcSessionAutoConfiguration.class)))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(TYPE));
	}

	@Test
	void noneIsThereWhenTheApplicationKeepsItsSessionsElsewhere() {
		this.migrating.withBean(SessionRepository.class, () -> new MapSessionRepository(new ConcurrentHashMap<>()))
			.run((context) -> assertThat(context).doesNotHaveBean(TYPE));
	}

	@Test
	void noneIsThereWhenTheApplicationKeepsItsSessionsInRedis() {
		LibraryClasses redis = LibraryClasses.named(REDIS_CONNECTION);
		ApplicationContextRunner withBoth = this.migrating.withClassLoader(redis.getClassLoader())
			.withUserConfiguration(ofServletApplication(REDIS));
		withBoth.run((context) -> assertThat(context).hasSingleBean(TYPE));
		withBoth
			.withInitializer((context) -> context.getBeanFactory()
				.registerSingleton("redis", BeanUtils.instantiateClass(redis.get(REDIS_CONNECTION))))
			.run((context) -> assertThat(context).doesNotHaveBean(TYPE));
	}

	@Test
	void theInitializerOfTheUserIsTheOnlyOne() {
		this.migrating.withUserConfiguration(OwnInitializer.class)
			.run((context) -> assertThat(context).getBeans(DataSourceScriptDatabaseInitializer.class)
				.containsOnlyKeys("own"));
	}

	@Test
	void whatWasProcessedAheadOfTimeIsComplete() {
		SpringProperties.setFlag(AotDetector.AOT_ENABLED);
		try {
			this.migrating.run((context) -> assertThat(context).doesNotHaveBean(TYPE));
		}
		finally {
			SpringProperties.setProperty(AotDetector.AOT_ENABLED, null);
		}
	}

	@Test
	void theAutoConfigurationBringsIt() {
		ApplicationContextRunner configured = new ApplicationContextRunner().withConfiguration(
				AutoConfigurations.of(LockkeeperAutoConfiguration.class, LiquibaseAutoConfiguration.class));
		configured.run((context) -> assertThat(context).hasSingleBean(SessionTables.class));
		configured
			.withClassLoader(new FilteredClassLoader("org.springframework.boot.session", "org.springframework.session"))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(SessionTables.class));
	}

	private static Class<?> ofServletApplication(String name) {
		return new ByteBuddy().subclass(Object.class)
			.name(name)
			.annotateType(AnnotationDescription.Builder.ofType(ConditionalOnWebApplication.class)
				.define("type", ConditionalOnWebApplication.Type.SERVLET)
				.build())
			.make()
			.load(SessionTablesTests.class.getClassLoader())
			.getLoaded();
	}

	private static ApplicationContextRunner in(WebApplicationType type, ApplicationContextRunner runner) {
		SpringApplication application = new SpringApplication();
		application.setWebApplicationType(type);
		return runner.withPropertyValues("lockkeeper.mode=migrate-only", "spring.datasource.generate-unique-name=true")
			.withInitializer((context) -> WithoutWebServer.apply(context.getEnvironment(), application));
	}

	private static List<String> tables(DataSource dataSource) {
		return new JdbcTemplate(dataSource).queryForList("SELECT table_name FROM information_schema.tables",
				String.class);
	}

	@Configuration(proxyBeanMethods = false)
	static class TwoDataSources {

		@Bean
		DataSource main() {
			return new DriverManagerDataSource("jdbc:h2:mem:main;DB_CLOSE_DELAY=-1");
		}

		@Bean(defaultCandidate = false)
		@SpringSessionDataSource
		DataSource sessions() {
			return new DriverManagerDataSource("jdbc:h2:mem:sessions;DB_CLOSE_DELAY=-1");
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OwnInitializer {

		@Bean
		JdbcSessionDataSourceScriptDatabaseInitializer own(DataSource dataSource) {
			return new JdbcSessionDataSourceScriptDatabaseInitializer(dataSource, new JdbcSessionProperties());
		}

	}

}
