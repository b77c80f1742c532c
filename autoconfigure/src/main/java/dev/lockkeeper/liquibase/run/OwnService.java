// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase.run;

/**
 * A service of Lockkeeper that Liquibase finds by its service loader, and uses in place
 * of its own during a run, a preview or an inspection.
 *
 * @since 0.1.0
 */
public interface OwnService {

	/**
	 * The highest priority that there is: other libraries use it as well.
	 */
	int PRIORITY = Integer.MAX_VALUE;

}
