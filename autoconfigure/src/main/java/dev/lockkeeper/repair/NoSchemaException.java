// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.repair;

import dev.lockkeeper.exit.UsageException;

/**
 * There is no schema that a command could be about.
 */
final class NoSchemaException extends UsageException {

	private static final long serialVersionUID = 1L;

	private NoSchemaException() {
		super("There is no schema: no Liquibase bean would run on a database of its own.",
				"Add a changelog and a data source, and set neither spring.liquibase.enabled=false nor a "
						+ "profile that removes them.");
	}

	/**
	 * Refuse to end as if something had been done.
	 * @param schemas how many schemas there were
	 */
	static void refuse(int schemas) {
		if (schemas == 0) {
			throw new NoSchemaException();
		}
	}

}
