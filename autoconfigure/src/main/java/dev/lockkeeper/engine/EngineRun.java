// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.engine;

import java.sql.SQLException;
import java.util.List;

import javax.sql.DataSource;

import dev.lockkeeper.migration.RunControl;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.transaction.RunTransactions;
import org.jspecify.annotations.Nullable;

/**
 * What an engine is given for a run.
 *
 * @since 0.1.0
 */
public interface EngineRun {

	/**
	 * Return the name under which the lease is held.
	 * @return the name
	 */
	String getHolder();

	/**
	 * Return what stops the engine, and receives its progress.
	 * @return the control
	 */
	RunControl getControl();

	/**
	 * Return what controls the commits of the run, and is notified of its change sets.
	 * @return the transactions
	 */
	RunTransactions getTransactions();

	/**
	 * Return the only connections on which the engine may work. The engine closes each of
	 * them.
	 * @return the connections
	 */
	DataSource getConnections();

	/**
	 * Return the change sets that newer code has replaced, and that must not be executed
	 * again.
	 * @return the change sets
	 */
	List<ChangeSetReference> getHeldBack();

	/**
	 * Return what was found before the run.
	 * @return the state, or {@code null} when there was no inspection
	 */
	@Nullable SchemaState getBefore();

	/**
	 * Note that the engine begins: everything was dropped that is to be dropped, and no
	 * change set has begun.
	 */
	void begun();

	/**
	 * Check, when the engine has ended without a failure, that everything is committed
	 * which it takes for committed. An engine calls it before it draws a conclusion from
	 * the run; it is called once more when {@link EngineMigration#migrate} has returned.
	 * @throws SQLException when the connection of the run was lost
	 * @throws IllegalStateException when something was rolled back
	 */
	void requireCommitted() throws SQLException;

}
