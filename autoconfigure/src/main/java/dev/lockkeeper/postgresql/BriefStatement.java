// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

import dev.lockkeeper.jdbc.ExecutionInterceptor;
import org.jspecify.annotations.Nullable;

/**
 * A statement of {@link BriefTransactions}: each execution is one message, and a
 * transaction of its own.
 */
final class BriefStatement extends ExecutionInterceptor {

	private static final String NO_RESULT = "02000";

	private final BriefTransactions transactions;

	private final Statement statement;

	private final @Nullable Prepared prepared;

	/**
	 * Create a statement.
	 * @param statement the statement of the driver
	 * @param prepared what was prepared; {@code null} when it was nothing, or not as a
	 * part of a message
	 */
	BriefStatement(BriefTransactions transactions, Statement statement, @Nullable Prepared prepared) {
		super(statement, (prepared != null) ? prepared.sql() : "");
		this.transactions = transactions;
		this.statement = statement;
		this.prepared = prepared;
	}

	@Override
	protected ResultSet query(Call<ResultSet> call) throws SQLException {
		ResultSet rows = run(call);
		if (rows == null) {
			throw new SQLException("The statement has returned no rows", NO_RESULT);
		}
		return rows;
	}

	@Override
	protected <T> T execute(Call<T> call, T nothing) throws SQLException {
		return run(call);
	}

	private <T> T run(Call<T> call) throws SQLException {
		int skipped;
		String message = null;
		if (call.form() == Form.PREPARED && this.prepared != null) {
			skipped = this.prepared.before() + 1;
		}
		else if (call.form() == Form.TEXT && !this.transactions.isLasting()) {
			skipped = this.transactions.countBefore() + 1;
			message = this.transactions.inOneMessage(call.texts().get(0));
		}
		else {
			this.transactions.last("a batch, or a statement in a transaction");
			return call.execution().execute();
		}
		try {
			if (message != null) {
				this.statement.execute(message);
			}
			else {
				((PreparedStatement) this.statement).execute();
			}
			for (int i = 0; i < skipped; i++) {
				this.statement.getMoreResults();
			}
			this.transactions.remember(call.texts().get(0));
		}
		catch (SQLException ex) {
			this.transactions.endFailed(ex);
			throw ex;
		}
		return call.outcome().of(this.statement);
	}

	/**
	 * What was prepared as a part of a message.
	 *
	 * @param sql the statement alone
	 * @param before how many settings the message has before it
	 */
	record Prepared(String sql, int before) {
	}

}
