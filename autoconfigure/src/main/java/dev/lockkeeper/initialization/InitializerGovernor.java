// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initialization;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.database.ConnectedDatabase;
import dev.lockkeeper.governed.EngineGovernor;
import dev.lockkeeper.governed.Governance;
import dev.lockkeeper.governed.GovernedSchemas;
import dev.lockkeeper.governed.GovernedSchemas.ChangedSchema;
import dev.lockkeeper.jdbc.Disconnected;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.postgresql.DatabaseIdentity;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanCreationException;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.jdbc.init.DataSourceScriptDatabaseInitializer;
import org.springframework.core.io.ResourceLoader;
import org.springframework.util.ClassUtils;
import org.springframework.util.function.SingletonSupplier;

/**
 * Governs every bean that executes scripts when it is initialised, in the database of a
 * governed schema: those of Spring Boot, of Spring Modulith and of the user. A bean whose
 * scripts go into another database, or into one inside the process, is initialised as
 * ever.
 *
 * @since 0.1.0
 */
public final class InitializerGovernor extends EngineGovernor {

	private static final Log logger = LogFactory.getLog(InitializerGovernor.class);

	private static final String TYPE = "org.springframework.boot.jdbc.init.DataSourceScriptDatabaseInitializer";

	private static final String METHOD = "afterPropertiesSet";

	private final ResourceLoader resources;

	private final Supplier<Settings> settings;

	/**
	 * Create a governor.
	 * @param governance what all governors of the process share
	 * @param resources loads the scripts
	 * @param settings what else that needs; supplied when the first bean is governed
	 */
	public InitializerGovernor(Governance governance, ResourceLoader resources, Supplier<Settings> settings) {
		super(governance);
		this.resources = resources;
		this.settings = SingletonSupplier.of(settings);
	}

	/**
	 * Find the types of the beans that are governed.
	 * @param classLoader the class loader of the application; {@code null} for the
	 * default one
	 * @return the types that it has, in the order in which Spring Boot initialises their
	 * beans
	 */
	public static List<Class<?>> findTypes(@Nullable ClassLoader classLoader) {
		return Stream.of(TYPE, EventPublicationInitializer.TYPE)
			.filter((name) -> ClassUtils.isPresent(name, classLoader))
			.<Class<?>>map((name) -> ClassUtils.resolveClassName(name, classLoader))
			.toList();
	}

	@Override
	protected @Nullable String findInitialization(RootBeanDefinition definition, Class<?> type, String name) {
		return isInitializer(type) ? METHOD : null;
	}

	@Override
	protected boolean governs(Object bean, String name) {
		return isInitializer(bean.getClass());
	}

	private static boolean isInitializer(Class<?> type) {
		return DataSourceScriptDatabaseInitializer.class.isAssignableFrom(type)
				|| type.getName().equals(EventPublicationInitializer.TYPE);
	}

	@Override
	protected void govern(Object bean, String name) {
		ScriptInitializer initializer = (bean instanceof DataSourceScriptDatabaseInitializer scripts)
				? new DataSourceInitializer(name, scripts, this.resources)
				: new EventPublicationInitializer(name, (InitializingBean) bean);
		// Without a governed schema there is nothing beside which it could be governed
		if (!hasBegun() || !this.settings.get().govern()) {
			leaveAlone(initializer);
			return;
		}
		GovernedSchemas governed = getSchemas();
		OwnConnections source = governed.connectAsLogin(initializer.getDataSource());
		List<ChangedSchema> candidates = governed.getChangedSchemas();
		if (source.isEmbedded() || candidates.stream().allMatch((schema) -> schema.connections().isEmbedded())) {
			leaveAlone(initializer);
			return;
		}
		List<Script> scripts = record(initializer);
		if (scripts != null && scripts.stream().allMatch((script) -> script.statements().isEmpty())) {
			leaveAlone(initializer);
			return;
		}
		Beside beside = find(initializer, source, candidates);
		if (beside.schema() == null) {
			leaveOut(initializer, beside);
			return;
		}
		if (this.settings.get().leftOut(name)) {
			logger
				.warn(("lockkeeper - scripts are left out (bean %s): they run after JPA, which no migration starts, by "
						+ "spring.jpa.defer-datasource-initialization; make change sets of them, or remove that setting")
					.formatted(name));
			return;
		}
		govern(initializer, beside.schema(), source, scripts);
	}

	private void govern(ScriptInitializer initializer, ChangedSchema schema, OwnConnections source,
			@Nullable List<Script> scripts) {
		GovernedSchemas governed = getSchemas();
		boolean same = schema.dataSource() == initializer.getDataSource();
		ScriptEngine engine = new ScriptEngine(initializer, schema, same ? null : source, this.resources, scripts,
				new ScriptEngine.Settings(governed.getSettings().scripts(), this.settings.get().deferring(),
						governed.getSettings().reinstates()));
		keep(governed.governBeside(initializer.getName(), engine, schema), List.of());
	}

	// A bean that needs the database to know its scripts is asked once there is a
	// connection
	private @Nullable List<Script> record(ScriptInitializer initializer) {
		try {
			return Recorder.record(initializer, Disconnected.connection(), this.resources);
		}
		catch (Exception ex) {
			logger.debug(
					"lockkeeper - only the database shows what is executed (bean %s)".formatted(initializer.getName()),
					ex);
			return null;
		}
	}

	private Beside find(ScriptInitializer initializer, OwnConnections source, List<ChangedSchema> candidates) {
		List<String> unknown = new ArrayList<>();
		for (ChangedSchema candidate : candidates) {
			if (candidate.dataSource() == initializer.getDataSource()) {
				return new Beside(candidate, unknown);
			}
		}
		for (ChangedSchema candidate : candidates) {
			if (candidate.connections().isSameUrl(source)) {
				return new Beside(candidate, unknown);
			}
		}
		for (ChangedSchema candidate : candidates) {
			Boolean same = this.settings.get().databaseAllowed() ? isSameDatabase(candidate.connections(), source)
					: null;
			if (Boolean.TRUE.equals(same)) {
				return new Beside(candidate, unknown);
			}
			if (same == null) {
				unknown.add(candidate.name());
			}
		}
		return new Beside(null, unknown);
	}

	private static @Nullable Boolean isSameDatabase(OwnConnections one, OwnConnections other) {
		try (Connection first = one.openStateless(); Connection second = other.openStateless()) {
			DatabaseIdentity identity = ConnectedDatabase.of(first).findIdentity();
			return identity != null && identity.equals(ConnectedDatabase.of(second).findIdentity());
		}
		// A data source that routes may have no database for this thread
		catch (SQLException | RuntimeException ex) {
			logger.debug("lockkeeper - not known whether two data sources have the same database", ex);
			return null;
		}
	}

	// A process that migrates and exits has never executed them
	private void leaveAlone(ScriptInitializer initializer) {
		if (this.settings.get().mode() == Mode.MIGRATE_ONLY) {
			return;
		}
		try {
			initializer.initialize();
		}
		catch (RuntimeException ex) {
			throw ex;
		}
		catch (Exception ex) {
			throw new BeanCreationException(initializer.getName(), "Initialisation of the bean failed", ex);
		}
	}

	private void leaveOut(ScriptInitializer initializer, Beside beside) {
		boolean executes = this.settings.get().mode() == Mode.SELF && this.settings.get().databaseAllowed();
		if (!beside.unknown().isEmpty()) {
			logger
				.warn(("lockkeeper - not known whether the scripts go into the database of a governed schema (bean %s; "
						+ "schema %s): one of them does not answer; %s")
					.formatted(initializer.getName(), String.join(", ", beside.unknown()), executes
							? "they are executed as Spring Boot does"
							: "they are not executed; let both have the same URL, or set lockkeeper.initializers=boot"));
		}
		else {
			logger
				.debug("lockkeeper - left to Spring Boot (bean %s: another database)".formatted(initializer.getName()));
		}
		if (executes || beside.unknown().isEmpty()) {
			leaveAlone(initializer);
		}
	}

	@Override
	protected Stream<String> findBeans(ListableBeanFactory beans) {
		// Which of them execute anything is known only when they are created
		return Stream.empty();
	}

	/**
	 * What governing initializers needs.
	 *
	 * @param mode the mode of the process
	 * @param govern whether initializers are governed at all
	 * @param deferring whether this process waits for another one that executes the
	 * scripts
	 * @param databaseAllowed whether a database may be used
	 * @param leftOut decides whether a bean is left out, by its name
	 */
	public record Settings(Mode mode, boolean govern, boolean deferring, boolean databaseAllowed,
			Predicate<String> leftOut) {

		boolean leftOut(String name) {
			return this.leftOut.test(name);
		}

	}

	/**
	 * The schema beside which an initializer executes its scripts.
	 *
	 * @param schema the schema, if there is one
	 * @param unknown the schemas of which it is not known whether they are in the same
	 * database
	 */
	private record Beside(@Nullable ChangedSchema schema, List<String> unknown) {

	}

}
