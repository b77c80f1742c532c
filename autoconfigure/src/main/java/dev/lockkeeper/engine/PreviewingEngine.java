// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.engine;

import java.sql.Connection;
import java.util.List;

import dev.lockkeeper.migration.Preview;
import dev.lockkeeper.migration.PreviewLimits;
import dev.lockkeeper.schema.ChangeSetReference;

/**
 * An {@link Engine} that can write down the SQL that a run would execute.
 *
 * @since 0.1.0
 */
public interface PreviewingEngine {

	/**
	 * Return the SQL that a run would execute now, change set by change set, the rows of
	 * the history included. Nothing is created or changed.
	 * @param connection a connection to the database, in auto-commit mode
	 * @param heldBack the change sets that newer code has replaced
	 * @param limits what the preview may cost
	 * @return a script for the command line client of the database
	 * @throws Exception when the database does not answer or refuses, or the change sets
	 * cannot be run
	 */
	Preview preview(Connection connection, List<ChangeSetReference> heldBack, PreviewLimits limits) throws Exception;

}
