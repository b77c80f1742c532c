// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase.bean;

import java.io.File;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.sql.Connection;
import java.util.HashMap;
import java.util.Map;

import javax.sql.DataSource;

import liquibase.Liquibase;
import liquibase.Scope;
import liquibase.analytics.configuration.AnalyticsArgs;
import liquibase.changelog.visitor.ChangeExecListener;
import liquibase.database.Database;
import liquibase.exception.LiquibaseException;
import liquibase.integration.IntegrationDetails;
import liquibase.integration.commandline.LiquibaseCommandLineConfiguration;
import liquibase.integration.spring.MultiTenantSpringLiquibase;
import liquibase.integration.spring.SpringLiquibase;
import liquibase.integration.spring.SpringResourceAccessor;
import liquibase.resource.ResourceAccessor;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.InitializingBean;
import org.springframework.boot.liquibase.autoconfigure.DataSourceClosingSpringLiquibase;
import org.springframework.core.io.ResourceLoader;
import org.springframework.util.Assert;
import org.springframework.util.ReflectionUtils;

/**
 * What is private in Liquibase, or open to its subclasses only. Subclasses of
 * {@link SpringLiquibase} may override its protected methods, so these are called and not
 * imitated.
 *
 * @since 0.1.0
 */
public final class LiquibaseAccess {

	private static final Method CREATE_LIQUIBASE = method(SpringLiquibase.class, "createLiquibase", Connection.class);

	private static final Method CREATE_DATABASE = method(SpringLiquibase.class, "createDatabase", Connection.class,
			ResourceAccessor.class);

	private static final Method CREATE_RESOURCE_OPENER = method(SpringLiquibase.class, "createResourceOpener");

	private static final Method CREATE_TENANT = method(MultiTenantSpringLiquibase.class, "getSpringLiquibase",
			DataSource.class);

	private static final Field SHOULD_RUN = field(SpringLiquibase.class, "shouldRun");

	private static final Field ROLLBACK_FILE = field(SpringLiquibase.class, "rollbackFile");

	private static final String LICENSE_KEY = "liquibase.licenseKey";

	private static final Field LISTENER = field(Liquibase.class, "changeExecListener");

	private static final MethodHandle INITIALISATION = initialisation();

	private LiquibaseAccess() {
	}

	/**
	 * Run a bean as {@link SpringLiquibase} itself does, whatever its class overrides.
	 * @param bean the bean
	 * @throws Exception when Liquibase fails
	 */
	public static void initialiseAsLiquibase(SpringLiquibase bean) throws Exception {
		try {
			INITIALISATION.invokeExact(bean);
		}
		catch (Exception | Error ex) {
			throw ex;
		}
		catch (Throwable ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static MethodHandle initialisation() {
		try {
			return MethodHandles.privateLookupIn(SpringLiquibase.class, MethodHandles.lookup())
				.findSpecial(SpringLiquibase.class, "afterPropertiesSet", MethodType.methodType(void.class),
						SpringLiquibase.class);
		}
		catch (ReflectiveOperationException ex) {
			throw new IllegalStateException("This version of Liquibase is not supported", ex);
		}
	}

	/**
	 * Create what the bean would run, without dropping anything.
	 * @param bean the bean
	 * @param connection the connection that Liquibase will use
	 * @return what the bean would run
	 * @throws LiquibaseException when Liquibase fails
	 */
	public static Liquibase createLiquibase(SpringLiquibase bean, Connection connection) throws LiquibaseException {
		boolean dropFirst = bean.isDropFirst();
		bean.setDropFirst(false);
		try {
			return (Liquibase) invoke(CREATE_LIQUIBASE, bean, connection);
		}
		finally {
			bean.setDropFirst(dropFirst);
		}
	}

	/**
	 * Let Liquibase find its resources elsewhere while something is done.
	 * @param <T> the type of the result
	 * @param bean the bean
	 * @param resources finds them
	 * @param runner what to do
	 * @return the result
	 * @throws Exception when it fails
	 */
	public static <T> T withResources(SpringLiquibase bean, @Nullable ResourceLoader resources,
			Scope.ScopedRunnerWithReturn<T> runner) throws Exception {
		ResourceLoader before = bean.getResourceLoader();
		bean.setResourceLoader(resources);
		try {
			return runner.run();
		}
		finally {
			bean.setResourceLoader(before);
		}
	}

	/**
	 * Create what the bean would run for one tenant.
	 * @param bean the bean
	 * @param dataSource the data source of the tenant
	 * @return a bean for that tenant
	 * @throws LiquibaseException when Liquibase fails
	 */
	public static SpringLiquibase createTenant(MultiTenantSpringLiquibase bean, DataSource dataSource)
			throws LiquibaseException {
		return (SpringLiquibase) invoke(CREATE_TENANT, bean, dataSource);
	}

	/**
	 * Create the database that the bean would migrate.
	 * @param bean the bean
	 * @param connection the connection that Liquibase will use
	 * @return the database, with the schemas of the bean
	 * @throws LiquibaseException when Liquibase fails
	 */
	public static Database createDatabase(SpringLiquibase bean, Connection connection) throws LiquibaseException {
		SpringResourceAccessor resources = (SpringResourceAccessor) invoke(CREATE_RESOURCE_OPENER, bean);
		return (Database) invoke(CREATE_DATABASE, bean, connection, resources);
	}

	/**
	 * Run something in the scope in which {@link SpringLiquibase#afterPropertiesSet()}
	 * runs.
	 * @param <T> the type of the result
	 * @param bean the bean
	 * @param runner what to run
	 * @return the result
	 * @throws Exception when it fails
	 */
	public static <T> T inScope(SpringLiquibase bean, Scope.ScopedRunnerWithReturn<T> runner) throws Exception {
		Map<String, Object> scope = new HashMap<>();
		scope.put(Scope.Attr.ui.name(), bean.getUiService().getUiServiceClass().getDeclaredConstructor().newInstance());
		scope.put(Scope.Attr.integrationDetails.name(), new IntegrationDetails("spring"));
		if (bean.getAnalyticsEnabled() != null) {
			scope.put(AnalyticsArgs.ENABLED.getKey(), bean.getAnalyticsEnabled());
		}
		if (bean.getLicenseKey() != null) {
			scope.put(LICENSE_KEY, bean.getLicenseKey());
		}
		return Scope.child(scope, runner);
	}

	/**
	 * Return whether a class of the user decides what the initialisation of the bean
	 * does: it may set properties that could not be read before.
	 * @param bean the bean
	 * @return whether its class overrides the initialisation
	 */
	public static boolean initialisesItself(SpringLiquibase bean) {
		Class<?> declaring = initialiserOf(bean);
		return declaring != SpringLiquibase.class && declaring != DataSourceClosingSpringLiquibase.class;
	}

	/**
	 * Return whether a class of the user decides what the initialisation of the bean
	 * does.
	 * @param bean the bean
	 * @return whether its class overrides the initialisation
	 */
	public static boolean initialisesItself(MultiTenantSpringLiquibase bean) {
		return initialiserOf(bean) != MultiTenantSpringLiquibase.class;
	}

	private static Class<?> initialiserOf(InitializingBean bean) {
		Method method = ReflectionUtils.findMethod(bean.getClass(), "afterPropertiesSet");
		Assert.state(method != null, "Liquibase initialises itself");
		return method.getDeclaringClass();
	}

	/**
	 * Return whether the bean, when it is initialised, runs Liquibase at all.
	 * @param bean the bean
	 * @return whether neither the bean nor a setting of Liquibase prevents it
	 */
	public static boolean shouldRun(MultiTenantSpringLiquibase bean) {
		return bean.isShouldRun() && LiquibaseCommandLineConfiguration.SHOULD_RUN.getCurrentValue();
	}

	/**
	 * Return whether the bean, when it is initialised, runs Liquibase at all.
	 * @param bean the bean
	 * @return whether neither the bean nor a setting of Liquibase prevents it
	 */
	public static boolean shouldRun(SpringLiquibase bean) {
		return !Boolean.FALSE.equals(ReflectionUtils.getField(SHOULD_RUN, bean))
				&& LiquibaseCommandLineConfiguration.SHOULD_RUN.getCurrentValue();
	}

	/**
	 * Return whether the bean writes the SQL of rollbacks to a file.
	 * @param bean the bean
	 * @return whether it does
	 */
	public static boolean hasRollbackFile(SpringLiquibase bean) {
		return getRollbackFile(bean) != null;
	}

	/**
	 * Return the file to which the bean writes the SQL of rollbacks.
	 * @param bean the bean
	 * @return the file, or {@code null} when there is none
	 */
	public static @Nullable File getRollbackFile(SpringLiquibase bean) {
		return (File) ReflectionUtils.getField(ROLLBACK_FILE, bean);
	}

	/**
	 * Set the file to which the bean writes the SQL of rollbacks.
	 * @param bean the bean
	 * @param file the file, or {@code null} for none
	 */
	public static void setRollbackFile(SpringLiquibase bean, @Nullable File file) {
		ReflectionUtils.setField(ROLLBACK_FILE, bean, file);
	}

	/**
	 * Return the listener that Liquibase notifies of each change set.
	 * @param liquibase what runs
	 * @return the listener, or {@code null} when there is none
	 */
	public static @Nullable ChangeExecListener getListener(Liquibase liquibase) {
		return (ChangeExecListener) ReflectionUtils.getField(LISTENER, liquibase);
	}

	private static Object invoke(Method method, InitializingBean bean, @Nullable Object... arguments)
			throws LiquibaseException {
		try {
			return method.invoke(bean, arguments);
		}
		catch (InvocationTargetException ex) {
			if (ex.getTargetException() instanceof LiquibaseException failure) {
				throw failure;
			}
			ReflectionUtils.rethrowRuntimeException(ex.getTargetException());
			throw new IllegalStateException(ex);
		}
		catch (IllegalAccessException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static Method method(Class<?> type, String name, Class<?>... types) {
		Method method = ReflectionUtils.findMethod(type, name, types);
		Assert.state(method != null, () -> "This version of Liquibase is not supported: no method " + name);
		ReflectionUtils.makeAccessible(method);
		return method;
	}

	private static Field field(Class<?> type, String name) {
		Field field = ReflectionUtils.findField(type, name);
		Assert.state(field != null, () -> "This version of Liquibase is not supported: no field " + name);
		ReflectionUtils.makeAccessible(field);
		return field;
	}

}
