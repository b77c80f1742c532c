// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governed;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

import javax.sql.DataSource;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.engine.Engine;
import dev.lockkeeper.lock.MigrationLocks;
import dev.lockkeeper.migration.MigrationTarget;
import dev.lockkeeper.schema.LevelMemory;
import dev.lockkeeper.schema.RunLedger;
import dev.lockkeeper.schema.RunOrigin;
import dev.lockkeeper.schema.ScriptRecords;

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
	 * The schemas that have change sets.
	 */
	private final List<ChangedSchema> changed = new CopyOnWriteArrayList<>();

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
	 * Return how connections to the database of a schema are opened. Nothing is opened
	 * yet.
	 * @param dataSource the data source of the user
	 * @return the connections
	 */
	public OwnConnections connect(DataSource dataSource) {
		return OwnConnections.of(dataSource, this.settings.sessionName(), this.settings.roles().taken());
	}

	/**
	 * Return how connections are opened that work as the login of a data source, which
	 * need not be one that migrates. Nothing is opened yet.
	 * @param dataSource the data source of the user
	 * @return the connections
	 */
	public OwnConnections connectAsLogin(DataSource dataSource) {
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
		this.changed.add(new ChangedSchema(name, engine, dataSource, connections));
		return schema(name, engine, dataSource, connections);
	}

	/**
	 * Govern what is executed beside the change sets of a schema, on connections like
	 * those of its change sets, with its tables and under its lease.
	 * @param name the name of the bean that executes it
	 * @param engine what executes it
	 * @param beside the schema
	 * @return what is governed, as a schema of its own
	 */
	public MigrationTarget governBeside(String name, Engine engine, ChangedSchema beside) {
		return schema(name, engine, beside.dataSource(), beside.connections());
	}

	private MigrationTarget schema(String name, Engine engine, DataSource dataSource, OwnConnections connections) {
		return new GovernedSchema(name, engine, new DatabaseSessions(name, dataSource, connections, this.unshared),
				this.settings);
	}

	/**
	 * Return the schemas that have change sets.
	 * @return those whose beans were created so far, in that order
	 */
	public List<ChangedSchema> getChangedSchemas() {
		return List.copyOf(this.changed);
	}

	/**
	 * What the schemas of a process share.
	 *
	 * @param locks gives the lock of each schema
	 * @param levels remembers the levels that were reached
	 * @param runs remembers the runs that there were
	 * @param scripts remembers the scripts that were executed beside the change sets
	 * @param origin this process, as its runs name it
	 * @param reinstates whether a run executes again what newer code has replaced
	 * @param lockTimeout how long a change set waits for locks on tables, where the
	 * database is PostgreSQL; zero for as long as it takes
	 * @param recognises whether a schema is recognised to which the code has nothing to
	 * do, so that its engine does not compare
	 * @param roles the roles that share the work on a database
	 * @param sessionName the name by which operators recognise the sessions of Lockkeeper
	 * @param clock the clock that dates inspections
	 */
	public record Settings(MigrationLocks locks, LevelMemory levels, RunLedger runs, ScriptRecords scripts,
			RunOrigin origin, boolean reinstates, Duration lockTimeout, boolean recognises, DatabaseRoles roles,
			String sessionName, Clock clock) {
	}

	/**
	 * A schema that has change sets.
	 *
	 * @param name the name of the bean that migrates it
	 * @param engine what migrates it
	 * @param dataSource the data source of the user
	 * @param connections opens connections to its database
	 */
	public record ChangedSchema(String name, Engine engine, DataSource dataSource, OwnConnections connections) {

	}

}
