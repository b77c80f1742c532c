// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initialization;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import dev.lockkeeper.database.ConnectedDatabase;
import dev.lockkeeper.engine.DatabaseDiagnosis;
import dev.lockkeeper.engine.EngineMigration;
import dev.lockkeeper.engine.EngineRun;
import dev.lockkeeper.initialization.InterceptedConnection.Execution;
import dev.lockkeeper.initialization.ScriptEngine.Found;
import dev.lockkeeper.migration.ChangeSetOutcome;
import dev.lockkeeper.migration.RunControl.StopReason;
import dev.lockkeeper.postgresql.NamedTables;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.postgresql.SqlText;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.ScriptRecord;
import dev.lockkeeper.transaction.RunningChange;
import dev.lockkeeper.transaction.RunningChangeSet;
import dev.lockkeeper.transaction.RunningEngine;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * One run of an initializer. A script that is executed once is one transaction with its
 * record, where the database allows it; one that each process executes is executed
 * statement by statement, as Spring Boot does, and recorded when it has ended.
 */
final class ScriptRun implements EngineMigration, RunningEngine, InterceptedConnection.Interceptor {

	private static final Log logger = LogFactory.getLog(ScriptRun.class);

	private final ScriptEngine engine;

	private final Found found;

	private final boolean repeated;

	private final Set<Script> due = new HashSet<>();

	/**
	 * The scripts of which the bean has executed something.
	 */
	private final Set<Script> reached = new HashSet<>();

	private final List<Failure> failures = new ArrayList<>();

	private @Nullable EngineRun run;

	private @Nullable Connection connection;

	/**
	 * Whether the connection has one transaction for a whole script.
	 */
	private boolean transactional;

	private Activity activity = Activity.EXECUTING;

	/**
	 * The number of the script that is read, from 0; -1 before the first one.
	 */
	private int read = -1;

	/**
	 * The number of the script that was begun last, from 0.
	 */
	private int begun = -1;

	/**
	 * The script that is being executed.
	 */
	private @Nullable Script current;

	private int statement;

	ScriptRun(ScriptEngine engine, Found found) {
		this.engine = engine;
		this.found = found;
		this.repeated = engine.getInitializer().isRepeated();
	}

	@Override
	public RunningEngine getRunningEngine() {
		return this;
	}

	@Override
	public boolean mayHoldLock() {
		return false;
	}

	@Override
	public String getName() {
		return "Spring Boot";
	}

	@Override
	public Activity getActivity() {
		return this.activity;
	}

	@Override
	public void requireAnnounced() {
	}

	@Override
	public void migrate(EngineRun arguments) throws Exception {
		this.run = arguments;
		SchemaState before = arguments.getBefore();
		this.found.scripts().forEach((script) -> {
			if (this.repeated || before == null || before.pending().contains(script.toReference())) {
				this.due.add(script);
			}
		});
		try (Connection own = arguments.getConnections().getConnection()) {
			this.connection = own;
			this.transactional = !this.repeated && ConnectedDatabase.of(own).hasTransactionalDdl();
			this.found.place().enter(own);
			arguments.begun();
			execute(own);
			arguments.requireCommitted();
		}
		this.engine.executed();
	}

	private void execute(Connection own) throws Exception {
		try {
			this.engine.getInitializer()
				.execute(InterceptedConnection.of(own, this), this.engine.getResources(), (script) -> this.read++);
			end();
			passOver(own);
		}
		catch (Exception ex) {
			requireRun().getTransactions().fail();
			if (SqlStates.isPermission(SqlStates.of(ex))) {
				requireRun().getTransactions().findActingRole();
			}
			boolean explained = this.failures.isEmpty() || DatabaseDiagnosis.find(ex, ScriptException.class) != null;
			throw explained ? ex : this.failures.get(this.failures.size() - 1).explain();
		}
	}

	// A bean may decide by what it finds in the database that it executes nothing
	private void passOver(Connection own) throws SQLException {
		this.failures.clear();
		for (Script script : this.found.scripts()) {
			if (this.due.contains(script) && !script.statements().isEmpty() && this.reached.add(script)) {
				requireRun().getControl().began(script.toReference());
				recordAlone(script, own, ChangeSetOutcome.MARK_RAN);
			}
		}
	}

	@Override
	public <T> T execute(String sql, Execution<T> execution, T nothing) throws SQLException {
		if (this.due.isEmpty()) {
			return nothing;
		}
		int next = Math.max(this.read, 0);
		Script script = this.found.scripts().get(next);
		if (this.begun != next) {
			end();
			this.begun = next;
			begin(script);
		}
		this.statement++;
		if (!this.due.contains(script) || (this.transactional && Script.isTransactionControl(sql))) {
			return nothing;
		}
		StopReason reason = requireRun().getControl().getStopReason();
		if (reason != null) {
			throw new IllegalStateException("The run stopped because " + reason);
		}
		T result = this.transactional ? executeInTransaction(script, sql, execution)
				: executeAlone(script, sql, execution);
		requireRun().getControl().moved();
		return result;
	}

	private <T> T executeAlone(Script script, String sql, Execution<T> execution) throws SQLException {
		try {
			return execution.execute();
		}
		catch (SQLException ex) {
			this.failures.add(new Failure(script, this.statement, sql, ex));
			throw ex;
		}
	}

	// The initializers of the frameworks go on after a failure
	private <T> T executeInTransaction(Script script, String sql, Execution<T> execution) throws SQLException {
		Connection own = requireConnection();
		Savepoint savepoint = own.setSavepoint();
		try {
			T result = execution.execute();
			own.releaseSavepoint(savepoint);
			return result;
		}
		catch (SQLException ex) {
			Failure failure = new Failure(script, this.statement, sql, ex);
			this.failures.add(failure);
			if (SqlStates.isRefusedInTransaction(SqlStates.of(ex))) {
				throw failure.explain();
			}
			if (requireRun().getTransactions().getLockFailure() != null) {
				throw ex;
			}
			try {
				own.rollback(savepoint);
			}
			catch (SQLException suppressed) {
				ex.addSuppressed(suppressed);
			}
			throw ex;
		}
	}

	private void begin(Script script) throws SQLException {
		this.current = script;
		this.reached.add(script);
		this.statement = 0;
		this.failures.clear();
		if (!this.due.contains(script)) {
			return;
		}
		requireRun().getControl().began(script.toReference());
		Connection own = requireConnection();
		if (!this.repeated && !mayDrop(script, own)) {
			this.due.remove(script);
			recordAlone(script, own, ChangeSetOutcome.MARK_RAN);
			return;
		}
		if (!this.transactional) {
			return;
		}
		own.setAutoCommit(false);
		requireRun().getTransactions().begin(new RunningScript(script.toReference(), this.found.digest(script)));
		requireRun().getTransactions().beginChange(new RunningChange("script", false));
	}

	private boolean mayDrop(Script script, Connection own) throws SQLException {
		DropCheck check = DropCheck.of(script, own, this.found.place().schemas());
		if (check.refusal() != null) {
			throw ScriptException.refused(check.refusal(),
					"Create the missing tables by hand, or drop all of them if nothing in them is needed.");
		}
		if (!check.needed()) {
			logger
				.warn(("lockkeeper - did not execute %s, which drops tables: all of its tables are there (schema %s); "
						+ "%s, and change these tables by change sets")
					.formatted(script.name(), this.engine.getInitializer().getName(),
							this.engine.getInitializer().howToEnd()));
		}
		return check.needed();
	}

	/**
	 * The script that is being executed has ended.
	 */
	private void end() throws SQLException {
		Script script = this.current;
		this.current = null;
		if (script == null || !this.due.contains(script)) {
			return;
		}
		Connection own = requireConnection();
		requireTables(script, own);
		if (!this.transactional) {
			recordAlone(script, own, ChangeSetOutcome.EXECUTED);
			return;
		}
		this.activity = Activity.RECORDING;
		write(script, own);
		own.commit();
		this.activity = Activity.EXECUTING;
		requireRun().getTransactions().end();
		own.setAutoCommit(true);
		requireRun().getControl().ended(ChangeSetOutcome.EXECUTED);
	}

	// In a transaction the run has the rights of its own again, whatever role the script
	// has taken on
	private void recordAlone(Script script, Connection own, ChangeSetOutcome outcome) throws SQLException {
		boolean transaction = ConnectedDatabase.of(own).hasTransactionalDdl();
		if (transaction) {
			requireRun().getTransactions().beginChange(new RunningChange("script", false));
			own.setAutoCommit(false);
		}
		this.activity = Activity.RECORDING;
		write(script, own);
		if (transaction) {
			own.commit();
		}
		this.activity = Activity.EXECUTING;
		if (transaction) {
			own.setAutoCommit(true);
		}
		requireRun().getControl().ended(outcome);
	}

	private void write(Script script, Connection own) throws SQLException {
		this.engine.getRecords()
			.write(own, this.found.tables().history(), new ScriptRecord(this.found.digest(script),
					this.engine.getInitializer().getName(), script.name(), place(script), Instant.now()));
	}

	// Older code that only repeats its scripts is not newer for that
	private int place(Script script) {
		ScriptRecord known = this.found.find(script);
		return (this.repeated && known != null && !this.engine.reinstates()) ? known.number() : 0;
	}

	// What has failed may have failed because it was there
	private void requireTables(Script script, Connection own) throws SQLException {
		List<NamedTables.Name> absent = script.tables().findAbsent(own, this.found.place().schemas());
		if (!absent.isEmpty() && !this.failures.isEmpty()) {
			throw this.failures.get(0).explain();
		}
		this.engine.unseen(absent);
		for (Failure failure : this.failures) {
			if (!SqlStates.isRace(SqlStates.of(failure.cause()))) {
				logger.warn("lockkeeper - Spring Boot goes on after a failure (schema %s: %s); see whether it matters"
					.formatted(this.engine.getInitializer().getName(), failure.explain().toLine()));
			}
		}
	}

	private EngineRun requireRun() {
		EngineRun arguments = this.run;
		Assert.state(arguments != null, "The run has begun");
		return arguments;
	}

	private Connection requireConnection() {
		Connection own = this.connection;
		Assert.state(own != null, "The run has a connection");
		return own;
	}

	/**
	 * A statement that has failed.
	 *
	 * @param script its script
	 * @param number its number in the script
	 * @param sql its text
	 * @param cause what the database has answered
	 */
	private record Failure(Script script, int number, String sql, SQLException cause) {

		private static final int SHOWN = 100;

		ScriptException explain() {
			String text = SqlText.of(this.sql).text();
			return ScriptException.ofStatement(this.script.name(), this.number,
					(text.length() > SHOWN) ? text.substring(0, SHOWN) + " …" : text, this.cause);
		}

	}

	/**
	 * A script as the transactions of the run know it.
	 *
	 * @param reference its name
	 * @param digest its digest
	 */
	private record RunningScript(ChangeSetReference reference, String digest) implements RunningChangeSet {

		@Override
		public ChangeSetReference getReference() {
			return this.reference;
		}

		@Override
		public boolean isOneTransaction() {
			return true;
		}

		@Override
		public String getChecksum() {
			return this.digest;
		}

		@Override
		public @Nullable String getExecutor() {
			return null;
		}

		@Override
		public boolean isSkipped() {
			return false;
		}

		@Override
		public boolean hasFailed() {
			return false;
		}

	}

}
