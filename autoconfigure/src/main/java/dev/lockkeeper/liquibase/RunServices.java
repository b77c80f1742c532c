// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.security.CodeSource;
import java.util.Comparator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;

import dev.lockkeeper.exit.ConfigurationException;
import dev.lockkeeper.liquibase.lock.GovernedLockService;
import dev.lockkeeper.liquibase.preview.PreviewHistoryService;
import dev.lockkeeper.liquibase.preview.PreviewLockService;
import dev.lockkeeper.liquibase.run.OwnService;
import liquibase.Scope;
import liquibase.changelog.ChangeLogHistoryService;
import liquibase.changelog.ChangeLogHistoryServiceFactory;
import liquibase.database.Database;
import liquibase.database.jvm.JdbcConnection;
import liquibase.lockservice.LockService;
import liquibase.lockservice.LockServiceFactory;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Makes sure that Liquibase uses the lock and the history of Lockkeeper for a run, and
 * names the services of other libraries that are left out.
 */
final class RunServices {

	private static final Log logger = LogFactory.getLog(RunServices.class);

	private static final Set<String> named = ConcurrentHashMap.newKeySet();

	private RunServices() {
	}

	/**
	 * Require that a run, which is about to begin, takes its lock from Lockkeeper and
	 * writes its history by it.
	 * @param name the name of the bean
	 * @param database the database of the run
	 * @throws ConfigurationException when Liquibase would use another service
	 */
	static void require(String name, Database database) {
		if (!(database.getConnection() instanceof JdbcConnection)) {
			throw new ConfigurationException(
					"Bean %s cannot be governed: it gives Liquibase a connection of its own kind (%s).".formatted(name,
							nameOf(database.getConnection())),
					"Let its class give Liquibase a JdbcConnection, or an object of a class that extends it.");
		}
		LockService lock = LockServiceFactory.getInstance().getLockService(database);
		if (!(lock instanceof GovernedLockService)) {
			throw refused(name, "lock", lock);
		}
		ChangeLogHistoryService history = Scope.getCurrentScope()
			.getSingleton(ChangeLogHistoryServiceFactory.class)
			.getChangeLogService(database);
		if (!(history instanceof GovernedHistoryService)) {
			throw refused(name, "history", history);
		}
		LockService otherLock = findOther(LockService.class, (service) -> service.supports(database),
				LockService::getPriority);
		if (otherLock != null && named.add(otherLock.getClass().getName())) {
			logger
				.warn(("lockkeeper - the lock of this run is Liquibase's own table, and not %s (schema %s); a process "
						+ "that is not governed and uses that one neither waits for this run nor is waited for, so let only "
						+ "governed processes migrate this schema")
					.formatted(nameOf(otherLock), name));
		}
		ChangeLogHistoryService otherHistory = findOther(ChangeLogHistoryService.class,
				(service) -> service.supports(database), ChangeLogHistoryService::getPriority);
		if (otherHistory != null && named.add(otherHistory.getClass().getName())) {
			logger.warn(("lockkeeper - the history of this run is Liquibase's own table, and not %s (schema %s); what "
					+ "that one does beyond Liquibase's own is left out, so let a change set do it")
				.formatted(nameOf(otherHistory), name));
		}
	}

	private static ConfigurationException refused(String name, String what, Object service) {
		return new ConfigurationException(
				"Bean %s cannot be governed: Liquibase takes its %s from %s, which goes before the one of Lockkeeper."
					.formatted(name, what, nameOf(service)),
				"Remove that library from the class path, do not register its service by hand, or let its priority be "
						+ "lower than %d.".formatted(OwnService.PRIORITY));
	}

	/**
	 * Return the service that Liquibase would use without Lockkeeper.
	 * @return the service, or {@code null} when it is one of Liquibase itself
	 */
	private static <T> @Nullable T findOther(Class<T> type, Predicate<T> supports, ToIntFunction<T> priority) {
		return Scope.getCurrentScope()
			.getServiceLocator()
			.findInstances(type)
			.stream()
			.filter((service) -> !(service instanceof OwnService) && supports.test(service))
			.max(Comparator.comparingInt(priority))
			.filter((service) -> !service.getClass().getPackageName().equals(type.getPackageName()))
			.orElse(null);
	}

	private static String nameOf(Object service) {
		Class<?> type = service.getClass();
		CodeSource source = type.getProtectionDomain().getCodeSource();
		String library = (source != null && source.getLocation() != null)
				? source.getLocation().getPath().replaceAll("[!/]+$", "") : "";
		String file = library.substring(library.lastIndexOf('/') + 1);
		return file.endsWith(".jar") ? "%s of %s".formatted(type.getName(), file) : type.getName();
	}

}
