// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.sql.Connection;
import java.sql.SQLException;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The one connection of a call that inspects schemas, one after another. It is opened
 * when the first inspection needs it, stays open for the next ones in the same database,
 * and is closed before an inspection elsewhere opens another. Not safe for use by several
 * threads.
 *
 * @since 0.1.0
 */
public final class InspectionConnection implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(InspectionConnection.class);

	private @Nullable Object source;

	private @Nullable Connection connection;

	/**
	 * Return the connection to a database.
	 * @param wanted what opens connections there; the same object for the same database
	 * @param opener opens one
	 * @return the connection, which the caller leaves open and in the state in which it
	 * was
	 * @throws SQLException when the database does not answer or refuses
	 */
	public Connection to(Object wanted, Opener opener) throws SQLException {
		Connection open = this.connection;
		if (open == null || wanted != this.source) {
			close();
			open = opener.open();
			this.connection = open;
			this.source = wanted;
		}
		return open;
	}

	/**
	 * Return whether a connection is open for the next inspection.
	 * @return whether there is one
	 */
	public boolean isOpen() {
		return this.connection != null;
	}

	/**
	 * Close the connection, if there is one. After a failed inspection its state is
	 * unknown: the next inspection opens another.
	 */
	@Override
	public void close() {
		Connection open = this.connection;
		this.connection = null;
		this.source = null;
		if (open != null) {
			try {
				open.close();
			}
			catch (SQLException ex) {
				logger.debug("lockkeeper - the connection of an inspection could not be closed", ex);
			}
		}
	}

	/**
	 * Opens connections.
	 */
	@FunctionalInterface
	public interface Opener {

		/**
		 * Open a connection.
		 * @return the connection
		 * @throws SQLException when the database does not answer or refuses
		 */
		Connection open() throws SQLException;

	}

}
