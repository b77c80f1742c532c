// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governed;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.intent.Intent;
import dev.lockkeeper.intent.Intent.Begun;
import dev.lockkeeper.intent.IntentTable;
import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.migration.UnfinishedChangeSets;
import dev.lockkeeper.schema.ChangeSetReference;
import org.jspecify.annotations.Nullable;

/**
 * The notes of one schema on change sets that are not one transaction.
 *
 * @param connections opens connections to the database
 * @param table where the notes are
 */
record NotedStatements(OwnConnections connections, IntentTable table) implements UnfinishedChangeSets {

	@Override
	public List<Unfinished> find() throws SQLException {
		List<Unfinished> unfinished = new ArrayList<>();
		try (Connection connection = this.connections.openStateless()) {
			connection.setAutoCommit(true);
			for (Map.Entry<ChangeSetReference, Intent> noted : this.table.findAll(connection).entrySet()) {
				Intent intent = noted.getValue();
				Begun begun = intent.statement();
				unfinished.add(new Unfinished(noted.getKey(), intent.done() + 1, (begun != null) ? begun.summary() : "",
						settled(connection, begun), intent));
			}
		}
		return unfinished;
	}

	private static @Nullable String settled(Connection connection, @Nullable Begun begun) throws SQLException {
		if (begun == null) {
			return "no statement was under way";
		}
		if (begun.outcome() != null) {
			return "an operator or the server has reported already that its statement was " + begun.outcome();
		}
		return begun.isInQuestion(connection) ? null
				: "the next run finds out by itself whether its statement was done, or may be executed again";
	}

	@Override
	public Answer resolve(Unfinished found, boolean done, Lease lease) throws SQLException {
		Answer answer;
		try (Connection connection = this.connections.limited().getConnection()) {
			connection.setAutoCommit(true);
			lease.recordSession(connection);
			answer = write(connection, found, done, lease);
			connection.setAutoCommit(true);
		}
		lease.sessionClosed();
		return answer;
	}

	private Answer write(Connection connection, Unfinished found, boolean done, Lease lease) throws SQLException {
		connection.setAutoCommit(false);
		boolean committed = false;
		try {
			if (!(found.note() instanceof Intent intent) || !this.table.answer(connection, found.changeSet(), intent,
					done ? Begun.DONE : Begun.NOT_DONE, lease.getHolder())) {
				return Answer.OUTDATED;
			}
			if (!lease.prove(connection)) {
				return Answer.LEASE_LOST;
			}
			connection.commit();
			committed = true;
			return Answer.WRITTEN;
		}
		finally {
			if (!committed) {
				connection.rollback();
			}
		}
	}

}
