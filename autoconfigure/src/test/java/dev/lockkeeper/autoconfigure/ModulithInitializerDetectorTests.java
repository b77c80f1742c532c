// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;

import org.springframework.beans.BeanUtils;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceInitializationAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The initializer of Modulith 2.0, which is given a {@link JdbcTemplate}.
 */
class ModulithInitializerDetectorTests {

	private static final String INITIALIZER = "org.springframework.modulith.events.jdbc.DatabaseSchemaInitializer";

	private static final String REPOSITORY = "org.springframework.modulith.events.core.EventPublicationRepository";

	private static final String DETECTOR = "org.springframework.modulith.events.jdbc.ModulithDatabaseInitializerDetector";

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class, JdbcTemplateAutoConfiguration.class,
				DataSourceInitializationAutoConfiguration.class));

	private final List<String> created = new ArrayList<>();

	@Test
	void runsAfterTheOtherInitializersAndBeforeTheRepository() {
		LibraryClasses modulith = LibraryClasses.named(INITIALIZER, REPOSITORY);
		with(modulith, REPOSITORY, INITIALIZER).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(dependencies(context, INITIALIZER)).containsExactly("dataSourceScriptDatabaseInitializer");
			assertThat(dependencies(context, REPOSITORY)).containsExactly(INITIALIZER);
			assertThat(this.created).containsExactly(INITIALIZER, REPOSITORY);
		});
	}

	@Test
	void isLeftToTheDetectorOfModulith() {
		LibraryClasses modulith = LibraryClasses.named(INITIALIZER, REPOSITORY, DETECTOR);
		with(modulith, REPOSITORY, INITIALIZER).run((context) -> {
			assertThat(dependencies(context, INITIALIZER)).isEmpty();
			assertThat(dependencies(context, REPOSITORY)).isEmpty();
		});
	}

	@Test
	void aRepositoryWithoutAnInitializerIsLeftAlone() {
		LibraryClasses modulith = LibraryClasses.named(INITIALIZER, REPOSITORY);
		with(modulith, REPOSITORY).run((context) -> assertThat(dependencies(context, REPOSITORY)).isEmpty());
	}

	@Test
	void nothingHappensWithoutModulith() {
		this.runner.run((context) -> assertThat(context).hasNotFailed());
	}

	private ApplicationContextRunner with(LibraryClasses modulith, String... beans) {
		return this.runner.withClassLoader(modulith.getClassLoader()).withInitializer((context) -> {
			for (String bean : beans) {
				RootBeanDefinition definition = new RootBeanDefinition(modulith.get(bean));
				definition.setInstanceSupplier(() -> {
					assertThat(context.getBean(JdbcTemplate.class)).isNotNull();
					this.created.add(bean);
					return BeanUtils.instantiateClass(modulith.get(bean));
				});
				((BeanDefinitionRegistry) context.getBeanFactory()).registerBeanDefinition(bean, definition);
			}
		});
	}

	private static List<String> dependencies(ConfigurableApplicationContext context, String bean) {
		String[] names = context.getBeanFactory().getBeanDefinition(bean).getDependsOn();
		return (names != null) ? List.of(names) : List.of();
	}

}
