// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.lockkeeper.migration.EngineIntegration;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.wording.Plural;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactoryInitializer;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.env.Environment;
import org.springframework.util.ClassUtils;

/**
 * Warns, before any bean is created, when a process that is not to migrate has something
 * that changes the schema and that nothing governs: it does so as Spring Boot has it.
 */
class UngovernedChanges implements BeanFactoryInitializer<ConfigurableListableBeanFactory> {

	private static final Log logger = LogFactory.getLog(UngovernedChanges.class);

	private static final String FLYWAY = "org.springframework.boot.flyway.autoconfigure.FlywayMigrationInitializer";

	private static final String PRELIQUIBASE = "net.lbruun.springboot.preliquibase.PreLiquibase";

	private static final String R2DBC = "org.springframework.boot.r2dbc.init.R2dbcScriptDatabaseInitializer";

	private static final String R2DBC_OF_SPRING_BOOT = "org.springframework.boot.r2dbc.autoconfigure.ApplicationR2dbcScriptDatabaseInitializer";

	private static final String JPA = "jakarta.persistence.EntityManagerFactory";

	private static final String GENERATE_DDL = "spring.jpa.generate-ddl";

	/**
	 * What Hibernate takes for a change of the schema.
	 */
	private static final Set<String> DDL_ACTIONS = Set.of("create", "create-drop", "create-only", "drop",
			"drop-and-create", "update");

	private final Environment environment;

	UngovernedChanges(Environment environment) {
		this.environment = environment;
	}

	@Override
	public void initialize(ConfigurableListableBeanFactory beanFactory) {
		ModeDecision decision = beanFactory.getBean(ModeDecision.class);
		if (!decision.enabled() || decision.mode() == Mode.SELF) {
			return;
		}
		List<Change> changes = Stream
			.of(flyway(beanFactory), preLiquibase(beanFactory), scripts(beanFactory), ownScripts(beanFactory),
					jpa(beanFactory))
			.filter(Objects::nonNull)
			.toList();
		if (!changes.isEmpty()) {
			logger.warn("lockkeeper - %s %s not governed, and %s the schema wherever %s beans are created (%s); %s"
				.formatted(changes.stream().map(Change::by).collect(Collectors.joining(", ")),
						Plural.of(changes.size(), "is", "are"), Plural.of(changes.size(), "changes", "change"),
						Plural.of(changes.size(), "its", "their"), decision,
						changes.stream().map(Change::inWords).collect(Collectors.joining("; "))));
		}
	}

	private static @Nullable Change flyway(ConfigurableListableBeanFactory beanFactory) {
		boolean governed = Engines.ALL.engines().stream().map(EngineIntegration::engine).anyMatch("Flyway"::equals);
		List<String> beans = governed ? List.of() : beansOf(FLYWAY, beanFactory);
		return Change.of("Flyway", beans,
				"add lockkeeper-spring-boot-starter-flyway, or set spring.flyway.enabled=false");
	}

	private static @Nullable Change preLiquibase(ConfigurableListableBeanFactory beanFactory) {
		return Change.of("Pre-Liquibase", beansOf(PRELIQUIBASE, beanFactory), "set preliquibase.enabled=false");
	}

	private @Nullable Change scripts(ConfigurableListableBeanFactory beanFactory) {
		List<String> beans = beansOf(R2DBC_OF_SPRING_BOOT, beanFactory);
		List<String> scripts = beans.isEmpty() ? beans
				: ApplicationScripts.find(this.environment, beanFactory.getBeanClassLoader());
		return scripts.isEmpty() ? null : new Change("spring.sql.init with R2DBC", String.join(", ", scripts),
				"set spring.sql.init.mode=never");
	}

	// Whether it would run is known to its settings alone
	private static @Nullable Change ownScripts(ConfigurableListableBeanFactory beanFactory) {
		List<String> beans = new ArrayList<>(beansOf(R2DBC, beanFactory));
		beans.removeAll(beansOf(R2DBC_OF_SPRING_BOOT, beanFactory));
		return Change.of("R2dbcScriptDatabaseInitializer", beans, "set the mode of its settings to NEVER");
	}

	private @Nullable Change jpa(ConfigurableListableBeanFactory beanFactory) {
		if (beansOf(JPA, beanFactory).isEmpty()) {
			return null;
		}
		for (String key : DeferredStart.DDL) {
			String action = this.environment.getProperty(key, "").trim().toLowerCase(Locale.ROOT);
			if (DDL_ACTIONS.contains(action)) {
				return new Change("JPA", "%s=%s".formatted(key, action), "set it to none or validate");
			}
		}
		return this.environment.getProperty(GENERATE_DDL, Boolean.class, false)
				? new Change("JPA", GENERATE_DDL + "=true", "set it to false") : null;
	}

	private static List<String> beansOf(String type, ConfigurableListableBeanFactory beanFactory) {
		ClassLoader classLoader = beanFactory.getBeanClassLoader();
		return ClassUtils.isPresent(type, classLoader)
				? List.of(beanFactory.getBeanNamesForType(ClassUtils.resolveClassName(type, classLoader), true, false))
				: List.of();
	}

	/**
	 * Something that changes the schema.
	 *
	 * @param by what changes it
	 * @param evidence what shows that it does
	 * @param end how that ends
	 */
	private record Change(String by, String evidence, String end) {

		static @Nullable Change of(String by, List<String> beans, String end) {
			return beans.isEmpty() ? null
					: new Change(by, Plural.of(beans.size(), "bean ", "beans ") + String.join(", ", beans), end);
		}

		String inWords() {
			return "%s (%s): %s".formatted(this.by, this.evidence, this.end);
		}

	}

}
