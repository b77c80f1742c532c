// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governed;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.database.ConnectedDatabase;
import dev.lockkeeper.engine.SchemaTables;
import dev.lockkeeper.migration.Diagnosis;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.postgresql.Login;
import dev.lockkeeper.postgresql.SqlStates;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Adds what to grant when the database has refused a right: all that the role lacks at
 * once, so that the next start does not fail at the next right.
 */
final class RightsAdvice {

	private static final Log logger = LogFactory.getLog(RightsAdvice.class);

	private final OwnConnections connections;

	private final boolean defers;

	/**
	 * Create an advice for a process.
	 * @param mode the name of its mode
	 */
	RightsAdvice(OwnConnections connections, String mode) {
		this.connections = connections;
		this.defers = Mode.DEFER.name().equals(mode);
	}

	/**
	 * Complete a diagnosis with the statements to execute, if a right was refused.
	 * @param diagnosis the diagnosis without them
	 * @param tables the tables of the schema, if they are known
	 * @param login the login, or the role that a change set had taken on
	 * @param question whether the failed inspection only answers a question, in whatever
	 * mode
	 */
	Diagnosis complete(Diagnosis diagnosis, @Nullable SchemaTables tables, Login login, boolean question) {
		if (tables == null || !SqlStates.isPermission(diagnosis.sqlState())) {
			return diagnosis;
		}
		try (Connection connection = this.connections.openStateless()) {
			boolean reads = this.defers || question;
			List<String> statements = ConnectedDatabase.of(connection)
				.missingRights(login.role(), reads, tables.all(), diagnosis.message());
			return statements.isEmpty() ? diagnosis : with(diagnosis, action(statements, reads));
		}
		catch (SQLException | RuntimeException ex) {
			logger.debug("lockkeeper - the server does not show what a role lacks", ex);
			return diagnosis;
		}
	}

	private static String action(List<String> statements, boolean reads) {
		return "%s: %s.".formatted(
				reads ? "Let the role read the history"
						: "Give the role what its migration needs (or migrate as the owner of the tables)",
				String.join("; ", statements));
	}

	private static Diagnosis with(Diagnosis diagnosis, String action) {
		return new Diagnosis(diagnosis.status(), diagnosis.sqlState(), diagnosis.message(), diagnosis.reason(), action,
				diagnosis.passing(), diagnosis.ofChangeSet());
	}

}
