// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.lock.LockAddress;
import dev.lockkeeper.lock.MigrationLock;
import net.javacrumbs.shedlock.core.LockConfiguration;
import net.javacrumbs.shedlock.core.SimpleLock;
import net.javacrumbs.shedlock.provider.jdbctemplate.JdbcTemplateLockProvider;

import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * A lock in a table, held for a while at a time. The database tells the time, so that the
 * clocks of the processes need not agree. The name of a holder is unique for each
 * acquisition: a host name alone would let a restarted process renew what is no longer
 * its own.
 */
final class LeaseLock implements MigrationLock {

	private static final int MAXIMUM_HOLDER_LENGTH = 200;

	private final LockAddress address;

	private final Duration duration;

	private final String process;

	LeaseLock(LockAddress address, Duration duration, String process) {
		this.address = address;
		this.duration = duration;
		this.process = (process.length() > MAXIMUM_HOLDER_LENGTH) ? process.substring(0, MAXIMUM_HOLDER_LENGTH)
				: process;
	}

	@Override
	public Optional<Lease> tryAcquire() {
		LeaseSession session = new LeaseSession(this.address.connections());
		String holder = this.process + "/" + UUID.randomUUID();
		boolean held = false;
		try {
			long asked = System.nanoTime();
			Optional<SimpleLock> lock = take(session, holder);
			held = lock.isPresent();
			return lock.map((taken) -> RenewedLease.start(taken, holder, session, this.duration, asked,
					() -> take(session, holder)));
		}
		finally {
			if (!held) {
				session.close();
			}
		}
	}

	private Optional<SimpleLock> take(LeaseSession session, String holder) {
		createTable(session);
		JdbcTemplateLockProvider provider = new JdbcTemplateLockProvider(
				JdbcTemplateLockProvider.Configuration.builder()
					.withJdbcTemplate(new JdbcTemplate(session))
					.withTableName(this.address.table())
					.withLockedByValue(holder)
					.usingDbTime()
					.build());
		return provider.lock(new LockConfiguration(Instant.now(), this.address.name(), this.duration, Duration.ZERO));
	}

	private void createTable(LeaseSession session) {
		try (Connection connection = session.getConnection()) {
			LeaseTable.createIfMissing(connection, this.address.table(), this.address.readableLike());
		}
		catch (SQLException ex) {
			throw new DataAccessResourceFailureException(
					"The lease table %s is not there and cannot be created".formatted(this.address.table()), ex);
		}
	}

}
