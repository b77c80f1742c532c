// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.LinkedHashSet;
import java.util.List;

import dev.lockkeeper.jdbc.ExecutionInterceptor.Execution;
import dev.lockkeeper.jdbc.JdbcProxies;
import dev.lockkeeper.jdbc.TypedMethods;
import dev.lockkeeper.jdbc.TypedMethods.Answers;
import dev.lockkeeper.postgresql.OpenTransaction;
import dev.lockkeeper.postgresql.SessionIdentity;
import dev.lockkeeper.transaction.StepwiseChangeSet.Step;
import org.jspecify.annotations.Nullable;

/**
 * A connection to PostgreSQL whose commits the run controls. A commit may be deferred to
 * the next one. If a rollback, a close or a change of the auto-commit mode comes first,
 * everything is rolled back, and the run is broken off. Statements and other objects of
 * this connection return it as their connection.
 */
final class MergingConnection implements TransactionControl, JdbcProxies.Interceptor {

	private static final TypedMethods<TransactionControl> CONTROL = TypedMethods.of(TransactionControl.class,
			Connection.class);

	private final Connection delegate;

	private final RunTransactions run;

	private final TakenRole role = new TakenRole();

	private final SessionLoss loss;

	private final TransactionTimeouts timeouts;

	private final JdbcProxies proxies;

	/**
	 * The rights with which the session was opened; {@code null} when they are not known.
	 */
	private final @Nullable SessionIdentity own;

	/**
	 * Whether the open transaction has these rights now, for what the run itself does.
	 */
	private boolean ownTakenOn;

	/**
	 * Whether the open transaction may write; assumed until the server has answered
	 * otherwise.
	 */
	private boolean writable = true;

	/**
	 * Whether the open transaction has a deferred commit.
	 */
	private boolean commitDeferred;

	MergingConnection(Connection delegate, @Nullable SessionIdentity own, RunTransactions run) {
		this.delegate = delegate;
		this.own = own;
		this.run = run;
		this.loss = new SessionLoss(delegate);
		this.timeouts = new TransactionTimeouts(own);
		this.proxies = new JdbcProxies(delegate, this,
				List.of(CONTROL.answeredBy(this), new MergingStatements(this, delegate).toAnswers()));
	}

	Connection asConnection() {
		return this.proxies.getConnection();
	}

	/**
	 * Return the rights with which the session was opened.
	 */
	@Nullable SessionIdentity getOwn() {
		return this.own;
	}

	/**
	 * Return the role whose rights the session had, after a failure.
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
			commitOrDefer();
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
	 * Return whether the session is gone, or cannot write any more.
	 */
	boolean isLost() {
		return this.loss.isCertain();
	}

	@Override
	public Answers intercept(Statement statement) {
		return new MergingStatement(this, statement, "").toAnswers();
	}

	<S extends Statement> S wrap(Class<S> type, S statement, String sql) {
		return this.proxies.wrap(type, statement, new MergingStatement(this, statement, sql).toAnswers());
	}

	@Override
	public void failed(SQLException failure) {
		this.loss.suspect();
		this.role.failed();
		this.run.failed(failure);
	}

	@Override
	public void unwrapping() throws SQLException {
		this.run.unwrapping(this.delegate);
	}

	/**
	 * Let the driver execute something.
	 */
	<T> T callDriver(Execution<T> execution) throws SQLException {
		try {
			return execution.execute();
		}
		catch (SQLException ex) {
			failed(ex);
			throw ex;
		}
	}

	/**
	 * Check that something more may be executed.
	 */
	void requireWhole() throws SQLException {
		control(this.run::requireWhole);
	}

	@Override
	public void commit() throws SQLException {
		control(this::commitOrDefer);
	}

	@Override
	public void rollback() throws SQLException {
		control(() -> rollBack(this.delegate::rollback));
	}

	@Override
	public void rollback(Savepoint savepoint) throws SQLException {
		control(() -> {
			rollBack(() -> this.delegate.rollback(savepoint));
			this.timeouts.rolledBackPartly();
			this.run.rolledBackPartly();
		});
	}

	@Override
	public void setAutoCommit(boolean autoCommit) throws SQLException {
		control(() -> switchAutoCommit(autoCommit));
	}

	@Override
	public void close() throws SQLException {
		control(() -> {
			this.loss.closing();
			abandonDeferredCommit();
			this.delegate.close();
		});
	}

	private void control(Command command) throws SQLException {
		try {
			command.execute();
		}
		catch (SQLException ex) {
			this.loss.suspect();
			throw ex;
		}
	}

	private void commitOrDefer() throws SQLException {
		this.run.requireWhole();
		this.run.committing(this.delegate);
		if (!OpenTransaction.exists(this.delegate)) {
			this.delegate.commit();
		}
		else if (OpenTransaction.hasFailed(this.delegate)) {
			abandonDeferredCommit();
			this.delegate.commit();
			this.role.rolledBack();
		}
		else if (this.run.isMerging()) {
			this.writable = callDriver(() -> OpenTransaction.checkConstraints(this.delegate, this.timeouts.putBack()));
			if (this.writable) {
				this.commitDeferred = true;
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
			this.commitDeferred = false;
			this.role.committed();
			this.run.committed();
		}
		ended();
	}

	private void ended() {
		this.timeouts.ended();
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
			this.writable = this.own.takeOnForRecord(this.delegate);
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
				abandonDeferredCommit();
				this.delegate.rollback();
			}
			catch (SQLException suppressed) {
				ex.addSuppressed(suppressed);
			}
			throw ex;
		}
	}

	private void rollBack(Command rollback) throws SQLException {
		if (this.commitDeferred) {
			abandonDeferredCommit();
		}
		else {
			callDriver(() -> {
				rollback.execute();
				return true;
			});
		}
		if (!OpenTransaction.exists(this.delegate)) {
			this.role.rolledBack();
			ended();
		}
	}

	private void switchAutoCommit(boolean autoCommit) throws SQLException {
		abandonDeferredCommit();
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

	private void abandonDeferredCommit() throws SQLException {
		if (this.commitDeferred) {
			this.commitDeferred = false;
			this.run.breakOff();
			if (!this.delegate.isClosed()) {
				this.delegate.rollback();
			}
			this.role.rolledBack();
			ended();
		}
	}

	/**
	 * Statements are about to be executed.
	 */
	void executing(List<String> statements) throws SQLException {
		this.run.requireWhole();
		this.run.announce(statements);
		if (this.run.isOwnWork()) {
			takeOnOwn();
		}
		statements.forEach(this.role::executing);
		this.run.executing(this.delegate, String.join(";", new LinkedHashSet<>(statements)));
	}

	/**
	 * Limit how long the statement waits and takes that is about to be executed.
	 * @return what is to be executed before it; empty when nothing has to be
	 */
	String limit() throws SQLException {
		return this.run.limit(this.delegate, this.timeouts);
	}

	/**
	 * The statement has ended.
	 */
	void limited() {
		this.run.limited();
	}

	/**
	 * Execute what may change something.
	 */
	<T> T execute(Step<T> step) throws SQLException {
		return this.run.execute(this.delegate, step);
	}

	/**
	 * Something was executed.
	 */
	void executed() throws SQLException {
		boolean committed = !this.delegate.getAutoCommit() && !OpenTransaction.exists(this.delegate);
		if (committed) {
			this.commitDeferred = false;
			ended();
		}
		this.run.executed(committed);
	}

	/**
	 * Something that is done on a connection.
	 */
	@FunctionalInterface
	interface Action {

		boolean act(Connection connection) throws SQLException;

	}

	/**
	 * A call of a method that controls the connection.
	 */
	@FunctionalInterface
	private interface Command {

		void execute() throws SQLException;

	}

}
