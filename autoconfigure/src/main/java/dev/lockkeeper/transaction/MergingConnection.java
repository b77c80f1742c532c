// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

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
import java.util.LinkedHashSet;
import java.util.List;

import dev.lockkeeper.postgresql.OpenTransaction;
import dev.lockkeeper.postgresql.PostgreSql;
import dev.lockkeeper.postgresql.SessionIdentity;
import org.jspecify.annotations.Nullable;

/**
 * A connection to PostgreSQL whose commits the run decides about. A commit that is left
 * out is made up for by the next one; if a rollback, a close or the auto-commit mode
 * comes first, everything is rolled back, and the connection is of no more use. Whatever
 * is asked for its connection answers with this one.
 */
final class MergingConnection implements InvocationHandler {

	private final Connection delegate;

	private final RunTransactions run;

	private final TakenRole role = new TakenRole();

	private final Connection proxy;

	/**
	 * The rights with which the session was opened; {@code null} when they are not known.
	 */
	private final @Nullable SessionIdentity own;

	/**
	 * Whether the open transaction has taken these rights on, for what the run itself
	 * does.
	 */
	private boolean ownTakenOn;

	/**
	 * Whether the open transaction may write; assumed until the server has said
	 * otherwise.
	 */
	private boolean writable = true;

	private boolean leftOut;

	private boolean failed;

	private boolean lost;

	private boolean closed;

	MergingConnection(Connection delegate, @Nullable SessionIdentity own, RunTransactions run) {
		this.delegate = delegate;
		this.own = own;
		this.run = run;
		this.proxy = proxy(Connection.class, this);
	}

	private static <T> T proxy(Class<T> type, InvocationHandler handler) {
		return type
			.cast(Proxy.newProxyInstance(MergingConnection.class.getClassLoader(), new Class<?>[] { type }, handler));
	}

	Connection asConnection() {
		return this.proxy;
	}

	/**
	 * Return the rights with which the session was opened.
	 */
	@Nullable SessionIdentity getOwn() {
		return this.own;
	}

	/**
	 * Return the role with whose rights the session has worked, after a failure.
	 */
	@Nullable String findActingRole() {
		String taken = this.role.ofFailure();
		if (taken != null) {
			return taken;
		}
		try {
			return OpenTransaction.hasFailed(this.delegate) ? null : SessionIdentity.acting(this.delegate);
		}
		catch (SQLException ex) {
			return null;
		}
	}

	/**
	 * Do something outside of any transaction.
	 */
	boolean apart(Action action) throws SQLException {
		boolean autoCommit = this.delegate.getAutoCommit();
		if (!autoCommit) {
			commit();
			this.delegate.setAutoCommit(true);
		}
		try {
			boolean answer = action.act(this.delegate);
			this.delegate.setAutoCommit(autoCommit);
			return answer;
		}
		catch (SQLException ex) {
			if (!this.delegate.isClosed()) {
				this.delegate.setAutoCommit(autoCommit);
			}
			throw ex;
		}
	}

	/**
	 * Return whether the session is gone, or cannot write any more. It is asked only when
	 * something has failed on it, and not after it was closed.
	 */
	boolean isLost() {
		if (this.failed && !this.lost && !this.closed) {
			this.lost = PostgreSql.isLost(this.delegate);
		}
		return this.lost;
	}

	@Override
	public @Nullable Object invoke(Object self, Method method, @Nullable Object @Nullable [] arguments)
			throws Throwable {
		try {
			return answer(self, method, arguments);
		}
		catch (SQLException ex) {
			this.failed = true;
			throw ex;
		}
	}

	private @Nullable Object answer(Object self, Method method, @Nullable Object @Nullable [] arguments)
			throws Throwable {
		switch (method.getName()) {
			case "commit" -> {
				commit();
				return null;
			}
			case "rollback" -> {
				rollback(method, arguments);
				return null;
			}
			case "close" -> {
				isLost();
				this.closed = true;
				giveUpWhatWasLeftOut();
				this.delegate.close();
				return null;
			}
			case "setAutoCommit" -> {
				setAutoCommit(arguments != null && Boolean.TRUE.equals(arguments[0]));
				return null;
			}
			case "createStatement" -> this.run.requireWhole();
			case "prepareStatement", "prepareCall" -> {
				this.run.requireWhole();
				String sql = (arguments != null) ? (String) arguments[0] : "";
				if (call(this.delegate, method, arguments) instanceof Statement statement) {
					return wrapStatement(statement, self, sql);
				}
			}
			default -> {
			}
		}
		return answer(this.delegate, self, self, method, arguments);
	}

	private void commit() throws SQLException {
		this.run.requireWhole();
		this.run.committing(this.delegate);
		if (!OpenTransaction.exists(this.delegate)) {
			this.delegate.commit();
		}
		else if (OpenTransaction.hasFailed(this.delegate)) {
			giveUpWhatWasLeftOut();
			this.delegate.commit();
			this.role.rolledBack();
		}
		else if (this.run.isMerging()) {
			this.writable = OpenTransaction.checkConstraints(this.delegate);
			if (this.writable) {
				this.leftOut = true;
				return;
			}
			// A read-only transaction cannot carry the row
			prove();
			this.delegate.commit();
			this.role.committed();
		}
		else {
			prove();
			this.delegate.commit();
			this.leftOut = false;
			this.role.committed();
		}
		ended();
	}

	private void ended() {
		this.ownTakenOn = false;
		this.writable = true;
	}

	/**
	 * Take on, for what the run itself does in the open transaction, the rights and the
	 * search path with which the session was opened. What a change set has set for the
	 * session holds again in the next transaction.
	 */
	private void takeOnOwn() throws SQLException {
		if (this.own != null && !this.ownTakenOn && this.run.hasBegun() && !this.delegate.getAutoCommit()) {
			this.writable = this.own.takeOn(this.delegate);
			this.ownTakenOn = true;
		}
	}

	private void prove() throws SQLException {
		try {
			takeOnOwn();
			if (this.writable) {
				this.run.prove(this.delegate);
			}
			else if (OpenTransaction.hasWritten(this.delegate)) {
				this.run.endsReadOnly();
				this.run.proveApart(this.delegate);
			}
		}
		catch (SQLException ex) {
			try {
				giveUpWhatWasLeftOut();
				this.delegate.rollback();
			}
			catch (SQLException suppressed) {
				ex.addSuppressed(suppressed);
			}
			throw ex;
		}
	}

	private void rollback(Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
		if (this.leftOut) {
			giveUpWhatWasLeftOut();
		}
		else {
			call(this.delegate, method, arguments);
		}
		if (!OpenTransaction.exists(this.delegate)) {
			this.role.rolledBack();
			ended();
		}
	}

	private void setAutoCommit(boolean autoCommit) throws SQLException {
		giveUpWhatWasLeftOut();
		if (autoCommit && !this.delegate.getAutoCommit() && OpenTransaction.exists(this.delegate)
				&& !OpenTransaction.hasFailed(this.delegate)) {
			// The driver would commit
			prove();
			this.run.autoCommitting();
		}
		this.delegate.setAutoCommit(autoCommit);
		if (autoCommit) {
			ended();
		}
	}

	private void giveUpWhatWasLeftOut() throws SQLException {
		if (this.leftOut) {
			this.leftOut = false;
			this.run.breakOff();
			if (!this.delegate.isClosed()) {
				this.delegate.rollback();
			}
			this.role.rolledBack();
			ended();
		}
	}

	private void executed() throws SQLException {
		boolean committed = !this.delegate.getAutoCommit() && !OpenTransaction.exists(this.delegate);
		if (committed) {
			this.leftOut = false;
			ended();
		}
		this.run.executed(committed);
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
		return wrap(call(target, method, arguments), self);
	}

	private @Nullable Object call(Object target, Method method, @Nullable Object @Nullable [] arguments)
			throws Throwable {
		try {
			return method.invoke(target, arguments);
		}
		catch (InvocationTargetException ex) {
			if (ex.getTargetException() instanceof SQLException) {
				this.failed = true;
				this.role.failed();
			}
			throw ex.getTargetException();
		}
	}

	private @Nullable Object wrap(@Nullable Object result, Object parent) {
		if (result instanceof Statement statement) {
			return wrapStatement(statement, parent, "");
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

	private Statement wrapStatement(Statement statement, Object parent, String sql) {
		if (statement instanceof CallableStatement callable) {
			return wrapStatement(CallableStatement.class, callable, parent, sql);
		}
		if (statement instanceof PreparedStatement prepared) {
			return wrapStatement(PreparedStatement.class, prepared, parent, sql);
		}
		return wrapStatement(Statement.class, statement, parent, sql);
	}

	private <T extends Statement> T wrapStatement(Class<T> type, T target, Object parent, String sql) {
		List<String> batch = new ArrayList<>();
		return proxy(type, (self, method, arguments) -> {
			String given = (arguments != null && arguments.length > 0 && arguments[0] instanceof String text) ? text
					: sql;
			switch (method.getName()) {
				case "addBatch" -> batch.add(given);
				case "clearBatch" -> batch.clear();
				default -> {
				}
			}
			if (!method.getName().startsWith("execute")) {
				return answer(target, self, parent, method, arguments);
			}
			boolean isBatch = method.getName().endsWith("Batch");
			List<String> statements = isBatch ? List.copyOf(batch) : List.of(given);
			if (isBatch) {
				batch.clear();
			}
			this.run.requireWhole();
			if (this.run.isOwnWork()) {
				takeOnOwn();
			}
			statements.forEach(this.role::executing);
			this.run.executing(this.delegate, String.join(";", new LinkedHashSet<>(statements)));
			Object result;
			if (!method.getName().equals("executeQuery")) {
				result = this.run.execute(this.delegate, new StepwiseChangeSet.Step(String.join(";", statements),
						!isBatch, () -> answer(target, self, parent, method, arguments)));
				result = (result != null) ? result : nothingDone(method.getReturnType());
			}
			else {
				result = answer(target, self, parent, method, arguments);
			}
			executed();
			return result;
		});
	}

	/**
	 * Something that is done on a connection.
	 */
	@FunctionalInterface
	interface Action {

		boolean act(Connection connection) throws SQLException;

	}

	private static Object nothingDone(Class<?> type) {
		if (type == boolean.class) {
			return false;
		}
		if (type == int.class) {
			return 0;
		}
		if (type == long.class) {
			return 0L;
		}
		return (type == int[].class) ? new int[0] : new long[0];
	}

}
