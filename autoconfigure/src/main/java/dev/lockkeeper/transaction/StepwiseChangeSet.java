// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.intent.Intent;
import dev.lockkeeper.intent.Intent.Begun;
import dev.lockkeeper.intent.IntentTable;
import dev.lockkeeper.intent.Operation;
import dev.lockkeeper.intent.Operation.Nature;
import dev.lockkeeper.intent.UnfinishedException;
import dev.lockkeeper.jdbc.ExecutionInterceptor.Execution;
import dev.lockkeeper.postgresql.ChangedTimeouts;
import dev.lockkeeper.postgresql.OpenTransaction;
import dev.lockkeeper.postgresql.SessionIdentity;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.schema.ChangeSetReference;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * A change set that is not one transaction, while it runs. Each of its statements is
 * noted: in the transaction of the statement where it can have one, else before it
 * begins. So a later run knows which were done, and executes none of them again. No
 * transaction is open while a statement runs that cannot have one.
 */
final class StepwiseChangeSet {

	private static final Log logger = LogFactory.getLog(StepwiseChangeSet.class);

	private final RunningChangeSet changeSet;

	private final ChangeSetReference reference;

	private final IntentTable table;

	private final String checkSum;

	private final String holder;

	private final Proof proof;

	private final List<String> invalid = new ArrayList<>();

	private EarlierRun earlier;

	/** How far this run has come. */
	private Intent reached = Intent.NONE;

	private boolean remembered;

	/** The rights with which the session was opened; {@code null} when not known. */
	private final @Nullable SessionIdentity own;

	private final StatementLimits limits;

	/**
	 * Whether a statement is executed of which nothing would show whether it was done.
	 */
	private boolean inQuestion;

	StepwiseChangeSet(RunningChangeSet changeSet, IntentTable table, String holder, @Nullable SessionIdentity own,
			Proof proof, StatementLimits limits) {
		this.changeSet = changeSet;
		this.limits = limits;
		this.own = own;
		this.reference = changeSet.getReference();
		this.checkSum = changeSet.getChecksum();
		this.table = table;
		this.earlier = EarlierRun.none(table, this.reference);
		this.holder = holder;
		this.proof = proof;
	}

	/**
	 * Find out what an earlier run has done, and judge the statement in which it ended.
	 * @param connection a connection in auto-commit mode
	 * @return whether something of the change set was done, so that its preconditions
	 * must not be evaluated again
	 */
	boolean resume(Connection connection) throws SQLException {
		this.earlier = EarlierRun.find(connection, this.table, this.reference);
		if (this.earlier.isNone()) {
			if (this.changeSet.recordsFailure()) {
				remember(connection, Intent.NONE);
			}
			return false;
		}
		this.remembered = true;
		prove(connection);
		this.earlier.judge(connection);
		return this.earlier.countDone() > 0;
	}

	/**
	 * Execute a statement, unless an earlier run has done so.
	 * @param connection the connection on which it is executed, in auto-commit mode
	 * @param step the statement
	 * @return the result; {@link Step#nothing()} when the statement was skipped
	 */
	<T> T execute(Connection connection, Step<T> step) throws SQLException {
		Operation operation = Operation.of(step.sql());
		if (operation.getNature() == Nature.SESSION) {
			return step.execute();
		}
		String digest = Intent.digestOf(step.sql());
		if (this.earlier.hasDone(this.reached, digest)) {
			this.reached = this.reached.advance(digest);
			this.earlier.requireSame(this.reached);
			return step.nothing();
		}
		if (OpenTransaction.exists(connection) || operation.getNature() == Nature.CONTROL
				|| operation.getNature() == Nature.COMMIT) {
			return executeInTheirTransaction(connection, operation, digest, step);
		}
		if (operation.getNature() == Nature.TRANSACTIONAL) {
			return executeInTransaction(connection, operation, digest, step);
		}
		return executeApart(connection, operation, digest, step);
	}

	// The transaction is that of the change set, which begins and ends it by itself
	private <T> T executeInTheirTransaction(Connection connection, Operation operation, String digest, Step<T> step)
			throws SQLException {
		if (operation.getNature() == Nature.COMMIT && isOpen(connection)) {
			this.reached = this.reached.advance(digest);
			// A read-only transaction cannot carry a note, and needs none: it leaves
			// nothing that could be done twice
			if (!OpenTransaction.isReadOnly(connection)) {
				write(connection, this.reached);
				this.proof.prove(connection);
			}
			return step.execute();
		}
		boolean begins = !OpenTransaction.exists(connection);
		T result = step.execute();
		this.reached = this.reached.advance(digest);
		// The next statement may be one that must come first in its transaction
		if (!begins && isOpen(connection)) {
			writeInTheirTransaction(connection);
		}
		return result;
	}

	private void writeInTheirTransaction(Connection connection) throws SQLException {
		if (OpenTransaction.isReadOnly(connection)) {
			return;
		}
		SessionIdentity theirs = (this.own != null) ? SessionIdentity.read(connection, false) : null;
		write(connection, this.reached);
		if (theirs != null) {
			theirs.takeOn(connection);
		}
	}

	private static boolean isOpen(Connection connection) throws SQLException {
		return OpenTransaction.exists(connection) && !OpenTransaction.hasFailed(connection);
	}

	private <T> T executeInTransaction(Connection connection, Operation operation, String digest, Step<T> step)
			throws SQLException {
		clearAway(connection, operation);
		String before = operation.before(connection);
		Intent advanced = this.reached.advance(digest);
		T result;
		connection.setAutoCommit(false);
		try {
			result = step.execute();
			if (OpenTransaction.exists(connection)) {
				noteInvalid(operation.invalid(connection, before));
				write(connection, advanced);
				this.proof.prove(connection);
				connection.commit();
			}
		}
		catch (SQLException | RuntimeException | Error ex) {
			rollback(connection, ex);
			if (step.repeatable() && SqlStates.isRefusedInTransaction(SqlStates.of(ex))) {
				return executeApart(connection, operation.outsideOfTransaction(), digest, step);
			}
			throw ex;
		}
		connection.setAutoCommit(true);
		this.reached = advanced;
		return result;
	}

	/**
	 * Roll a transaction back, after which the connection is in auto-commit mode again.
	 * What remains open when this fails is closed by the end of the connection.
	 */
	static void rollback(Connection connection, Throwable reason) {
		try {
			connection.rollback();
			connection.setAutoCommit(true);
		}
		catch (SQLException ex) {
			reason.addSuppressed(ex);
		}
	}

	private <T> T executeApart(Connection connection, Operation operation, String digest, Step<T> step)
			throws SQLException {
		clearAway(connection, operation);
		Begun begun = Begun.of(digest, operation, operation.subject(connection), operation.before(connection));
		remember(connection, this.reached.begin(begun));
		ChangedTimeouts changed = changeTimeouts(connection, operation);
		this.inQuestion = operation.getNature() == Nature.UNKNOWN;
		T result;
		try {
			result = step.execute();
			this.inQuestion = false;
		}
		catch (SQLException ex) {
			failed(connection, operation, begun, changed, ex);
			throw ex;
		}
		changed.restore(connection);
		// When it is, the statement is neither done nor not done, and the intent stays
		noteInvalid(operation.invalid(connection, begun.before()));
		this.reached = this.reached.advance(digest);
		if (operation.getNature() == Nature.UNKNOWN) {
			remember(connection, this.reached);
		}
		return result;
	}

	// What must wait leaves something invalid when it gives up. Of what is not judged,
	// nothing would show what it had done until then
	private ChangedTimeouts changeTimeouts(Connection connection, Operation operation) throws SQLException {
		Duration lock = null;
		if (operation.waitsForLocks() && !this.limits.isOwn()) {
			lock = Duration.ZERO;
		}
		else if (operation.getNature() == Nature.REPEATABLE) {
			lock = this.limits.remaining();
		}
		Duration session = (this.own != null) ? this.own.lockTimeoutAsDuration() : Duration.ZERO;
		this.limits.begin(lock, session, true);
		return ChangedTimeouts.change(connection, lock, this.limits.getStatementTimeout());
	}

	/**
	 * Return whether a later run can go on with the change set by itself.
	 */
	boolean isRepeatable() {
		return !this.inQuestion;
	}

	private void failed(Connection connection, Operation operation, Begun begun, ChangedTimeouts changed,
			SQLException failure) {
		if (SqlStates.isConnectionLost(failure.getSQLState())) {
			return;
		}
		try {
			changed.restore(connection);
			if (operation.getNature() == Nature.UNKNOWN) {
				remember(connection, this.reached.begin(begun.failed()));
			}
			String broken = operation.invalid(connection, begun.before());
			if (broken != null) {
				this.invalid.add(broken);
			}
		}
		catch (SQLException ex) {
			failure.addSuppressed(ex);
		}
	}

	private void clearAway(Connection connection, Operation operation) throws SQLException {
		String cleared = operation.prepare(connection);
		if (cleared != null) {
			logger
				.warn("lockkeeper - something was in the way of change set %s: %s".formatted(this.reference, cleared));
		}
	}

	private void noteInvalid(@Nullable String names) throws SQLException {
		if (names != null) {
			this.invalid.add(names);
			throw invalidIndexes();
		}
	}

	/**
	 * The record of the change set is part of the open transaction, which is about to be
	 * committed: the intent is deleted with it.
	 */
	void record(Connection connection) throws SQLException {
		if (!this.invalid.isEmpty()) {
			throw invalidIndexes();
		}
		if (this.changeSet.hasFailed()) {
			return;
		}
		this.earlier.requireWhole(this.reached);
		if (this.remembered) {
			this.table.delete(connection, this.reference);
		}
	}

	private UnfinishedException invalidIndexes() {
		String found = "It left an invalid index: %s".formatted(String.join(", ", this.invalid));
		return new UnfinishedException(ExitStatus.MIGRATION, found, found,
				"See why, and correct that. The next run drops what the statement left behind, and executes it again; drop yourself what was invalid before.");
	}

	private void remember(Connection connection, Intent intent) throws SQLException {
		connection.setAutoCommit(false);
		try {
			write(connection, intent);
			this.proof.prove(connection);
			connection.commit();
		}
		catch (SQLException ex) {
			rollback(connection, ex);
			throw ex;
		}
		connection.setAutoCommit(true);
	}

	private void prove(Connection connection) throws SQLException {
		connection.setAutoCommit(false);
		try {
			this.proof.prove(connection);
		}
		finally {
			connection.rollback();
			connection.setAutoCommit(true);
		}
	}

	private void write(Connection connection, Intent intent) throws SQLException {
		if (this.own != null) {
			this.own.takeOn(connection);
		}
		this.table.write(connection, this.reference, this.checkSum, this.holder, intent);
		this.remembered = true;
	}

	/**
	 * Proves that the lease is held, in the transaction that is about to be committed.
	 */
	@FunctionalInterface
	interface Proof {

		void prove(Connection connection) throws SQLException;

	}

	/**
	 * A statement.
	 *
	 * @param <T> the type of its result
	 * @param sql its text
	 * @param repeatable whether it can be executed another time when it has failed
	 * @param nothing the result when it was skipped
	 * @param execution executes it
	 */
	record Step<T>(String sql, boolean repeatable, T nothing, Execution<T> execution) {

		T execute() throws SQLException {
			return this.execution.execute();
		}

	}

}
