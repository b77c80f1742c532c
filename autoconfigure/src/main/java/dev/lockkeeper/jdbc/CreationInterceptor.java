// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.jdbc;

import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;

import dev.lockkeeper.jdbc.TypedMethods.Answers;

/**
 * Intercepts the creation of all statements of a connection, by whatever method they are
 * created.
 *
 * @since 0.1.0
 */
public abstract class CreationInterceptor implements StatementCreation {

	private static final TypedMethods<StatementCreation> METHODS = TypedMethods.of(StatementCreation.class,
			Connection.class);

	private final Connection connection;

	/**
	 * Create an interceptor.
	 * @param connection the connection of the driver
	 */
	protected CreationInterceptor(Connection connection) {
		this.connection = connection;
	}

	/**
	 * Return the methods that are answered in place of the driver.
	 * @return the methods, for a proxy of the connection
	 */
	public final Answers toAnswers() {
		return METHODS.answeredBy(this);
	}

	/**
	 * Create a statement without text.
	 * @param creation lets the driver create it
	 * @return the statement
	 * @throws SQLException when it is not created
	 */
	protected abstract Statement create(Creation creation) throws SQLException;

	/**
	 * Prepare a statement.
	 * @param <S> the kind of statement
	 * @param type the kind of statement
	 * @param sql its text
	 * @param preparation lets the driver prepare it
	 * @return the statement
	 * @throws SQLException when it is not prepared
	 */
	protected abstract <S extends PreparedStatement> S prepare(Class<S> type, String sql, Preparation<S> preparation)
			throws SQLException;

	@Override
	public final Statement createStatement() throws SQLException {
		return create(() -> this.connection.createStatement());
	}

	@Override
	public final Statement createStatement(int type, int concurrency) throws SQLException {
		return create(() -> this.connection.createStatement(type, concurrency));
	}

	@Override
	public final Statement createStatement(int type, int concurrency, int holdability) throws SQLException {
		return create(() -> this.connection.createStatement(type, concurrency, holdability));
	}

	@Override
	public final PreparedStatement prepareStatement(String sql) throws SQLException {
		return prepare(PreparedStatement.class, sql, (text) -> this.connection.prepareStatement(text));
	}

	@Override
	public final PreparedStatement prepareStatement(String sql, int generatedKeys) throws SQLException {
		return prepare(PreparedStatement.class, sql, (text) -> this.connection.prepareStatement(text, generatedKeys));
	}

	@Override
	public final PreparedStatement prepareStatement(String sql, int[] columns) throws SQLException {
		return prepare(PreparedStatement.class, sql, (text) -> this.connection.prepareStatement(text, columns));
	}

	@Override
	public final PreparedStatement prepareStatement(String sql, String[] columns) throws SQLException {
		return prepare(PreparedStatement.class, sql, (text) -> this.connection.prepareStatement(text, columns));
	}

	@Override
	public final PreparedStatement prepareStatement(String sql, int type, int concurrency) throws SQLException {
		return prepare(PreparedStatement.class, sql,
				(text) -> this.connection.prepareStatement(text, type, concurrency));
	}

	@Override
	public final PreparedStatement prepareStatement(String sql, int type, int concurrency, int holdability)
			throws SQLException {
		return prepare(PreparedStatement.class, sql,
				(text) -> this.connection.prepareStatement(text, type, concurrency, holdability));
	}

	@Override
	public final CallableStatement prepareCall(String sql) throws SQLException {
		return prepare(CallableStatement.class, sql, (text) -> this.connection.prepareCall(text));
	}

	@Override
	public final CallableStatement prepareCall(String sql, int type, int concurrency) throws SQLException {
		return prepare(CallableStatement.class, sql, (text) -> this.connection.prepareCall(text, type, concurrency));
	}

	@Override
	public final CallableStatement prepareCall(String sql, int type, int concurrency, int holdability)
			throws SQLException {
		return prepare(CallableStatement.class, sql,
				(text) -> this.connection.prepareCall(text, type, concurrency, holdability));
	}

	/**
	 * Lets the driver create a statement.
	 */
	@FunctionalInterface
	protected interface Creation {

		/**
		 * Create the statement.
		 * @return the statement of the driver
		 * @throws SQLException when the driver refuses
		 */
		Statement create() throws SQLException;

	}

	/**
	 * Lets the driver prepare a statement.
	 *
	 * @param <S> the kind of statement
	 */
	@FunctionalInterface
	protected interface Preparation<S extends PreparedStatement> {

		/**
		 * Prepare the statement.
		 * @param sql its text
		 * @return the statement of the driver
		 * @throws SQLException when the driver refuses
		 */
		S prepare(String sql) throws SQLException;

	}

}
