// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.jdbc;

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
import java.util.List;

import dev.lockkeeper.jdbc.TypedMethods.Answers;
import org.jspecify.annotations.Nullable;

/**
 * A connection with everything that it gives out, as the caller sees it. Typed objects
 * answer the methods that they declare, and the objects of the driver answer all others.
 * Statements, result sets and metadata are wrapped, too: each of them returns the wrapped
 * connection as its connection.
 *
 * @since 0.1.0
 */
public final class JdbcProxies {

	private static final TypedMethods<Identity> IDENTITY = TypedMethods.of(Identity.class, Wrapper.class);

	private static final TypedMethods<OfConnection> OF_STATEMENT = TypedMethods.of(OfConnection.class, Statement.class);

	private static final TypedMethods<OfConnection> OF_METADATA = TypedMethods.of(OfConnection.class,
			DatabaseMetaData.class);

	private static final TypedMethods<OfStatement> OF_ROWS = TypedMethods.of(OfStatement.class, ResultSet.class);

	private static final TypedMethods<Nothing> NOTHING = TypedMethods.of(Nothing.class, Statement.class);

	private final Interceptor interceptor;

	private final Connection connection;

	/**
	 * Wrap a connection.
	 * @param connection the connection of the driver
	 * @param interceptor decides which objects answer in place of the driver's
	 * @param answers the methods of the connection that are answered in place of the
	 * driver
	 */
	public JdbcProxies(Connection connection, Interceptor interceptor, List<Answers> answers) {
		this.interceptor = interceptor;
		this.connection = proxy(Connection.class, connection, List.of(), answers);
	}

	/**
	 * Let an object answer some methods of a connection. Everything else is passed to the
	 * connection, whose statements stay as they are.
	 * @param connection the connection
	 * @param answers the methods with the object
	 * @return the connection with these answers
	 */
	public static Connection answer(Connection connection, Answers answers) {
		Answers none = NOTHING.answeredBy(new Nothing() {
		});
		return new JdbcProxies(connection, (statement) -> none, List.of(answers)).getConnection();
	}

	/**
	 * Return the connection as the caller sees it.
	 * @return the connection
	 */
	public Connection getConnection() {
		return this.connection;
	}

	/**
	 * Wrap a statement.
	 * @param <S> the kind of statement
	 * @param type the kind of statement
	 * @param statement the statement of the driver
	 * @param answers the methods that are answered in place of the driver
	 * @return the statement as the caller sees it
	 */
	public <S extends Statement> S wrap(Class<S> type, S statement, Answers answers) {
		return proxy(type, statement, List.of(OF_STATEMENT.answeredBy(this::getConnection)), List.of(answers));
	}

	private Statement wrap(Statement statement) {
		Answers answers = this.interceptor.intercept(statement);
		if (statement instanceof CallableStatement callable) {
			return wrap(CallableStatement.class, callable, answers);
		}
		if (statement instanceof PreparedStatement prepared) {
			return wrap(PreparedStatement.class, prepared, answers);
		}
		return wrap(Statement.class, statement, answers);
	}

	private @Nullable Object wrap(@Nullable Object result, Object parent) {
		if (result == null || isOurs(result)) {
			return result;
		}
		if (result instanceof Statement statement) {
			return wrap(statement);
		}
		if (result instanceof ResultSet rows) {
			return proxy(ResultSet.class, rows,
					(parent instanceof Statement statement) ? List.of(OF_ROWS.answeredBy(() -> statement)) : List.of(),
					List.of());
		}
		if (result instanceof DatabaseMetaData metaData) {
			return proxy(DatabaseMetaData.class, metaData, List.of(OF_METADATA.answeredBy(this::getConnection)),
					List.of());
		}
		return result;
	}

	private static boolean isOurs(Object object) {
		return Proxy.isProxyClass(object.getClass()) && Proxy.getInvocationHandler(object) instanceof Handler;
	}

	private <T extends Wrapper> T proxy(Class<T> type, T target, List<Answers> relations, List<Answers> answers) {
		Handler handler = new Handler(target, relations, answers);
		return type.cast(Proxy.newProxyInstance(JdbcProxies.class.getClassLoader(), new Class<?>[] { type }, handler));
	}

	/**
	 * Decides which objects answer in place of the driver's.
	 */
	public interface Interceptor {

		/**
		 * Intercept the calls of a statement that is not wrapped yet.
		 * @param statement the statement of the driver
		 * @return the methods that are answered in place of the driver
		 */
		Answers intercept(Statement statement);

		/**
		 * An object of the driver is about to be handed out, so that its calls cannot be
		 * intercepted any more.
		 * @throws SQLException when that must not be
		 */
		default void unwrapping() throws SQLException {
		}

		/**
		 * A call that was passed to the driver has failed.
		 * @param failure what the driver has thrown
		 */
		default void failed(SQLException failure) {
		}

	}

	/**
	 * Passes calls to typed objects, or else to the driver.
	 */
	private final class Handler implements InvocationHandler {

		private final Wrapper target;

		private final List<Answers> relations;

		private final List<Answers> answers;

		private Handler(Wrapper target, List<Answers> relations, List<Answers> answers) {
			this.target = target;
			this.relations = relations;
			this.answers = answers;
		}

		@Override
		public @Nullable Object invoke(Object self, Method method, @Nullable Object @Nullable [] arguments)
				throws Throwable {
			Answers identity = IDENTITY.answeredBy(new ProxyIdentity(self, this.target, JdbcProxies.this.interceptor));
			if (identity.has(method)) {
				return identity.call(method, arguments);
			}
			for (Answers relation : this.relations) {
				if (relation.has(method)) {
					return relation.call(method, arguments);
				}
			}
			for (Answers answer : this.answers) {
				if (answer.has(method)) {
					return wrap(answer.call(method, arguments), self);
				}
			}
			return wrap(callDriver(method, arguments), self);
		}

		private @Nullable Object callDriver(Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
			try {
				return method.invoke(this.target, arguments);
			}
			catch (InvocationTargetException ex) {
				if (ex.getTargetException() instanceof SQLException failure) {
					JdbcProxies.this.interceptor.failed(failure);
				}
				throw ex.getTargetException();
			}
		}

	}

	/**
	 * What makes a proxy an object of its own.
	 */
	interface Identity {

		@Override
		boolean equals(@Nullable Object other);

		@Override
		int hashCode();

		<T> T unwrap(Class<T> type) throws SQLException;

		boolean isWrapperFor(Class<?> type) throws SQLException;

	}

	/**
	 * No method at all.
	 */
	interface Nothing {

	}

	/**
	 * What belongs to a connection.
	 */
	interface OfConnection {

		Connection getConnection() throws SQLException;

	}

	/**
	 * What belongs to a statement.
	 */
	interface OfStatement {

		Statement getStatement() throws SQLException;

	}

	/**
	 * The identity of a proxy.
	 *
	 * @param proxy the proxy
	 * @param target the object of the driver
	 * @param interceptor knows when that object is handed out
	 */
	private record ProxyIdentity(Object proxy, Wrapper target, Interceptor interceptor) implements Identity {

		@Override
		public boolean equals(@Nullable Object other) {
			return other == this.proxy;
		}

		@Override
		public int hashCode() {
			return System.identityHashCode(this.proxy);
		}

		@Override
		public <T> T unwrap(Class<T> type) throws SQLException {
			if (type.isInstance(this.proxy)) {
				return type.cast(this.proxy);
			}
			this.interceptor.unwrapping();
			return this.target.unwrap(type);
		}

		@Override
		public boolean isWrapperFor(Class<?> type) throws SQLException {
			return type.isInstance(this.proxy) || this.target.isWrapperFor(type);
		}

	}

}
