// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.connection;

import java.sql.Connection;
import java.sql.SQLException;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.postgresql.Login;
import dev.lockkeeper.postgresql.OwnerRole;
import dev.lockkeeper.postgresql.SqlStates;
import org.jspecify.annotations.Nullable;

/**
 * A login cannot become the role that is to own what it creates. Nothing was written.
 *
 * @since 0.1.0
 */
public class OwnerRoleException extends LockkeeperException {

	private static final long serialVersionUID = 1L;

	private static final String SETTING = "lockkeeper.postgresql.set-role";

	private OwnerRoleException(ExitStatus status, String message, String action, @Nullable Throwable cause) {
		super(status, message, action, cause);
	}

	/**
	 * Explain why a login has not become a role.
	 * @param connection the connection, in auto-commit mode
	 * @param failure what the server has answered
	 * @return the explanation, or {@code null} when it was another failure
	 */
	static @Nullable OwnerRoleException of(OwnerRole role, Connection connection, SQLException failure)
			throws SQLException {
		if (OwnerRole.isMissing(failure)) {
			return new OwnerRoleException(ExitStatus.CONFIG,
					"Role %s does not exist (%s).".formatted(role.name(), SETTING),
					"Correct the name, or create the role: %s; %s.".formatted(role.toCreate(),
							role.toPermit(connection)),
					failure);
		}
		if (SqlStates.isPermission(failure.getSQLState())) {
			return new OwnerRoleException(
					ExitStatus.PERMISSION, "Login %s may not become role %s (%s)."
						.formatted(Login.of(connection).role(), role.name(), SETTING),
					"Let it: %s.".formatted(role.toPermit(connection)), failure);
		}
		return null;
	}

	/**
	 * Return what to throw when the connections go back to a data source, where they
	 * would keep the role.
	 */
	static OwnerRoleException ofSharedConnections(OwnerRole role, Login login) {
		return new OwnerRoleException(ExitStatus.CONFIG,
				("Role %s cannot be taken on (%s): the data source is of a kind of which no connections of our own can "
						+ "be opened, and those that it gives go back to it.")
					.formatted(role.name(), SETTING),
				("Remove that setting, and let the login have the role from its beginning: %s; or give the migration a "
						+ "Hikari data source, or one of Spring.")
					.formatted(login.toSet("role = '%s'".formatted(role.name().replace("'", "''")))),
				null);
	}

}
