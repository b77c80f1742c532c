// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

import dev.lockkeeper.postgresql.BriefTransactions;
import dev.lockkeeper.postgresql.HostSessions;
import dev.lockkeeper.postgresql.DatabaseIdentity;
import dev.lockkeeper.postgresql.Login;
import dev.lockkeeper.postgresql.MissingRights;
import dev.lockkeeper.postgresql.PostgreSql;
import dev.lockkeeper.postgresql.SearchPath;
import dev.lockkeeper.postgresql.SharedBackends;
import org.jspecify.annotations.Nullable;

/**
 * PostgreSQL, through its own driver.
 *
 * @param connection the connection
 */
record PostgreSqlDatabase(Connection connection) implements ConnectedDatabase {

	private static final int DIGESTS_RECORDS = 14;

	@Override
	public boolean identifiesSessions() {
		return true;
	}

	@Override
	public boolean hasTransactionalDdl() {
		return true;
	}

	@Override
	public boolean rollsBackSettings() {
		return true;
	}

	@Override
	public Login login() throws SQLException {
		return Login.of(this.connection);
	}

	@Override
	public boolean isRelayed() throws SQLException {
		return SharedBackends.mayBeShared(this.connection);
	}

	@Override
	public void nameNoStatements() throws SQLException {
		PostgreSql.nameNoStatements(this.connection);
	}

	@Override
	public void limitWaits(Duration answer, Duration lock) throws SQLException {
		this.connection.setNetworkTimeout(Runnable::run, (int) answer.toMillis());
		PostgreSql.limitLockWaits(this.connection, lock);
	}

	@Override
	public void limitLockWaitsOfTransaction(Duration timeout) throws SQLException {
		PostgreSql.limitLockWaitsOfTransaction(this.connection, timeout);
	}

	// The rollback of a transaction would take it back
	@Override
	public void limitStatements(Duration timeout) throws SQLException {
		boolean autoCommit = this.connection.getAutoCommit();
		this.connection.setAutoCommit(true);
		PostgreSql.limitStatements(this.connection, timeout);
		this.connection.setAutoCommit(autoCommit);
	}

	// No transaction stays open while the reader computes
	@Override
	public <T> T readOnly(Reading<T> reading) throws Exception {
		try (BriefTransactions transactions = BriefTransactions.begin(this.connection)) {
			return reading.read(transactions.asConnection());
		}
	}

	@Override
	public boolean mayRead(String table) throws SQLException {
		return PostgreSql.mayRead(this.connection, table);
	}

	// Cheaper by far than a digest of the text of the rows
	@Override
	public @Nullable String digestOf(List<String> columns) throws SQLException {
		return (this.connection.getMetaData().getDatabaseMajorVersion() >= DIGESTS_RECORDS)
				? "SUM(pg_catalog.hash_record_extended(ROW(%s), 0))".formatted(String.join(", ", columns)) : null;
	}

	@Override
	public boolean hasSchema(String schema, String identifier, boolean catalog) throws SQLException {
		return SearchPath.exists(this.connection, identifier);
	}

	@Override
	public DatabaseIdentity findIdentity() throws SQLException {
		return DatabaseIdentity.read(this.connection);
	}

	@Override
	public SearchPath findSearchPath() throws SQLException {
		return SearchPath.read(this.connection);
	}

	@Override
	public List<String> missingRights(String role, boolean toRead, List<String> tables, String message)
			throws SQLException {
		return MissingRights.find(this.connection, role, toRead, tables, message);
	}

	@Override
	public String describeSessions(String host, String address) throws SQLException {
		return HostSessions.describe(this.connection, host, address);
	}

}
