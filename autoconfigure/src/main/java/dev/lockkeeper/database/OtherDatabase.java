// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.database;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

import dev.lockkeeper.postgresql.DatabaseIdentity;
import dev.lockkeeper.postgresql.Login;
import dev.lockkeeper.postgresql.SearchPath;
import org.jspecify.annotations.Nullable;

/**
 * Any other database, or PostgreSQL through another driver than its own.
 *
 * @param connection the connection
 */
record OtherDatabase(Connection connection) implements ConnectedDatabase {

	@Override
	public boolean identifiesSessions() {
		return false;
	}

	@Override
	public boolean hasTransactionalDdl() {
		return false;
	}

	@Override
	public boolean rollsBackSettings() {
		return false;
	}

	@Override
	public Login login() throws SQLException {
		return new Login(this.connection.getMetaData().getUserName(), null);
	}

	@Override
	public boolean isRelayed() {
		return false;
	}

	@Override
	public void nameNoStatements() {
	}

	@Override
	public void limitWaits(Duration answer, Duration lock) {
	}

	@Override
	public void limitLockWaitsOfTransaction(Duration timeout) {
	}

	@Override
	public void limitStatements(Duration timeout) {
	}

	@Override
	public <T> T readOnly(Reading<T> reading) throws Exception {
		this.connection.setAutoCommit(false);
		this.connection.setReadOnly(true);
		try {
			return reading.read(this.connection);
		}
		finally {
			leave();
		}
	}

	private void leave() throws SQLException {
		if (!this.connection.isClosed()) {
			if (!this.connection.getAutoCommit()) {
				this.connection.rollback();
			}
			this.connection.setReadOnly(false);
			this.connection.setAutoCommit(true);
		}
	}

	@Override
	public boolean mayRead(String table) {
		return true;
	}

	@Override
	public @Nullable String digestOf(List<String> columns) {
		return null;
	}

	// How a database folds the case of a name is of no importance here
	@Override
	public boolean hasSchema(String schema, String identifier, boolean catalog) throws SQLException {
		DatabaseMetaData metaData = this.connection.getMetaData();
		try (ResultSet rows = catalog ? metaData.getCatalogs() : metaData.getSchemas()) {
			while (rows.next()) {
				if (schema.equalsIgnoreCase(rows.getString(1))) {
					return true;
				}
			}
			return false;
		}
	}

	@Override
	public @Nullable DatabaseIdentity findIdentity() {
		return null;
	}

	@Override
	public @Nullable SearchPath findSearchPath() {
		return null;
	}

	@Override
	public List<String> missingRights(String role, boolean toRead, List<String> tables, String message) {
		return List.of();
	}

	@Override
	public String describeSessions(String host, String address) {
		return "Lockkeeper does not read the sessions of this kind of database";
	}

}
