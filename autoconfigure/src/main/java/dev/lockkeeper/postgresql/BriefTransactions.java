// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import dev.lockkeeper.jdbc.JdbcProxies;
import dev.lockkeeper.jdbc.TypedMethods;
import dev.lockkeeper.jdbc.TypedMethods.Answers;
import dev.lockkeeper.postgresql.BriefStatement.Prepared;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * A connection to PostgreSQL for a process that only reads, and that computes between two
 * statements. Each statement is a read-only transaction of its own, which begins and is
 * rolled back in the message that carries the statement. So a process that stops, or that
 * is frozen, never leaves a transaction open: a snapshot in it would hold up every
 * {@code CREATE INDEX CONCURRENTLY} and the vacuum of the server.
 * <p>
 * The connection behaves as one with auto-commit off: a {@code SET} counts for the
 * statements that follow it, until a rollback; nothing of it stays on the server. What
 * cannot be sent in one message (calls in the syntax of JDBC, batches, savepoints, the
 * driver's own interface) is done in a read-only transaction that stays open until the
 * next commit or rollback.
 *
 * @since 0.1.0
 */
public final class BriefTransactions implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(BriefTransactions.class);

	private static final String COMMENTS = "(?:\\s|--[^\\n]*(?:\\n|$)|/\\*.*?\\*/)*+";

	private static final Pattern SETS = Pattern.compile(
			COMMENTS + "(?:SET\\s+(?!LOCAL\\b|TRANSACTION\\b|CONSTRAINTS\\b)|RESET\\s)[^;]*;?\\s*",
			Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

	private static final Pattern SETS_LOCAL = Pattern.compile(COMMENTS + "SET\\s+LOCAL\\s[^;]*;?\\s*",
			Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

	private static final TypedMethods<ReadingControl> CONTROL = TypedMethods.of(ReadingControl.class, Connection.class);

	private final Connection delegate;

	private final JdbcProxies proxies;

	/** What was set and committed. */
	private final List<String> settings = new ArrayList<>();

	/** What was set since then. */
	private final List<String> uncommitted = new ArrayList<>();

	private final List<String> local = new ArrayList<>();

	private boolean autoCommit;

	private boolean lasting;

	private BriefTransactions(Connection delegate) {
		this.delegate = delegate;
		this.proxies = new JdbcProxies(delegate, new Interceptor(),
				List.of(CONTROL.answeredBy(new Control()), new BriefStatements(this, delegate).toAnswers()));
	}

	/**
	 * Begin to read.
	 * @param connection a connection to PostgreSQL in which no transaction is open
	 * @return the transactions; the caller closes them, which leaves the connection open,
	 * and in auto-commit mode
	 * @throws SQLException when the driver refuses
	 */
	public static BriefTransactions begin(Connection connection) throws SQLException {
		connection.setAutoCommit(true);
		return new BriefTransactions(connection);
	}

	/**
	 * Return the connection to read with.
	 * @return the connection, on which nothing can be written
	 */
	public Connection asConnection() {
		return this.proxies.getConnection();
	}

	@Override
	public void close() throws SQLException {
		if (this.lasting && !this.delegate.isClosed()) {
			if (!this.delegate.getAutoCommit()) {
				this.delegate.rollback();
			}
			this.delegate.setReadOnly(false);
			this.delegate.setAutoCommit(true);
		}
	}

	<S extends PreparedStatement> S wrap(Class<S> type, S statement, Prepared prepared) {
		return this.proxies.wrap(type, statement, new BriefStatement(this, statement, prepared).toAnswers());
	}

	/**
	 * Return whether a transaction stays open until it is committed or rolled back.
	 */
	boolean isLasting() {
		return this.lasting;
	}

	/**
	 * From now on a transaction stays open until it is committed or rolled back.
	 */
	void last(String why) throws SQLException {
		if (this.lasting) {
			return;
		}
		logger.debug("lockkeeper - an inspection needs a transaction of several messages (%s)".formatted(why));
		this.lasting = true;
		this.delegate.setAutoCommit(this.autoCommit);
		this.delegate.setReadOnly(true);
		for (String setting : all()) {
			try (Statement statement = this.delegate.createStatement()) {
				statement.execute(setting);
			}
		}
	}

	/**
	 * Return how many settings such a message has before the statement.
	 */
	int countBefore() {
		return all().size();
	}

	private List<String> all() {
		List<String> all = new ArrayList<>(this.settings);
		all.addAll(this.uncommitted);
		all.addAll(this.local);
		return all;
	}

	/**
	 * Return a message that has a statement with everything that was set before.
	 */
	String inOneMessage(String sql) {
		String before = all().stream().map((setting) -> setting + "\n; ").collect(Collectors.joining());
		return "BEGIN READ ONLY; %s%s\n; ROLLBACK".formatted(before, sql);
	}

	/**
	 * A statement was executed: what it sets counts for the next ones.
	 */
	void remember(String sql) {
		if (SETS.matcher(sql).matches()) {
			(this.autoCommit ? this.settings : this.uncommitted).add(sql.strip());
		}
		else if (SETS_LOCAL.matcher(sql).matches() && !this.autoCommit) {
			this.local.add(sql.strip());
		}
	}

	// The server has skipped the rest of the message, with the ROLLBACK. Such a
	// transaction holds no snapshot and no lock any more
	void endFailed(SQLException failure) {
		try {
			if (!this.delegate.isClosed() && OpenTransaction.exists(this.delegate)) {
				try (Statement statement = this.delegate.createStatement()) {
					statement.execute("ROLLBACK");
				}
			}
		}
		catch (SQLException ex) {
			failure.addSuppressed(ex);
		}
	}

	/**
	 * Makes the statements of the connection brief.
	 */
	private final class Interceptor implements JdbcProxies.Interceptor {

		@Override
		public Answers intercept(Statement statement) {
			return new BriefStatement(BriefTransactions.this, statement, null).toAnswers();
		}

		@Override
		public void unwrapping() throws SQLException {
			last("an object of the driver");
		}

	}

	/**
	 * Pretends that a transaction is open, until one is.
	 */
	private final class Control implements ReadingControl {

		private final Connection delegate = BriefTransactions.this.delegate;

		@Override
		public boolean getAutoCommit() throws SQLException {
			return isLasting() ? this.delegate.getAutoCommit() : BriefTransactions.this.autoCommit;
		}

		@Override
		public void setAutoCommit(boolean autoCommit) throws SQLException {
			if (isLasting()) {
				this.delegate.setAutoCommit(autoCommit);
				return;
			}
			commit();
			BriefTransactions.this.autoCommit = autoCommit;
		}

		@Override
		public void commit() throws SQLException {
			if (isLasting()) {
				this.delegate.commit();
				return;
			}
			BriefTransactions.this.settings.addAll(BriefTransactions.this.uncommitted);
			BriefTransactions.this.uncommitted.clear();
			BriefTransactions.this.local.clear();
		}

		@Override
		public void rollback() throws SQLException {
			if (isLasting()) {
				this.delegate.rollback();
				return;
			}
			BriefTransactions.this.uncommitted.clear();
			BriefTransactions.this.local.clear();
		}

		@Override
		public void rollback(Savepoint savepoint) throws SQLException {
			last("a savepoint");
			this.delegate.rollback(savepoint);
		}

		@Override
		public boolean isReadOnly() throws SQLException {
			return !isLasting() || this.delegate.isReadOnly();
		}

		@Override
		public void setReadOnly(boolean readOnly) throws SQLException {
			if (isLasting()) {
				this.delegate.setReadOnly(readOnly);
			}
		}

		@Override
		public @Nullable String getSchema() throws SQLException {
			if (isLasting()) {
				return this.delegate.getSchema();
			}
			try (Statement statement = asConnection().createStatement();
					ResultSet rows = statement.executeQuery("SELECT current_schema()")) {
				return rows.next() ? rows.getString(1) : null;
			}
		}

		@Override
		public void setSchema(String schema) throws SQLException {
			if (isLasting()) {
				this.delegate.setSchema(schema);
				return;
			}
			try (Statement statement = asConnection().createStatement()) {
				statement.execute("SET search_path TO " + SqlText.identifier(schema));
			}
		}

		@Override
		public Savepoint setSavepoint() throws SQLException {
			last("a savepoint");
			return this.delegate.setSavepoint();
		}

		@Override
		public Savepoint setSavepoint(String name) throws SQLException {
			last("a savepoint");
			return this.delegate.setSavepoint(name);
		}

		@Override
		public void setTransactionIsolation(int level) throws SQLException {
			last("an isolation level");
			this.delegate.setTransactionIsolation(level);
		}

	}

}
