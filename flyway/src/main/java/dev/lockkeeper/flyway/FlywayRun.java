// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;

import dev.lockkeeper.database.ConnectedDatabase;
import dev.lockkeeper.engine.EngineMigration;
import dev.lockkeeper.engine.EngineRun;
import dev.lockkeeper.flyway.FlywayEngine.Found;
import dev.lockkeeper.migration.ChangeSetOutcome;
import dev.lockkeeper.migration.RunControl;
import dev.lockkeeper.migration.RunControl.StopReason;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.transaction.RunTransactions;
import dev.lockkeeper.transaction.RunningEngine;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.flywaydb.core.api.callback.Callback;
import org.flywaydb.core.api.callback.Context;
import org.flywaydb.core.api.callback.Event;
import org.jspecify.annotations.Nullable;

/**
 * One run of a bean.
 */
final class FlywayRun implements EngineMigration {

	private static final Log logger = LogFactory.getLog(FlywayRun.class);

	private final FlywayBean bean;

	private final FlywayEngine engine;

	private final FlywayActivity activity = new FlywayActivity();

	FlywayRun(FlywayBean bean, FlywayEngine engine) {
		this.bean = bean;
		this.engine = engine;
	}

	@Override
	public RunningEngine getRunningEngine() {
		return this.activity;
	}

	@Override
	public boolean mayHoldLock() {
		return false;
	}

	@Override
	public void migrate(EngineRun run) throws Exception {
		Reports reports = new Reports(run, this.engine.requireLast());
		try (OneSession session = new OneSession(run.getConnections())) {
			migrate(run, session, reports);
		}
		reports.begun();
		run.requireCommitted();
		requireNothingRemains(run);
	}

	private void migrate(EngineRun run, OneSession session, Reports reports) throws Exception {
		Found before = this.engine.requireLast();
		this.activity.begin(before.tables().history(), reports::recorded, reports.wait);
		try {
			removeFailed(run.getTransactions(), session, before);
			this.bean.migrate(session, before.tables().schema(), run.getHeldBack(), reports.callbacks());
		}
		catch (Exception ex) {
			reports.wait.failed(ex);
			if (SqlStates.isPermission(SqlStates.of(ex))) {
				run.getTransactions().findActingRole();
			}
			throw ex;
		}
	}

	/**
	 * Remove the rows of failures that this run goes on with. Flyway refuses to migrate
	 * as long as they are there. One that another Flyway has written stays: what that has
	 * left behind is not known.
	 */
	private void removeFailed(RunTransactions transactions, OneSession session, Found before) throws SQLException {
		List<FlywayHistory.Row> failed = before.history().failed().toList();
		if (failed.isEmpty()) {
			return;
		}
		try (Connection connection = session.getConnection()) {
			if (!ConnectedDatabase.of(connection).hasTransactionalDdl()) {
				return;
			}
			for (FlywayHistory.Row row : failed) {
				if (transactions.isNoted(row.toReference())) {
					remove(connection, before.tables(), row);
				}
			}
		}
	}

	private void remove(Connection connection, FlywayTables tables, FlywayHistory.Row row) throws SQLException {
		connection.setAutoCommit(false);
		try (PreparedStatement statement = connection
			.prepareStatement("DELETE FROM %s WHERE installed_rank = ? AND NOT success".formatted(tables.history()))) {
			statement.setInt(1, row.rank());
			statement.executeUpdate();
			connection.commit();
		}
		connection.setAutoCommit(true);
		logger.info("lockkeeper - removed the row of a failure that this run goes on with (schema %s, %s)"
			.formatted(this.bean.getName(), row.toReference()));
	}

	private void requireNothingRemains(EngineRun run) throws Exception {
		String custom = this.bean.getCustom();
		if (custom == null) {
			return;
		}
		List<ChangeSetReference> remaining = new ArrayList<>(this.engine.compareNow().missing());
		remaining.removeAll(run.getHeldBack());
		if (!remaining.isEmpty()) {
			throw new RemainingMigrationsException("%s has ended without a failure, and %s pending: %s.".formatted(
					custom, (remaining.size() == 1) ? "a change set is" : "change sets are",
					SchemaState.name(remaining)), FlywayFailures.remainAdvice(this.bean));
		}
	}

	/**
	 * Reports to a run what Flyway does.
	 */
	private final class Reports {

		private final EngineRun run;

		private final RunControl control;

		private final RunTransactions transactions;

		private final List<ChangeSetReference> repeated;

		/**
		 * The migrations that Flyway records without executing them, and so without
		 * announcing them.
		 */
		private final Deque<ChangeSetReference> unannounced;

		private final LockWait wait;

		private @Nullable FileComments comments;

		private boolean begun;

		private boolean repaired;

		Reports(EngineRun run, Found before) {
			this.run = run;
			this.control = run.getControl();
			this.transactions = run.getTransactions();
			this.repeated = before.comparison().repeated();
			this.unannounced = new ArrayDeque<>(before.comparison().missing());
			this.wait = new LockWait(FlywayRun.this.bean.getName(), this.control);
		}

		Callback[] callbacks() {
			return new Callback[] {
					new RunCallback(RunCallback.FIRST,
							Map.of(Event.BEFORE_EACH_MIGRATE, this::announced, Event.AFTER_EACH_MIGRATE, this::executed,
									Event.AFTER_EACH_MIGRATE_ERROR, this::failed, Event.BEFORE_REPAIR, this::repairs)),
					new RunCallback(RunCallback.LAST, Map.of(Event.BEFORE_EACH_MIGRATE, this::executes)) };
		}

		/**
		 * Note that nothing is dropped any more.
		 */
		void begun() {
			if (!this.begun) {
				this.begun = true;
				this.run.begun();
			}
		}

		private void announced(Context context) {
			begun();
			FlywayMigration migration = new FlywayMigration(context.getMigrationInfo(), isInTransaction(context),
					comments(context).read(context.getMigrationInfo()));
			this.transactions.begin(migration);
			StopReason reason = this.control.getStopReason();
			if (reason != null) {
				throw new IllegalStateException("The run stopped because " + reason);
			}
			FlywayRun.this.activity.announce(migration);
			this.control.began(migration.getReference());
			try {
				this.transactions.resume();
			}
			catch (SQLException ex) {
				throw new IllegalStateException("The migration cannot be resumed", ex);
			}
		}

		private FileComments comments(Context context) {
			FileComments known = this.comments;
			if (known == null) {
				known = new FileComments(context.getConfiguration());
				this.comments = known;
			}
			return known;
		}

		private static boolean isInTransaction(Context context) {
			try {
				return !context.getConnection().getAutoCommit();
			}
			catch (SQLException ex) {
				throw new IllegalStateException("The connection does not show whether a transaction is open", ex);
			}
		}

		private void executes(Context context) {
			this.control.moved();
			this.transactions.beginChange(FlywayMigration.toChange(context.getMigrationInfo()));
		}

		private void executed(Context context) {
			this.transactions.endChange();
			this.control.moved();
		}

		// Those that ran before it in the same transaction are undone with it
		private void failed(Context context) {
			this.transactions.fail();
			List<FlywayMigration> undone = FlywayRun.this.activity.abandon();
			for (int i = 0; i < undone.size() - 1; i++) {
				this.control.ended(undone.get(i).getReference(), ChangeSetOutcome.FAILED);
			}
		}

		void recorded(List<FlywayMigration> migrations) {
			if (migrations.isEmpty()) {
				ChangeSetReference recorded = this.unannounced.poll();
				if (recorded != null && FlywayRun.this.bean.getConfiguration().isSkipExecutingMigrations()) {
					this.control.began(recorded);
					this.control.ended(ChangeSetOutcome.MARK_RAN);
				}
				return;
			}
			this.transactions.end();
			for (FlywayMigration migration : migrations) {
				ChangeSetReference reference = migration.getReference();
				this.control.ended(reference,
						this.repeated.contains(reference) ? ChangeSetOutcome.RERAN : ChangeSetOutcome.EXECUTED);
			}
		}

		private void repairs(Context context) {
			if (!this.repaired) {
				this.repaired = true;
				logger
					.warn(("lockkeeper - %s repairs the history at each run (schema %s): it accepts whatever the code "
							+ "has now as what was executed; a run of Lockkeeper leaves nothing to repair, so remove "
							+ "repair() from it")
						.formatted(FlywayRun.this.bean.getCustom(), FlywayRun.this.bean.getName()));
			}
		}

	}

}
