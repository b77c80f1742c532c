// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import org.flywaydb.core.api.configuration.Configuration;
import org.flywaydb.database.postgresql.PostgreSQLConfigurationExtension;
import org.flywaydb.database.postgresql.TransactionalModel;

import org.springframework.util.ClassUtils;

/**
 * Flyway's lock on PostgreSQL. By default its transaction stays open on a connection of
 * its own while a migration runs on another one, and the row of the migration is
 * committed with it: apart from the migration. Without that transaction Flyway has one
 * connection, and a migration and its row are one transaction. The key of the lock is the
 * same either way.
 */
final class TransactionalLock {

	private static final boolean POSSIBLE = ClassUtils.isPresent(
			"org.flywaydb.database.postgresql.PostgreSQLConfigurationExtension",
			TransactionalLock.class.getClassLoader());

	private TransactionalLock() {
	}

	/**
	 * Let Flyway hold its lock without a transaction.
	 */
	static void remove(Configuration configuration) {
		if (POSSIBLE) {
			Extension.remove(configuration);
		}
	}

	/**
	 * Let Flyway hold its lock as another configuration says.
	 */
	static void restore(Configuration configuration, Configuration original) {
		if (POSSIBLE) {
			Extension.restore(configuration, original);
		}
	}

	/**
	 * Return whether the user has asked for the transaction.
	 */
	static boolean isSet(Configuration configuration) {
		return POSSIBLE && Extension.isSet(configuration);
	}

	/**
	 * A class of its own, because it loads only where Flyway's module for PostgreSQL is.
	 */
	private static final class Extension {

		private static PostgreSQLConfigurationExtension of(Configuration configuration) {
			return configuration.getPluginRegister().getExact(PostgreSQLConfigurationExtension.class);
		}

		static void remove(Configuration configuration) {
			of(configuration).setTransactionalLock(false);
		}

		static void restore(Configuration configuration, Configuration original) {
			of(configuration).setTransactional(of(original).getTransactional());
		}

		static boolean isSet(Configuration configuration) {
			TransactionalModel transactional = of(configuration).getTransactional();
			return transactional != null && Boolean.TRUE.equals(transactional.getLock());
		}

	}

}
