// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;

import dev.lockkeeper.jdbc.CreationInterceptor;
import dev.lockkeeper.postgresql.BriefStatement.Prepared;

/**
 * Creates the statements of {@link BriefTransactions}.
 */
final class BriefStatements extends CreationInterceptor {

	private final BriefTransactions transactions;

	BriefStatements(BriefTransactions transactions, Connection delegate) {
		super(delegate);
		this.transactions = transactions;
	}

	@Override
	protected Statement create(Creation creation) throws SQLException {
		return creation.create();
	}

	@Override
	protected <S extends PreparedStatement> S prepare(Class<S> type, String sql, Preparation<S> preparation)
			throws SQLException {
		if (isEscaped(type, sql)) {
			this.transactions.last("a call in the syntax of JDBC");
		}
		if (this.transactions.isLasting()) {
			return preparation.prepare(sql);
		}
		Prepared prepared = new Prepared(sql, this.transactions.countBefore());
		return this.transactions.wrap(type, preparation.prepare(this.transactions.inOneMessage(sql)), prepared);
	}

	// The driver translates it as a whole
	private static boolean isEscaped(Class<?> type, String sql) {
		return type == CallableStatement.class && sql.strip().startsWith("{");
	}

}
