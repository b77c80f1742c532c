// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initialization;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

import dev.lockkeeper.jdbc.CreationInterceptor;
import dev.lockkeeper.jdbc.ExecutionInterceptor;
import dev.lockkeeper.jdbc.JdbcProxies;
import dev.lockkeeper.jdbc.TypedMethods;
import dev.lockkeeper.jdbc.TypedMethods.Answers;
import org.jspecify.annotations.Nullable;

/**
 * A connection on which each execution is intercepted.
 */
final class InterceptedConnection {

	private static final TypedMethods<CurrentSchema> SCHEMA = TypedMethods.of(CurrentSchema.class, Connection.class);

	private final JdbcProxies proxies;

	private final Interceptor interceptor;

	private InterceptedConnection(Connection connection, Interceptor interceptor, List<Answers> answers) {
		this.interceptor = interceptor;
		List<Answers> all = new ArrayList<>(answers);
		all.add(new Created(connection).toAnswers());
		this.proxies = new JdbcProxies(connection, (statement) -> new Intercepted(statement, "").toAnswers(), all);
	}

	/**
	 * Intercept what is executed on a connection.
	 */
	static Connection of(Connection connection, Interceptor interceptor) {
		return new InterceptedConnection(connection, interceptor, List.of()).proxies.getConnection();
	}

	/**
	 * Intercept it on a connection that is in no schema, so that what is executed is the
	 * same for each role.
	 */
	static Connection withoutSchema(Connection connection, Interceptor interceptor) {
		CurrentSchema none = () -> null;
		return new InterceptedConnection(connection, interceptor, List.of(SCHEMA.answeredBy(none))).proxies
			.getConnection();
	}

	/**
	 * Decides about each execution.
	 */
	@FunctionalInterface
	interface Interceptor {

		/**
		 * Execute something, or not.
		 * @param sql the text
		 * @param execution lets the driver execute it
		 * @param nothing the result of what was not executed
		 */
		<T> T execute(String sql, Execution<T> execution, T nothing) throws SQLException;

	}

	/**
	 * Lets the driver execute something.
	 *
	 * @param <T> the type of the result
	 */
	@FunctionalInterface
	interface Execution<T> {

		T execute() throws SQLException;

	}

	/**
	 * The method of {@link Connection} that names the current schema.
	 */
	@FunctionalInterface
	interface CurrentSchema {

		@Nullable String getSchema() throws SQLException;

	}

	/**
	 * The statements of the connection.
	 */
	private final class Created extends CreationInterceptor {

		Created(Connection connection) {
			super(connection);
		}

		@Override
		protected Statement create(Creation creation) throws SQLException {
			return wrap(Statement.class, creation.create(), "");
		}

		@Override
		protected <S extends PreparedStatement> S prepare(Class<S> type, String sql, Preparation<S> preparation)
				throws SQLException {
			return wrap(type, preparation.prepare(sql), sql);
		}

		private <S extends Statement> S wrap(Class<S> type, S statement, String sql) {
			return InterceptedConnection.this.proxies.wrap(type, statement,
					new Intercepted(statement, sql).toAnswers());
		}

	}

	/**
	 * One statement.
	 */
	private final class Intercepted extends ExecutionInterceptor {

		Intercepted(Statement statement, String sql) {
			super(statement, sql);
		}

		@Override
		protected ResultSet query(Call<ResultSet> call) throws SQLException {
			return call.execution().execute();
		}

		@Override
		protected <T> T execute(Call<T> call, T nothing) throws SQLException {
			return InterceptedConnection.this.interceptor.execute(String.join(";\n", call.texts()),
					call.execution()::execute, nothing);
		}

	}

}
