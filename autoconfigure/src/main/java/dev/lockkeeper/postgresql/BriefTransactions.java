// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Wrapper;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

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
public final class BriefTransactions implements InvocationHandler, AutoCloseable {

	private static final Log logger = LogFactory.getLog(BriefTransactions.class);

	private static final String COMMENTS = "(?:\\s|--[^\\n]*(?:\\n|$)|/\\*.*?\\*/)*+";

	private static final Pattern SETS = Pattern.compile(
			COMMENTS + "(?:SET\\s+(?!LOCAL\\b|TRANSACTION\\b|CONSTRAINTS\\b)|RESET\\s)[^;]*;?\\s*",
			Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

	private static final Pattern SETS_LOCAL = Pattern.compile(COMMENTS + "SET\\s+LOCAL\\s[^;]*;?\\s*",
			Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

	private static final String NO_RESULT = "02000";

	private final Connection delegate;

	private final Connection proxy;

	/** What was set and committed. */
	private final List<String> settings = new ArrayList<>();

	/** What was set since then. */
	private final List<String> uncommitted = new ArrayList<>();

	private final List<String> local = new ArrayList<>();

	private boolean autoCommit;

	private boolean lasting;

	private BriefTransactions(Connection delegate) {
		this.delegate = delegate;
		this.proxy = proxy(Connection.class, this);
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

	private static <T> T proxy(Class<T> type, InvocationHandler handler) {
		return type
			.cast(Proxy.newProxyInstance(BriefTransactions.class.getClassLoader(), new Class<?>[] { type }, handler));
	}

	/**
	 * Return the connection to read with.
	 * @return the connection, on which nothing can be written
	 */
	public Connection asConnection() {
		return this.proxy;
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

	@Override
	public @Nullable Object invoke(Object self, Method method, @Nullable Object @Nullable [] arguments)
			throws Throwable {
		if (this.lasting) {
			return answer(this.delegate, self, self, method, arguments);
		}
		switch (method.getName()) {
			case "getAutoCommit" -> {
				return this.autoCommit;
			}
			case "setAutoCommit" -> {
				commit();
				this.autoCommit = arguments != null && Boolean.TRUE.equals(arguments[0]);
				return null;
			}
			case "commit" -> {
				commit();
				return null;
			}
			case "isReadOnly" -> {
				return true;
			}
			case "setReadOnly" -> {
				return null;
			}
			case "setSchema" -> {
				try (Statement statement = this.proxy.createStatement()) {
					statement.execute("SET search_path TO "
							+ SqlText.identifier(String.valueOf((arguments != null) ? arguments[0] : null)));
				}
				return null;
			}
			case "getSchema" -> {
				try (Statement statement = this.proxy.createStatement();
						ResultSet rows = statement.executeQuery("SELECT current_schema()")) {
					return rows.next() ? rows.getString(1) : null;
				}
			}
			case "prepareStatement" -> {
				return prepare(self, method, arguments);
			}
			case "prepareCall" -> {
				if (!isEscaped(arguments)) {
					return prepare(self, method, arguments);
				}
				last(method);
			}
			case "setSavepoint", "setTransactionIsolation" -> last(method);
			case "rollback" -> {
				if (arguments == null || arguments.length == 0) {
					this.uncommitted.clear();
					this.local.clear();
					return null;
				}
				last(method);
			}
			case "unwrap" -> {
				if (arguments != null && arguments[0] instanceof Class<?> type && !type.isInstance(self)) {
					last(method);
				}
			}
			default -> {
			}
		}
		return answer(this.delegate, self, self, method, arguments);
	}

	private void commit() {
		this.settings.addAll(this.uncommitted);
		this.uncommitted.clear();
		this.local.clear();
	}

	/**
	 * From now on a transaction stays open until it is committed or rolled back.
	 */
	private void last(Method why) throws SQLException {
		if (this.lasting) {
			return;
		}
		logger.debug("lockkeeper - a look needs a transaction of several messages (%s)".formatted(why));
		this.lasting = true;
		this.delegate.setAutoCommit(this.autoCommit);
		this.delegate.setReadOnly(true);
		for (String setting : all()) {
			try (Statement statement = this.delegate.createStatement()) {
				statement.execute(setting);
			}
		}
	}

	private List<String> all() {
		List<String> all = new ArrayList<>(this.settings);
		all.addAll(this.uncommitted);
		all.addAll(this.local);
		return all;
	}

	private String inOneMessage(String sql) {
		String before = all().stream().map((setting) -> setting + "\n; ").collect(Collectors.joining());
		return "BEGIN READ ONLY; %s%s\n; ROLLBACK".formatted(before, sql);
	}

	// A call in the syntax of JDBC, which the driver translates as a whole
	private static boolean isEscaped(@Nullable Object @Nullable [] arguments) {
		return arguments == null || String.valueOf(arguments[0]).strip().startsWith("{");
	}

	private Object prepare(Object self, Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
		@Nullable Object[] rewritten = (arguments != null) ? arguments.clone() : new Object[1];
		String sql = String.valueOf(rewritten[0]);
		rewritten[0] = inOneMessage(sql);
		int skipped = all().size() + 1;
		Object prepared = call(this.delegate, method, rewritten);
		Prepared part = new Prepared(sql, skipped);
		if (prepared instanceof CallableStatement callable) {
			return wrapStatement(CallableStatement.class, callable, self, part);
		}
		if (prepared instanceof PreparedStatement statement) {
			return wrapStatement(PreparedStatement.class, statement, self, part);
		}
		throw new SQLException("The driver has prepared nothing");
	}

	private @Nullable Object execute(Statement target, Object self, Object parent, @Nullable Prepared prepared,
			Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
		boolean isText = arguments != null && arguments.length > 0 && arguments[0] instanceof String;
		boolean wrapped = isText || prepared != null;
		if (method.getName().endsWith("Batch") || !wrapped || (this.lasting && prepared == null)) {
			last(method);
			return answer(target, self, parent, method, arguments);
		}
		try {
			String sql;
			if (isText) {
				sql = String.valueOf((arguments != null) ? arguments[0] : null);
				target.execute(inOneMessage(sql));
				skip(target, all().size() + 1);
			}
			else {
				sql = (prepared != null) ? prepared.sql() : "";
				((PreparedStatement) target).execute();
				skip(target, (prepared != null) ? prepared.skipped() : 0);
			}
			remember(sql);
		}
		catch (SQLException ex) {
			endFailed(ex);
			throw ex;
		}
		return switch (method.getName()) {
			case "execute" -> target.getResultSet() != null;
			case "executeUpdate" -> target.getUpdateCount();
			case "executeLargeUpdate" -> target.getLargeUpdateCount();
			default -> {
				ResultSet rows = target.getResultSet();
				if (rows == null) {
					throw new SQLException("The statement has returned no rows", NO_RESULT);
				}
				yield wrap(ResultSet.class, rows, self);
			}
		};
	}

	private static void skip(Statement statement, int results) throws SQLException {
		for (int i = 0; i < results; i++) {
			statement.getMoreResults();
		}
	}

	private void remember(String sql) {
		if (SETS.matcher(sql).matches()) {
			(this.autoCommit ? this.settings : this.uncommitted).add(sql.strip());
		}
		else if (SETS_LOCAL.matcher(sql).matches() && !this.autoCommit) {
			this.local.add(sql.strip());
		}
	}

	// The server has skipped the rest of the message, with the ROLLBACK. Such a
	// transaction holds no snapshot and no lock any more
	private void endFailed(SQLException failure) {
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

	private @Nullable Object answer(Object target, Object self, Object parent, Method method,
			@Nullable Object @Nullable [] arguments) throws Throwable {
		switch (method.getName()) {
			case "equals" -> {
				return arguments != null && self == arguments[0];
			}
			case "hashCode" -> {
				return System.identityHashCode(self);
			}
			case "unwrap" -> {
				if (arguments != null && arguments[0] instanceof Class<?> type && type.isInstance(self)) {
					return self;
				}
			}
			case "isWrapperFor" -> {
				if (arguments != null && arguments[0] instanceof Class<?> type && type.isInstance(self)) {
					return true;
				}
			}
			case "getConnection" -> {
				return this.proxy;
			}
			case "getStatement" -> {
				if (parent instanceof Statement) {
					return parent;
				}
			}
			default -> {
			}
		}
		return wrapResult(call(target, method, arguments), self);
	}

	private static @Nullable Object call(Object target, Method method, @Nullable Object @Nullable [] arguments)
			throws Throwable {
		try {
			return method.invoke(target, arguments);
		}
		catch (InvocationTargetException ex) {
			throw ex.getTargetException();
		}
	}

	private @Nullable Object wrapResult(@Nullable Object result, Object parent) {
		if (result instanceof CallableStatement callable) {
			return wrapStatement(CallableStatement.class, callable, parent, null);
		}
		if (result instanceof PreparedStatement prepared) {
			return wrapStatement(PreparedStatement.class, prepared, parent, null);
		}
		if (result instanceof Statement statement) {
			return wrapStatement(Statement.class, statement, parent, null);
		}
		if (result instanceof ResultSet rows) {
			return wrap(ResultSet.class, rows, parent);
		}
		if (result instanceof DatabaseMetaData metaData) {
			return wrap(DatabaseMetaData.class, metaData, parent);
		}
		return result;
	}

	private <T extends Wrapper> T wrap(Class<T> type, T target, Object parent) {
		return proxy(type, (self, method, arguments) -> answer(target, self, parent, method, arguments));
	}

	private <T extends Statement> T wrapStatement(Class<T> type, T target, Object parent, @Nullable Prepared prepared) {
		return proxy(type,
				(self, method, arguments) -> method.getName().startsWith("execute")
						? execute(target, self, parent, prepared, method, arguments)
						: answer(target, self, parent, method, arguments));
	}

	/**
	 * A statement that was prepared as part of a message.
	 *
	 * @param sql the statement alone
	 * @param skipped how many results the message has before its own
	 */
	private record Prepared(String sql, int skipped) {
	}

}
