// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

import dev.lockkeeper.postgresql.DatabaseIdentity;
import dev.lockkeeper.postgresql.Login;
import dev.lockkeeper.postgresql.PostgreSql;
import dev.lockkeeper.postgresql.SearchPath;
import org.jspecify.annotations.Nullable;

/**
 * The database at the other end of a connection. Callers ask it for what they want, and
 * need not know which database it is: PostgreSQL, through its own driver, or any other,
 * of which no more is expected than JDBC promises. What is only written differently (a
 * column type, an error code) is not asked here.
 *
 * @since 0.1.0
 */
public sealed interface ConnectedDatabase permits PostgreSqlDatabase, OtherDatabase {

	/**
	 * Return the database of a connection. Only the driver decides: nothing is sent to
	 * the server.
	 * @param connection the connection, wrapped or not
	 * @return the database
	 * @throws SQLException when the connection is closed
	 */
	static ConnectedDatabase of(Connection connection) throws SQLException {
		return PostgreSql.isServing(connection) ? new PostgreSqlDatabase(connection) : new OtherDatabase(connection);
	}

	/**
	 * Return whether each session can be recognised by others, so that they can record
	 * one, prove that it is gone, and end it.
	 * @return whether sessions are identified
	 */
	boolean identifiesSessions();

	/**
	 * Return whether what creates or changes a table is part of a transaction, and the
	 * driver knows the state of the transaction.
	 * @return whether a transaction may contain such statements
	 */
	boolean hasTransactionalDdl();

	/**
	 * Return whether the rollback of a transaction takes back what the session was set to
	 * in it.
	 * @return whether settings are rolled back
	 */
	boolean rollsBackSettings();

	/**
	 * Return the login of the session.
	 * @return the login
	 * @throws SQLException when the driver does not have it
	 */
	Login login() throws SQLException;

	/**
	 * Return whether something other than the server has answered the connection, as a
	 * pooler does.
	 * @return whether that is known
	 * @throws SQLException when the server does not answer
	 */
	boolean isRelayed() throws SQLException;

	/**
	 * Let the driver prepare no statement under a name, which a pooler might execute in
	 * another session.
	 * @throws SQLException when the driver refuses
	 */
	void nameNoStatements() throws SQLException;

	/**
	 * Limit, where that is possible, how long the session waits.
	 * @param answer after which time an answer that does not come is a failure
	 * @param lock after which time a statement gives up waiting for a lock of another
	 * session
	 * @throws SQLException when the server refuses
	 */
	void limitWaits(Duration answer, Duration lock) throws SQLException;

	/**
	 * Limit, where that is possible, how long a statement of the open transaction waits
	 * for a lock of another session.
	 * @param timeout after which time it gives up
	 * @throws SQLException when the server refuses
	 */
	void limitLockWaitsOfTransaction(Duration timeout) throws SQLException;

	/**
	 * Limit, where that is possible, how long a statement of the session takes. No
	 * transaction may be open.
	 * @param timeout after which time the server cancels it
	 * @throws SQLException when the server refuses
	 */
	void limitStatements(Duration timeout) throws SQLException;

	/**
	 * Read in transactions that cannot write, and that stay open for no longer than they
	 * must. The session itself does not become read-only: a driver may set that on the
	 * server, where it would stay for others when sessions are shared.
	 * @param <T> what is read
	 * @param reading what reads, on a connection whose auto-commit is off
	 * @return what was read
	 * @throws Exception when the reading fails, or the driver refuses
	 */
	<T> T readOnly(Reading<T> reading) throws Exception;

	/**
	 * Return whether a table may be read. Unlike an attempt that fails, the question
	 * leaves nothing in the log of the server.
	 * @param table the qualified name
	 * @return whether it is there and may be read, or only an attempt can show that
	 * @throws SQLException when the server does not answer
	 */
	boolean mayRead(String table) throws SQLException;

	/**
	 * Return how SQL digests the rows of a table: the digest differs when a row was
	 * added, removed or changed, in whatever order the rows are read.
	 * @param columns the columns that count, as SQL writes them
	 * @return an aggregate expression, {@code NULL} for no rows; {@code null} on a
	 * database that has none that is cheap
	 * @throws SQLException when the driver does not know the version of the server
	 */
	@Nullable String digestOf(List<String> columns) throws SQLException;

	/**
	 * Return whether a schema exists, also when this login may not use it.
	 * @param schema its name
	 * @param identifier the name as SQL writes it
	 * @param catalog whether this database calls its schemas catalogs
	 * @return whether it exists
	 * @throws SQLException when the server does not answer
	 */
	boolean hasSchema(String schema, String identifier, boolean catalog) throws SQLException;

	/**
	 * Return the path on which the session finds what is named without a schema.
	 * @return the search path, or {@code null} on a database that has none
	 * @throws SQLException when the server does not answer, or does not show the path to
	 * this role
	 */
	@Nullable SearchPath findSearchPath() throws SQLException;

	/**
	 * Return what tells this database from any other, by whatever URL it was reached.
	 * @return the identity, or {@code null} on a database that does not show one
	 * @throws SQLException when the server does not answer
	 */
	@Nullable DatabaseIdentity findIdentity() throws SQLException;

	/**
	 * Find what a role lacks for what the database has refused.
	 * @param role the role: that of this login, or one that it had taken on then
	 * @param toRead whether the history was only to be read
	 * @param tables the tables of the schema, the history first
	 * @param message the message of the refusal
	 * @return the statements that give the role what it lacks; empty when the database
	 * does not show it
	 * @throws SQLException when the server does not answer, or does not show its catalog
	 */
	List<String> missingRights(String role, boolean toRead, List<String> tables, String message) throws SQLException;

	/**
	 * Describe how many sessions the database sees of a host, ours not counted.
	 * @param host the name of the host
	 * @param address its address, as the host itself has it
	 * @return a clause of a sentence
	 * @throws SQLException when the server does not answer, or does not accept the
	 * address
	 */
	String describeSessions(String host, String address) throws SQLException;

	/**
	 * Something that reads.
	 *
	 * @param <T> what is read
	 */
	@FunctionalInterface
	interface Reading<T> {

		/**
		 * Read it.
		 * @param connection the connection to read on
		 * @return what was read
		 * @throws Exception when that fails
		 */
		T read(Connection connection) throws Exception;

	}

}
