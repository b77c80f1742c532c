// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.intent;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;

import dev.lockkeeper.exit.CommandAdvice;
import dev.lockkeeper.intent.Intent.Begun;
import dev.lockkeeper.postgresql.OwnTable;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.schema.ChangeSetReference;

/**
 * The table of what was begun, on PostgreSQL. Only the holder of the lease writes to it.
 * A row means that its change set is unfinished. Times in it are UTC.
 *
 * @since 0.1.0
 */
public final class IntentTable {

	private static final String COLUMNS = "history VARCHAR(255) NOT NULL, id VARCHAR(255) NOT NULL, "
			+ "author VARCHAR(255) NOT NULL, filename VARCHAR(255) NOT NULL, checksum VARCHAR(64), "
			+ "holder VARCHAR(255) NOT NULL, written_at TIMESTAMP NOT NULL, done INTEGER NOT NULL, "
			+ "done_digest VARCHAR(64) NOT NULL, digest VARCHAR(64), kind VARCHAR(32), subject TEXT, statement TEXT, "
			+ "before TEXT, outcome VARCHAR(8) CHECK (outcome IN ('" + Begun.DONE + "', '" + Begun.NOT_DONE + "')), "
			+ "PRIMARY KEY (history, id, author, filename)";

	private static final String KEY = " WHERE history = ? AND id = ? AND author = ? AND filename = ?";

	private static final String WRITE = "INSERT INTO %s (history, id, author, filename, checksum, holder, written_at, "
			+ "done, done_digest, digest, kind, subject, statement, before, outcome) "
			+ "VALUES (?, ?, ?, ?, ?, ?, timezone('utc', clock_timestamp()), ?, ?, ?, ?, ?, ?, ?, ?) "
			+ "ON CONFLICT (history, id, author, filename) DO UPDATE SET checksum = excluded.checksum, "
			+ "holder = excluded.holder, written_at = excluded.written_at, done = excluded.done, "
			+ "done_digest = excluded.done_digest, digest = excluded.digest, kind = excluded.kind, "
			+ "subject = excluded.subject, statement = excluded.statement, before = excluded.before, "
			+ "outcome = excluded.outcome";

	private static final String READ = "SELECT id, author, filename, done, done_digest, digest, kind, subject, "
			+ "statement, before, outcome FROM %s WHERE history = ?";

	private static final String ANSWER = "UPDATE %s SET outcome = ?, holder = ?, "
			+ "written_at = timezone('utc', clock_timestamp()) WHERE history = ? AND id = ? AND author = ? "
			+ "AND filename = ? AND done = ? AND done_digest = ? AND digest = ? AND outcome IS NULL";

	private final String schema;

	private final String table;

	private final String history;

	/**
	 * Create the access to the table.
	 * @param schema the name under which the schema is shown
	 * @param table its qualified name
	 * @param history the qualified name of the history that the change sets go into
	 */
	public IntentTable(String schema, String table, String history) {
		this.schema = schema;
		this.table = table;
		this.history = history;
	}

	/**
	 * Find what was begun. The table is created when it is missing, readable for the
	 * roles that may read the history.
	 * @param connection a connection in auto-commit mode
	 * @param changeSet the change set
	 * @return what was begun
	 * @throws SQLException when the server does not answer or refuses
	 */
	public Intent find(Connection connection, ChangeSetReference changeSet) throws SQLException {
		try (PreparedStatement statement = connection
			.prepareStatement("SELECT done, done_digest, digest, kind, subject, " + "statement, before, outcome FROM "
					+ this.table + KEY)) {
			setKey(statement, changeSet);
			try (ResultSet rows = statement.executeQuery()) {
				return rows.next() ? read(rows) : Intent.NONE;
			}
		}
		catch (SQLException ex) {
			if (!SqlStates.isUndefinedTable(ex.getSQLState())) {
				throw ex;
			}
			OwnTable.first(COLUMNS).createIfMissing(connection, this.table, this.history);
			return Intent.NONE;
		}
	}

	/**
	 * Find all that was begun and is unfinished. Nothing is created.
	 * @param connection a connection
	 * @return what was begun by the change sets; empty when the table is missing
	 * @throws SQLException when the server does not answer or refuses
	 */
	public Map<ChangeSetReference, Intent> findAll(Connection connection) throws SQLException {
		Map<ChangeSetReference, Intent> found = new LinkedHashMap<>();
		try (PreparedStatement statement = connection.prepareStatement(READ.formatted(this.table))) {
			statement.setString(1, this.history);
			try (ResultSet rows = statement.executeQuery()) {
				while (rows.next()) {
					found.put(new ChangeSetReference(rows.getString("id"), rows.getString("author"),
							rows.getString("filename")), read(rows));
				}
			}
			return found;
		}
		catch (SQLException ex) {
			if (SqlStates.isUndefinedTable(ex.getSQLState())) {
				return found;
			}
			throw ex;
		}
	}

	/**
	 * Write what became of a statement, in the transaction of the connection, if it is
	 * still the one that was found, and no answer was written.
	 * @param connection a connection
	 * @param changeSet the change set
	 * @param found what was found
	 * @param outcome {@value Intent.Begun#DONE} or {@value Intent.Begun#NOT_DONE}
	 * @param holder the holder of the lease
	 * @return whether it was written
	 * @throws SQLException when it cannot be written
	 */
	public boolean answer(Connection connection, ChangeSetReference changeSet, Intent found, String outcome,
			String holder) throws SQLException {
		Begun begun = found.statement();
		if (begun == null) {
			return false;
		}
		try (PreparedStatement statement = connection.prepareStatement(ANSWER.formatted(this.table))) {
			statement.setString(1, outcome);
			statement.setString(2, holder);
			statement.setString(3, this.history);
			statement.setString(4, changeSet.id());
			statement.setString(5, changeSet.author());
			statement.setString(6, changeSet.file());
			statement.setInt(7, found.done());
			statement.setString(8, found.digest());
			statement.setString(9, begun.digest());
			return statement.executeUpdate() == 1;
		}
	}

	private static Intent read(ResultSet rows) throws SQLException {
		String digest = rows.getString("digest");
		Begun begun = (digest != null) ? new Begun(digest, rows.getString("kind"), rows.getString("subject"),
				rows.getString("statement"), rows.getString("before"), rows.getString("outcome")) : null;
		return new Intent(rows.getInt("done"), rows.getString("done_digest"), begun);
	}

	/**
	 * Remember what was begun, in the transaction of the connection.
	 * @param connection a connection
	 * @param changeSet the change set
	 * @param checkSum its checksum
	 * @param holder the holder of the lease
	 * @param intent what was begun
	 * @throws SQLException when it cannot be written
	 */
	public void write(Connection connection, ChangeSetReference changeSet, String checkSum, String holder,
			Intent intent) throws SQLException {
		Begun begun = intent.statement();
		try (PreparedStatement statement = connection.prepareStatement(WRITE.formatted(this.table))) {
			setKey(statement, changeSet);
			statement.setString(5, checkSum);
			statement.setString(6, holder);
			statement.setInt(7, intent.done());
			statement.setString(8, intent.digest());
			statement.setString(9, (begun != null) ? begun.digest() : null);
			statement.setString(10, (begun != null) ? begun.kind() : null);
			statement.setString(11, (begun != null) ? begun.subject() : null);
			statement.setString(12, (begun != null) ? begun.sql() : null);
			statement.setString(13, (begun != null) ? begun.before() : null);
			statement.setString(14, (begun != null) ? begun.outcome() : null);
			statement.executeUpdate();
		}
	}

	/**
	 * Forget a change set, in the transaction of the connection.
	 * @param connection a connection
	 * @param changeSet the change set
	 * @throws SQLException when it cannot be written
	 */
	public void delete(Connection connection, ChangeSetReference changeSet) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement("DELETE FROM " + this.table + KEY)) {
			setKey(statement, changeSet);
			statement.executeUpdate();
		}
	}

	private void setKey(PreparedStatement statement, ChangeSetReference changeSet) throws SQLException {
		statement.setString(1, this.history);
		statement.setString(2, changeSet.id());
		statement.setString(3, changeSet.author());
		statement.setString(4, changeSet.file());
	}

	/**
	 * Return the command that lets the next run execute the statement again.
	 * @param changeSet the change set
	 * @return the command line to paste into a shell
	 */
	public String toRepeat(ChangeSetReference changeSet) {
		return CommandAdvice.repeatStatement(changeSet.toString(), this.schema);
	}

	/**
	 * Return the command that makes the statement count as done.
	 * @param changeSet the change set
	 * @return the command line to paste into a shell
	 */
	public String toLeaveOut(ChangeSetReference changeSet) {
		return CommandAdvice.leaveOutStatement(changeSet.toString(), this.schema);
	}

	/**
	 * Return how an operator makes the next run execute a change set from its beginning.
	 * @param changeSet the change set
	 * @return the SQL, because no command does that
	 */
	public String toForget(ChangeSetReference changeSet) {
		return "DELETE FROM %s%s".formatted(this.table, literalKey(changeSet));
	}

	private String literalKey(ChangeSetReference changeSet) {
		return " WHERE history = %s AND id = %s AND author = %s AND filename = %s".formatted(literal(this.history),
				literal(changeSet.id()), literal(changeSet.author()), literal(changeSet.file()));
	}

	private static String literal(String text) {
		return '\'' + text.replace("'", "''") + '\'';
	}

}
