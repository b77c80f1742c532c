// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governed;

import java.time.Clock;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import javax.sql.DataSource;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.engine.Engine;
import dev.lockkeeper.lock.MigrationLocks;
import dev.lockkeeper.migration.MigrationTarget;
import dev.lockkeeper.schema.LevelMemory;
import dev.lockkeeper.schema.RunLedger;
import dev.lockkeeper.schema.RunOrigin;

/**
 * Governs the schemas of a process, those of all engines.
 *
 * @since 0.1.0
 */
public final class GovernedSchemas {

	private final Settings settings;

	/**
	 * The data sources of which no connections were found to share a session.
	 */
	private final Set<Object> unshared = ConcurrentHashMap.newKeySet();

	/**
	 * Create the schemas of a process.
	 * @param settings what they share
	 */
	public GovernedSchemas(Settings settings) {
		this.settings = settings;
	}

	/**
	 * Return the settings.
	 * @return the settings
	 */
	public Settings getSettings() {
		return this.settings;
	}

	/**
	 * Return how connections to a database are opened. Nothing is opened yet.
	 * @param dataSource the data source of the user
	 * @return the connections
	 */
	public OwnConnections connect(DataSource dataSource) {
		return OwnConnections.of(dataSource, this.settings.sessionName());
	}

	/**
	 * Govern one schema.
	 * @param name the name of the bean that migrates it
	 * @param engine what migrates it
	 * @param dataSource the data source of the user; beans that have the same one have
	 * the same database
	 * @param connections opens connections to its database
	 * @return the schema
	 */
	public MigrationTarget govern(String name, Engine engine, DataSource dataSource, OwnConnections connections) {
		return new GovernedSchema(name, engine, new DatabaseSessions(name, dataSource, connections, this.unshared),
				this.settings);
	}

	/**
	 * What the schemas of a process share.
	 *
	 * @param locks gives the lock of each schema
	 * @param levels remembers the levels that were reached
	 * @param runs remembers the runs that there were
	 * @param origin this process, as its runs name it
	 * @param reinstates whether a run executes again what newer code has replaced
	 * @param sessionName the name by which operators recognise the sessions of Lockkeeper
	 * @param clock the clock that dates inspections
	 */
	public record Settings(MigrationLocks locks, LevelMemory levels, RunLedger runs, RunOrigin origin,
			boolean reinstates, String sessionName, Clock clock) {
	}

}
