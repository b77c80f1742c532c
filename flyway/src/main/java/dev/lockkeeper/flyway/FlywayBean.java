// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

import javax.sql.DataSource;

import dev.lockkeeper.schema.ChangeSetReference;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.callback.Callback;
import org.flywaydb.core.api.configuration.ClassicConfiguration;
import org.flywaydb.core.api.configuration.Configuration;
import org.flywaydb.core.api.pattern.ValidatePattern;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.DirectFieldAccessor;
import org.springframework.boot.flyway.autoconfigure.FlywayMigrationInitializer;
import org.springframework.boot.flyway.autoconfigure.FlywayMigrationStrategy;
import org.springframework.util.Assert;

/**
 * What migrates one schema: a bean of the application with its Flyway. The Flyway keeps
 * its configuration: what is replaced for a run is put back after it.
 */
final class FlywayBean {

	private static final String BEAN_OF_SPRING_BOOT = "flywayInitializer";

	private final String name;

	private final Flyway flyway;

	private final Initialisation initialisation;

	private final @Nullable String custom;

	private FlywayBean(String name, Flyway flyway, Initialisation initialisation, @Nullable String custom) {
		this.name = name;
		this.flyway = flyway;
		this.initialisation = initialisation;
		this.custom = custom;
	}

	/**
	 * Return the bean that initialises a Flyway.
	 */
	static FlywayBean of(String name, FlywayMigrationInitializer initializer) {
		DirectFieldAccessor fields = new DirectFieldAccessor(initializer);
		Flyway flyway = (Flyway) fields.getPropertyValue("flyway");
		Assert.state(flyway != null, "An initializer has a Flyway");
		FlywayMigrationStrategy strategy = (FlywayMigrationStrategy) fields.getPropertyValue("migrationStrategy");
		Class<?> type = initializer.getClass();
		String custom = (strategy != null) ? describe(strategy.getClass())
				: (type != FlywayMigrationInitializer.class) ? describe(type) : null;
		return new FlywayBean(name, flyway, initializer::afterPropertiesSet, custom);
	}

	/**
	 * Return a Flyway that migrates by itself.
	 */
	static FlywayBean of(String name, Flyway flyway) {
		return new FlywayBean(name, flyway, flyway::migrate,
				(flyway.getClass() != Flyway.class) ? describe(flyway.getClass()) : null);
	}

	// The name of a lambda is that of its class with something at random
	private static String describe(Class<?> type) {
		String name = type.getName();
		int lambda = name.toLowerCase(Locale.ROOT).indexOf("$$lambda");
		return (lambda > 0) ? "%s (a lambda in it)".formatted(name.substring(0, lambda)) : name;
	}

	String getName() {
		return this.name;
	}

	boolean isOfSpringBoot() {
		return BEAN_OF_SPRING_BOOT.equals(this.name);
	}

	/**
	 * Return the class of the user that decides what Flyway does.
	 * @return its name, that of a strategy for example; {@code null} when Flyway migrates
	 */
	@Nullable String getCustom() {
		return this.custom;
	}

	Configuration getConfiguration() {
		return this.flyway.getConfiguration();
	}

	private ClassicConfiguration getOwnConfiguration() {
		Configuration configuration = getConfiguration();
		Assert.state(configuration instanceof ClassicConfiguration, "A Flyway has a configuration of its own");
		return (ClassicConfiguration) configuration;
	}

	/**
	 * Return another Flyway with the same configuration, which calls nothing of the user.
	 * @param dataSource its data source
	 * @param change what is different in the configuration
	 */
	Flyway copy(DataSource dataSource, Consumer<ClassicConfiguration> change) {
		ClassicConfiguration configuration = new ClassicConfiguration(getConfiguration());
		configuration.setDataSource(dataSource);
		configuration.setSkipDefaultCallbacks(true);
		TransactionalLock.remove(configuration);
		change.accept(configuration);
		Flyway copy = new Flyway(configuration);
		// A Flyway adds those that it finds by itself
		if (copy.getConfiguration() instanceof ClassicConfiguration own) {
			own.setCallbacks();
		}
		return copy;
	}

	/**
	 * Let Flyway ignore further migrations when it validates.
	 */
	static void ignore(ClassicConfiguration configuration, String pattern) {
		ValidatePattern[] patterns = configuration.getIgnoreMigrationPatterns();
		ValidatePattern[] extended = Arrays.copyOf(patterns, patterns.length + 1);
		extended[patterns.length] = ValidatePattern.fromPattern(pattern);
		configuration.setIgnoreMigrationPatterns(extended);
	}

	/**
	 * Migrate as the bean would when the container initialises it.
	 * @param dataSource the only connections of the run
	 * @param schema the schema of the history, which the bean may leave to the connection
	 * @param heldBack the repeatable migrations that newer code has replaced
	 * @param callbacks what listens to the run
	 */
	void migrate(DataSource dataSource, @Nullable String schema, List<ChangeSetReference> heldBack,
			Callback... callbacks) throws Exception {
		ClassicConfiguration configuration = getOwnConfiguration();
		ClassicConfiguration original = new ClassicConfiguration(configuration);
		try {
			configuration.setDataSource(dataSource);
			configuration.setDefaultSchema(schema);
			configuration.setCallbacks(join(original.getCallbacks(), callbacks));
			TransactionalLock.remove(configuration);
			new HiddenMigrations(heldBack).hideFrom(configuration);
			this.initialisation.initialise();
		}
		finally {
			configuration.setDataSource(original.getDataSource());
			configuration.setDefaultSchema(original.getDefaultSchema());
			configuration.setCallbacks(original.getCallbacks());
			configuration.setResourceProvider(original.getResourceProvider());
			configuration.setJavaMigrations(original.getJavaMigrations());
			configuration.setIgnoreMigrationPatterns(original.getIgnoreMigrationPatterns());
			TransactionalLock.restore(configuration, original);
		}
	}

	private static Callback[] join(Callback[] originals, Callback[] others) {
		Callback[] all = new Callback[originals.length + others.length];
		System.arraycopy(originals, 0, all, 0, originals.length);
		System.arraycopy(others, 0, all, originals.length, others.length);
		return all;
	}

	/**
	 * How a bean is initialised.
	 */
	@FunctionalInterface
	private interface Initialisation {

		void initialise() throws Exception;

	}

}
