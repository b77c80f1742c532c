// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

import dev.lockkeeper.jdbc.ExecutionInterceptor;
import dev.lockkeeper.transaction.StepwiseChangeSet.Step;

/**
 * A statement of a {@link MergingConnection}: the run is notified before and after each
 * execution, and may skip it.
 */
final class MergingStatement extends ExecutionInterceptor {

	private final MergingConnection connection;

	MergingStatement(MergingConnection connection, Statement statement, String sql) {
		super(statement, sql);
		this.connection = connection;
	}

	@Override
	protected ResultSet query(Call<ResultSet> call) throws SQLException {
		this.connection.executing(call.texts());
		ResultSet rows = this.connection.callDriver(() -> executeLimited(call));
		this.connection.executed();
		return rows;
	}

	@Override
	protected <T> T execute(Call<T> call, T nothing) throws SQLException {
		this.connection.executing(call.texts());
		Step<T> step = new Step<>(String.join(";", call.texts()), call.form() != Form.BATCH, nothing,
				() -> this.connection.callDriver(() -> executeLimited(call)));
		T result = this.connection.execute(step);
		this.connection.executed();
		return result;
	}

	private <T> T executeLimited(Call<T> call) throws SQLException {
		try {
			return executeAfter(this.connection.limit(), call);
		}
		finally {
			this.connection.limited();
		}
	}

}
