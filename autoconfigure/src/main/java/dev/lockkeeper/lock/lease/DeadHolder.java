// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import java.sql.Connection;
import java.sql.SQLException;

import dev.lockkeeper.lock.LockAddress;
import dev.lockkeeper.lock.LockRemains;
import dev.lockkeeper.lock.LockRemains.Outcome;
import dev.lockkeeper.lock.lease.LeaseRow.Found;
import dev.lockkeeper.lock.lease.LeaseTable.LastHolder;
import dev.lockkeeper.postgresql.Backend;
import dev.lockkeeper.postgresql.SqlStates;

/**
 * Releases a lease before it ends by itself, once the session of its holder is gone. The
 * process of the holder may live: it has then lost the lease, as after any takeover.
 *
 * @param address where the lease is kept
 */
record DeadHolder(LockAddress address) {

	private static final String ENDS = "the lease ends by itself when its holder does not renew it";

	LockRemains release() throws SQLException {
		try (Connection connection = this.address.connections().getConnection()) {
			LeaseRow row = LeaseRow.of(connection, this.address);
			return (row != null) ? release(connection, row) : inspect(connection);
		}
		catch (SQLException ex) {
			if (SqlStates.isUndefinedTable(SqlStates.of(ex))) {
				return new LockRemains(Outcome.FREE, null, "no process has ever held it");
			}
			throw ex;
		}
	}

	private LockRemains release(Connection connection, LeaseRow row) throws SQLException {
		Found found = row.find(connection);
		if (found == null) {
			return new LockRemains(Outcome.FREE, null, "no process has ever held it");
		}
		Backend backend = found.backend();
		if (backend == null) {
			return found.held() ? kept(found, "no session is recorded for it now; " + ENDS)
					: new LockRemains(Outcome.FREE, found.holder(), "last held by " + found.holder());
		}
		if (found.readOnly()) {
			throw new SQLException("The lease cannot be released in a read-only transaction", SqlStates.READ_ONLY);
		}
		if (!backend.isGone(connection)) {
			return kept(found,
					"its session (pid %d) may still be at work; see it in pg_stat_activity".formatted(backend.pid()));
		}
		if (!found.held()) {
			return new LockRemains(Outcome.FREE, found.holder(), "last held by " + found.holder());
		}
		return row.endDead(connection, found)
				? new LockRemains(Outcome.RELEASED, found.holder(),
						"held by %s, whose session (pid %d) is gone".formatted(found.holder(), backend.pid()))
				: kept(found, "it was renewed for another session meanwhile; try again");
	}

	private static LockRemains kept(Found found, String facts) {
		return new LockRemains(Outcome.KEPT, found.holder(), "held by %s; %s".formatted(found.holder(), facts));
	}

	private LockRemains inspect(Connection connection) throws SQLException {
		LastHolder last = LeaseTable.read(connection, this.address.table(), this.address.name());
		return (last != null && last.holds())
				? new LockRemains(Outcome.KEPT, last.name(),
						"held by %s until %s; this database does not show whether its session is gone, and %s"
							.formatted(last.name(), last.until(), ENDS))
				: new LockRemains(Outcome.FREE, null, "no process holds it");
	}

}
