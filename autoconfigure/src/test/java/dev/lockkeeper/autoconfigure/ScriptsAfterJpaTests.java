// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.util.concurrent.atomic.AtomicBoolean;

import javax.sql.DataSource;

import jakarta.persistence.EntityManagerFactory;
import liquibase.integration.spring.SpringLiquibase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceInitializationAutoConfiguration;
import org.springframework.boot.jdbc.init.DataSourceScriptDatabaseInitializer;
import org.springframework.boot.session.jdbc.autoconfigure.JdbcSessionDataSourceScriptDatabaseInitializer;
import org.springframework.boot.session.jdbc.autoconfigure.JdbcSessionProperties;
import org.springframework.boot.sql.init.DatabaseInitializationSettings;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

class ScriptsAfterJpaTests {

	private static final String APPLICATION = "dataSourceScriptDatabaseInitializer";

	private static final String JPA = "entityManagerFactory";

	private final AtomicBoolean jpa = new AtomicBoolean();

	private final ApplicationContextRunner withoutJpa = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class,
				DataSourceInitializationAutoConfiguration.class))
		.withUserConfiguration(Sessions.class)
		.withInitializer((context) -> context.getBeanFactory()
			.registerSingleton("scriptsAfterJpa", new ScriptsAfterJpa(context.getEnvironment())))
		.withPropertyValues("spring.datasource.generate-unique-name=true",
				"spring.jpa.defer-datasource-initialization=true");

	private final ApplicationContextRunner runner = this.withoutJpa
		.withBean(JPA, EntityManagerFactory.class, this::startJpa, (definition) -> definition.setLazyInit(true))
		.withBean("liquibase", SpringLiquibase.class, ScriptsAfterJpaTests::idleLiquibase,
				(definition) -> definition.setDependsOn(JPA, "dataSource"));

	@Test
	void aProcessThatMigratesDoesNotStartJpa() {
		this.runner.withPropertyValues("lockkeeper.mode=migrate-only").run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(dependenciesOfLiquibase(context)).containsExactly("dataSource");
			assertThat(this.jpa).isFalse();
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "self", "defer" })
	void otherProcessesStartJpaFirst(String mode) {
		this.runner.withPropertyValues("lockkeeper.mode=" + mode).run((context) -> {
			assertThat(dependenciesOfLiquibase(context)).containsExactly(JPA, "dataSource");
			assertThat(this.jpa).isTrue();
		});
	}

	@Test
	void aDependencyOfTheUserStays() {
		this.runner
			.withPropertyValues("lockkeeper.mode=migrate-only", "spring.jpa.defer-datasource-initialization=false")
			.run((context) -> {
				assertThat(dependenciesOfLiquibase(context)).containsExactly(JPA, "dataSource");
				assertThat(isLeftOut(context, APPLICATION)).isFalse();
			});
	}

	@ParameterizedTest
	@ValueSource(strings = { "migrate-only", "defer" })
	void theScriptsOfTheApplicationAreLeftOut(String mode) {
		this.runner.withUserConfiguration(OwnInitializer.class)
			.withPropertyValues("lockkeeper.mode=" + mode)
			.run((context) -> {
				assertThat(isLeftOut(context, APPLICATION)).isTrue();
				assertThat(isLeftOut(context, "own")).isTrue();
				assertThat(isLeftOut(context, "sessions")).isFalse();
			});
	}

	@Test
	void aProcessThatMigratesItselfRunsThem() {
		this.runner.withPropertyValues("lockkeeper.mode=self")
			.run((context) -> assertThat(isLeftOut(context, APPLICATION)).isFalse());
	}

	@Test
	void theyAreRunInAnApplicationWithoutJpa() {
		this.withoutJpa.withPropertyValues("lockkeeper.mode=migrate-only")
			.run((context) -> assertThat(isLeftOut(context, APPLICATION)).isFalse());
	}

	private EntityManagerFactory startJpa() {
		this.jpa.set(true);
		return mock();
	}

	private static SpringLiquibase idleLiquibase() {
		SpringLiquibase liquibase = new SpringLiquibase();
		liquibase.setShouldRun(false);
		return liquibase;
	}

	private static String[] dependenciesOfLiquibase(ConfigurableApplicationContext context) {
		String[] names = context.getBeanFactory().getBeanDefinition("liquibase").getDependsOn();
		return (names != null) ? names : new String[0];
	}

	private static boolean isLeftOut(ConfigurableApplicationContext context, String bean) {
		return ScriptsAfterJpa.isLeftOut(context.getBeanFactory(), bean);
	}

	@Configuration(proxyBeanMethods = false)
	static class Sessions {

		@Bean
		JdbcSessionDataSourceScriptDatabaseInitializer sessions(DataSource dataSource) {
			return new JdbcSessionDataSourceScriptDatabaseInitializer(dataSource, new JdbcSessionProperties());
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OwnInitializer {

		@Bean
		DataSourceScriptDatabaseInitializer own(DataSource dataSource) {
			return new DataSourceScriptDatabaseInitializer(dataSource, new DatabaseInitializationSettings());
		}

	}

}
