// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

import jakarta.persistence.EntityManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.BeanUtils;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

@ExtendWith(OutputCaptureExtension.class)
class UngovernedChangesTests {

	private static final String FLYWAY = "org.springframework.boot.flyway.autoconfigure.FlywayMigrationInitializer";

	private static final String PRELIQUIBASE = "net.lbruun.springboot.preliquibase.PreLiquibase";

	private static final String R2DBC = "org.springframework.boot.r2dbc.init.R2dbcScriptDatabaseInitializer";

	private static final String R2DBC_OF_SPRING_BOOT = "org.springframework.boot.r2dbc.autoconfigure.ApplicationR2dbcScriptDatabaseInitializer";

	private static final String WARNING = "not governed";

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class, LiquibaseAutoConfiguration.class))
		.withPropertyValues("lockkeeper.mode=defer");

	@TempDir
	Path directory;

	@Test
	void namesAFlywayWithoutItsStarter(CapturedOutput output) {
		with(FLYWAY).run((context) -> assertThat(output).contains("WARN")
			.containsOnlyOnce("lockkeeper - Flyway is not governed, and changes the schema wherever its beans are "
					+ "created (mode DEFER (lockkeeper.mode is set to defer)); Flyway (bean " + FLYWAY
					+ "): add lockkeeper-spring-boot-starter-flyway, or set spring.flyway.enabled=false"));
	}

	@Test
	void namesPreLiquibase(CapturedOutput output) {
		with(PRELIQUIBASE).run((context) -> assertThat(output).contains("lockkeeper - Pre-Liquibase is not governed, ",
				"; Pre-Liquibase (bean " + PRELIQUIBASE + "): set preliquibase.enabled=false"));
	}

	@Test
	void namesTheScriptsThatR2dbcWouldRun(CapturedOutput output) throws IOException {
		with(R2DBC_OF_SPRING_BOOT).withPropertyValues("spring.sql.init.mode=always", scripts())
			.run((context) -> assertThat(output)
				.contains("; spring.sql.init with R2DBC (harbour.sql, ships.sql): set spring.sql.init.mode=never"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "embedded", "never" })
	void r2dbcWouldRunNoScriptOnAServer(String mode, CapturedOutput output) throws IOException {
		with(R2DBC_OF_SPRING_BOOT).withPropertyValues("spring.sql.init.mode=" + mode, scripts())
			.run((context) -> assertThat(output).doesNotContain(WARNING));
	}

	@Test
	void r2dbcHasNoScriptToRun(CapturedOutput output) {
		with(R2DBC_OF_SPRING_BOOT).withPropertyValues("spring.sql.init.mode=always")
			.run((context) -> assertThat(output).doesNotContain(WARNING));
	}

	@Test
	void namesTheR2dbcInitializerOfTheUser(CapturedOutput output) {
		with(R2DBC).run((context) -> assertThat(output)
			.contains("; R2dbcScriptDatabaseInitializer (bean " + R2DBC + "): set the mode of its settings to NEVER"));
	}

	@ParameterizedTest
	@CsvSource({ "spring.jpa.hibernate.ddl-auto, update, set it to none or validate",
			"spring.jpa.hibernate.ddl-auto, CREATE, set it to none or validate",
			"spring.jpa.properties.hibernate.hbm2ddl.auto, create-drop, set it to none or validate",
			"spring.jpa.properties.jakarta.persistence.schema-generation.database.action, drop-and-create, set it to none or validate",
			"spring.jpa.generate-ddl, true, set it to false" })
	void namesJpaThatChangesTheSchema(String property, String value, String end, CapturedOutput output) {
		withJpa().withPropertyValues(property + "=" + value)
			.run((context) -> assertThat(output).contains("lockkeeper - JPA is not governed, ",
					"; JPA (%s=%s): %s".formatted(property, value.toLowerCase(Locale.ROOT), end)));
	}

	@ParameterizedTest
	@ValueSource(strings = { "spring.jpa.hibernate.ddl-auto=validate", "spring.jpa.hibernate.ddl-auto=none",
			"spring.jpa.hibernate.ddl-auto=", "spring.jpa.generate-ddl=false" })
	void jpaChangesNothing(String setting, CapturedOutput output) {
		withJpa().withPropertyValues(setting).run((context) -> assertThat(output).doesNotContain(WARNING));
	}

	@Test
	void thereIsNoJpa(CapturedOutput output) {
		this.runner.withPropertyValues("spring.jpa.hibernate.ddl-auto=update")
			.run((context) -> assertThat(output).doesNotContain(WARNING));
	}

	@Test
	void namesAllOfThemAtOnce(CapturedOutput output) {
		with(FLYWAY, PRELIQUIBASE).withBean(EntityManagerFactory.class, () -> mock())
			.withPropertyValues("spring.jpa.hibernate.ddl-auto=update")
			.run((context) -> assertThat(output)
				.containsOnlyOnce("lockkeeper - Flyway, Pre-Liquibase, JPA are not governed, and change the schema "
						+ "wherever their beans are created (mode DEFER (lockkeeper.mode is set to defer)); Flyway (")
				.contains("; Pre-Liquibase (", "; JPA ("));
	}

	@ParameterizedTest
	@ValueSource(strings = { "lockkeeper.mode=self", "lockkeeper.enabled=false" })
	void aProcessThatDoesNotDeferIsLeftAlone(String setting, CapturedOutput output) {
		with(FLYWAY, PRELIQUIBASE, R2DBC).withPropertyValues(setting)
			.run((context) -> assertThat(output).doesNotContain(WARNING));
	}

	private String scripts() throws IOException {
		Path schema = Files.writeString(this.directory.resolve("harbour.sql"), "");
		Path data = Files.writeString(this.directory.resolve("ships.sql"), "");
		return "spring.sql.init.schema-locations=file:%s,optional:file:%s".formatted(schema, data);
	}

	private ApplicationContextRunner withJpa() {
		return this.runner.withBean(EntityManagerFactory.class, () -> mock());
	}

	private ApplicationContextRunner with(String... types) {
		LibraryClasses classes = LibraryClasses.named(types);
		return this.runner.withClassLoader(classes.getClassLoader()).withInitializer((context) -> {
			for (String type : types) {
				RootBeanDefinition definition = new RootBeanDefinition(classes.get(type));
				definition.setInstanceSupplier(() -> BeanUtils.instantiateClass(classes.get(type)));
				((BeanDefinitionRegistry) context.getBeanFactory()).registerBeanDefinition(type, definition);
			}
		});
	}

}
