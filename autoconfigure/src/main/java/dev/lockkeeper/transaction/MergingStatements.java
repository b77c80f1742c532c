// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;

import dev.lockkeeper.jdbc.CreationInterceptor;

/**
 * Creates the statements of a {@link MergingConnection}, unless the run is broken off.
 */
final class MergingStatements extends CreationInterceptor {

	private final MergingConnection connection;

	MergingStatements(MergingConnection connection, Connection delegate) {
		super(delegate);
		this.connection = connection;
	}

	@Override
	protected Statement create(Creation creation) throws SQLException {
		this.connection.requireWhole();
		return this.connection.callDriver(creation::create);
	}

	@Override
	protected <S extends PreparedStatement> S prepare(Class<S> type, String sql, Preparation<S> preparation)
			throws SQLException {
		this.connection.requireWhole();
		return this.connection.wrap(type, this.connection.callDriver(() -> preparation.prepare(sql)), sql);
	}

}
