// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governed;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.database.ConnectedDatabase;
import dev.lockkeeper.engine.ConfiguredSchemas;
import dev.lockkeeper.engine.Engine;
import dev.lockkeeper.engine.SchemaTables;
import dev.lockkeeper.exit.ConfigurationException;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.postgresql.RoleSplit;
import dev.lockkeeper.postgresql.RoleSplit.Missing;
import dev.lockkeeper.postgresql.SessionIdentity;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Verifies that the role of the application may read and write the tables of one schema,
 * and may change none.
 */
final class RoleVerification {

	private static final Log logger = LogFactory.getLog(RoleVerification.class);

	private static final String PUBLIC = "public";

	private final String schema;

	private final Engine engine;

	private final OwnConnections connections;

	private final DatabaseRoles roles;

	RoleVerification(String schema, Engine engine, OwnConnections connections, DatabaseRoles roles) {
		this.schema = schema;
		this.engine = engine;
		this.connections = connections;
		this.roles = roles;
	}

	/**
	 * Return whether there is a role to verify.
	 */
	boolean isDue() {
		return this.roles.application() != null && !this.connections.isEmbedded();
	}

	/**
	 * Verify the rights.
	 * @param search finds what is missing
	 * @throws LockkeeperException when something is missing, or cannot be found out, and
	 * the settings want that to be a failure
	 */
	void verify(Supplier<Optional<Missing>> search) {
		try {
			Optional<Missing> missing = search.get();
			if (missing.isPresent() && !missing.get().statements().isEmpty()) {
				throw new RoleSplitException(this.schema, requireApplication(), missing.get());
			}
		}
		catch (LockkeeperException ex) {
			if (this.roles.required()) {
				throw ex;
			}
			String what = (ex instanceof RoleSplitException split) ? split.getReason()
					: "the rights of role %s could not be verified".formatted(requireApplication());
			String more = (ex instanceof RoleSplitException) ? "" : ex.getMessage() + " ";
			logger.warn("lockkeeper - %s (schema %s): %s%s".formatted(what, this.schema, more, ex.getAction()));
		}
	}

	/**
	 * Return what is missing now; nothing at all when the database is not PostgreSQL.
	 */
	Optional<Missing> findMissing(Connection connection, SchemaTables tables) throws SQLException {
		if (!ConnectedDatabase.of(connection).hasTransactionalDdl()) {
			return Optional.empty();
		}
		ConfiguredSchemas configured = this.engine.getConfiguredSchemas();
		String history = configured.history();
		if (history == null) {
			history = (tables.schema() != null) ? tables.schema() : PUBLIC;
		}
		List<String> changed = configured.changed();
		if (changed.isEmpty()) {
			String current = (configured.history() != null) ? connection.getSchema() : history;
			changed = List.of((current != null) ? current : history);
		}
		return Optional
			.of(split(SessionIdentity.login(connection), changed, history, tables.all()).findMissing(connection));
	}

	/**
	 * Return all statements, for the names that the settings have; {@code null} when they
	 * name another database than PostgreSQL.
	 */
	@Nullable List<String> toStatements() {
		if (!this.connections.mayBePostgreSql()) {
			return null;
		}
		ConfiguredSchemas configured = this.engine.getConfiguredSchemas();
		List<String> path = this.connections.getConfiguredSchemas();
		String current = path.isEmpty() ? PUBLIC : path.get(0);
		String login = this.connections.getConfiguredLogin();
		if (login == null) {
			throw new ConfigurationException(
					"No setting names the login that migrates schema %s, which needs rights, too."
						.formatted(this.schema),
					"Set spring.datasource.username to that login, as the process that migrates has it.");
		}
		String history = (configured.history() != null) ? configured.history() : current;
		return split(login, configured.changed().isEmpty() ? List.of(current) : configured.changed(), history,
				List.of())
			.toStatements();
	}

	private RoleSplit split(String login, List<String> changed, String history, List<String> records) {
		String owner = (this.roles.owner() != null) ? this.roles.owner() : login;
		if (owner.equals(requireApplication())) {
			throw new ConfigurationException(
					"Role %s is that of the application (lockkeeper.postgresql.app-role), and owns what schema %s has."
						.formatted(owner, this.schema),
					"Let another role own it, which lockkeeper.postgresql.set-role names or which logs in to migrate.");
		}
		return new RoleSplit(owner, owner.equals(login) ? null : login, requireApplication(), changed, history,
				records);
	}

	/**
	 * Return the role of the application.
	 * @throws ConfigurationException when no setting names it
	 */
	String requireApplication() {
		String application = this.roles.application();
		if (application == null) {
			throw new ConfigurationException(
					"No setting names the role of the application, whose rights are asked for.",
					"Set lockkeeper.postgresql.app-role to it.");
		}
		return application;
	}

}
