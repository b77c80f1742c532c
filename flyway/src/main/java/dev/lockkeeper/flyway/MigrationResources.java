// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import org.flywaydb.core.api.ResourceProvider;
import org.flywaydb.core.api.configuration.Configuration;
import org.flywaydb.core.api.migration.JavaMigration;
import org.flywaydb.core.internal.scanner.Scanner;

/**
 * Finds the files of migrations as Flyway finds them.
 */
final class MigrationResources {

	private MigrationResources() {
	}

	/**
	 * Return what finds the files of a configuration. Unless the configuration has one of
	 * its own, all locations are scanned.
	 */
	static ResourceProvider of(Configuration configuration) {
		ResourceProvider configured = configuration.getResourceProvider();
		return (configured != null) ? configured
				: new Scanner<>(JavaMigration.class, configuration, configuration.getLocations());
	}

}
