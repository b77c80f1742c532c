// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.jdbc;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

import dev.lockkeeper.jdbc.TypedMethods.Answers;

/**
 * Intercepts each execution of a statement, by whatever method it is executed.
 *
 * @since 0.1.0
 */
public abstract class ExecutionInterceptor implements StatementExecution {

	private static final TypedMethods<StatementExecution> METHODS = TypedMethods.of(StatementExecution.class,
			PreparedStatement.class);

	private final Statement statement;

	private final String sql;

	private final List<String> batch = new ArrayList<>();

	/**
	 * Create an interceptor.
	 * @param statement the statement of the driver
	 * @param sql the text with which it was prepared; empty when it was not
	 */
	protected ExecutionInterceptor(Statement statement, String sql) {
		this.statement = statement;
		this.sql = sql;
	}

	/**
	 * Return the methods that are answered in place of the driver.
	 * @return the methods, for a proxy of the statement
	 */
	public final Answers toAnswers() {
		return METHODS.answeredBy(this);
	}

	/**
	 * Execute a query.
	 * @param call what is to be executed
	 * @return the result
	 * @throws SQLException when it fails
	 */
	protected abstract ResultSet query(Call<ResultSet> call) throws SQLException;

	/**
	 * Execute what may be no query.
	 * @param <T> the type of the result
	 * @param call what is to be executed
	 * @param nothing the result for a call that was skipped
	 * @return the result
	 * @throws SQLException when it fails
	 */
	protected abstract <T> T execute(Call<T> call, T nothing) throws SQLException;

	/**
	 * Execute something else first. In the same round trip where the statement has no
	 * result but its own; the results of what comes first are passed over.
	 * @param <T> the type of the result
	 * @param before the statements that come first, each with its semicolon; empty for
	 * none
	 * @param call what is to be executed
	 * @return the result
	 * @throws SQLException when it fails
	 */
	protected final <T> T executeAfter(String before, Call<T> call) throws SQLException {
		if (before.isEmpty()) {
			return call.execution().execute();
		}
		if (call.form() != Form.TEXT || !call.plain()) {
			try (Statement first = this.statement.getConnection().createStatement()) {
				first.execute(before);
			}
			return call.execution().execute();
		}
		this.statement.execute(before + call.texts().get(0));
		for (int passed = 0; passed < before.chars().filter((character) -> character == ';').count(); passed++) {
			this.statement.getMoreResults();
		}
		return call.outcome().of(this.statement);
	}

	// Only a prepared statement has the methods that need this
	private PreparedStatement prepared() {
		return (PreparedStatement) this.statement;
	}

	private <T> Call<T> text(String text, Execution<T> execution, Outcome<T> outcome) {
		return new Call<>(Form.TEXT, List.of(text), true, execution, outcome);
	}

	private <T> Call<T> textWithKeys(String text, Execution<T> execution, Outcome<T> outcome) {
		return new Call<>(Form.TEXT, List.of(text), false, execution, outcome);
	}

	private <T> Call<T> prepared(Execution<T> execution, Outcome<T> outcome) {
		return new Call<>(Form.PREPARED, List.of(this.sql), false, execution, outcome);
	}

	private <T> T batch(T nothing, Execution<T> execution) throws SQLException {
		List<String> texts = List.copyOf(this.batch);
		this.batch.clear();
		return execute(new Call<>(Form.BATCH, texts, false, execution, (executed) -> nothing), nothing);
	}

	@Override
	public final ResultSet executeQuery(String text) throws SQLException {
		return query(text(text, () -> this.statement.executeQuery(text), Statement::getResultSet));
	}

	@Override
	public final ResultSet executeQuery() throws SQLException {
		return query(prepared(() -> prepared().executeQuery(), Statement::getResultSet));
	}

	@Override
	public final boolean execute(String text) throws SQLException {
		return execute(text(text, () -> this.statement.execute(text), (executed) -> executed.getResultSet() != null),
				false);
	}

	@Override
	public final boolean execute(String text, int generatedKeys) throws SQLException {
		return execute(textWithKeys(text, () -> this.statement.execute(text, generatedKeys),
				(executed) -> executed.getResultSet() != null), false);
	}

	@Override
	public final boolean execute(String text, int[] columns) throws SQLException {
		return execute(textWithKeys(text, () -> this.statement.execute(text, columns),
				(executed) -> executed.getResultSet() != null), false);
	}

	@Override
	public final boolean execute(String text, String[] columns) throws SQLException {
		return execute(textWithKeys(text, () -> this.statement.execute(text, columns),
				(executed) -> executed.getResultSet() != null), false);
	}

	@Override
	public final boolean execute() throws SQLException {
		return execute(prepared(() -> prepared().execute(), (executed) -> executed.getResultSet() != null), false);
	}

	@Override
	public final int executeUpdate(String text) throws SQLException {
		return execute(text(text, () -> this.statement.executeUpdate(text), Statement::getUpdateCount), 0);
	}

	@Override
	public final int executeUpdate(String text, int generatedKeys) throws SQLException {
		return execute(
				textWithKeys(text, () -> this.statement.executeUpdate(text, generatedKeys), Statement::getUpdateCount),
				0);
	}

	@Override
	public final int executeUpdate(String text, int[] columns) throws SQLException {
		return execute(textWithKeys(text, () -> this.statement.executeUpdate(text, columns), Statement::getUpdateCount),
				0);
	}

	@Override
	public final int executeUpdate(String text, String[] columns) throws SQLException {
		return execute(textWithKeys(text, () -> this.statement.executeUpdate(text, columns), Statement::getUpdateCount),
				0);
	}

	@Override
	public final int executeUpdate() throws SQLException {
		return execute(prepared(() -> prepared().executeUpdate(), Statement::getUpdateCount), 0);
	}

	@Override
	public final long executeLargeUpdate(String text) throws SQLException {
		return execute(text(text, () -> this.statement.executeLargeUpdate(text), Statement::getLargeUpdateCount), 0L);
	}

	@Override
	public final long executeLargeUpdate(String text, int generatedKeys) throws SQLException {
		return execute(textWithKeys(text, () -> this.statement.executeLargeUpdate(text, generatedKeys),
				Statement::getLargeUpdateCount), 0L);
	}

	@Override
	public final long executeLargeUpdate(String text, int[] columns) throws SQLException {
		return execute(textWithKeys(text, () -> this.statement.executeLargeUpdate(text, columns),
				Statement::getLargeUpdateCount), 0L);
	}

	@Override
	public final long executeLargeUpdate(String text, String[] columns) throws SQLException {
		return execute(textWithKeys(text, () -> this.statement.executeLargeUpdate(text, columns),
				Statement::getLargeUpdateCount), 0L);
	}

	@Override
	public final long executeLargeUpdate() throws SQLException {
		return execute(prepared(() -> prepared().executeLargeUpdate(), Statement::getLargeUpdateCount), 0L);
	}

	@Override
	public final void addBatch(String text) throws SQLException {
		this.statement.addBatch(text);
		this.batch.add(text);
	}

	@Override
	public final void addBatch() throws SQLException {
		prepared().addBatch();
		this.batch.add(this.sql);
	}

	@Override
	public final void clearBatch() throws SQLException {
		this.statement.clearBatch();
		this.batch.clear();
	}

	@Override
	public final int[] executeBatch() throws SQLException {
		return batch(new int[0], this.statement::executeBatch);
	}

	@Override
	public final long[] executeLargeBatch() throws SQLException {
		return batch(new long[0], this.statement::executeLargeBatch);
	}

	/**
	 * Lets the driver execute something.
	 *
	 * @param <T> the type of the result
	 */
	@FunctionalInterface
	public interface Execution<T> {

		/**
		 * Execute it.
		 * @return the result of the driver
		 * @throws SQLException when it fails
		 */
		T execute() throws SQLException;

	}

	/**
	 * Reads a result from a statement that was executed otherwise.
	 *
	 * @param <T> the type of the result
	 */
	@FunctionalInterface
	public interface Outcome<T> {

		/**
		 * Read the result.
		 * @param executed the statement of the driver
		 * @return the result that the method would have which the caller has called
		 * @throws SQLException when there is none
		 */
		T of(Statement executed) throws SQLException;

	}

	/**
	 * In which form a statement is executed.
	 */
	protected enum Form {

		/** Its text is given with the call. */
		TEXT,

		/** It was prepared. */
		PREPARED,

		/** Several are executed at once. */
		BATCH

	}

	/**
	 * What is to be executed.
	 *
	 * @param <T> the type of the result
	 * @param form the form in which it is executed
	 * @param texts the text of the statement, or of each statement of a batch
	 * @param plain whether the driver executes the text as it is, and returns no keys
	 * @param execution lets the driver execute it
	 * @param outcome reads the result when it was executed otherwise; that of a batch
	 * says that nothing was done
	 */
	protected record Call<T>(Form form, List<String> texts, boolean plain, Execution<T> execution, Outcome<T> outcome) {

	}

}
