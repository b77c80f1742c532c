// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

import javax.sql.DataSource;

import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.lock.MigrationLock;
import dev.lockkeeper.lock.MigrationLockContract;
import dev.lockkeeper.lock.MigrationLocks;
import net.javacrumbs.shedlock.core.ClockProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The lease on a database that is not PostgreSQL: the same contract, without the proof in
 * a transaction and without backends.
 */
abstract class OtherDatabaseLeaseContract extends MigrationLockContract {

	private final LeaseDatabase database;

	OtherDatabaseLeaseContract(LeaseDatabase database) {
		super(database.jdbc());
		this.database = database;
	}

	@AfterEach
	void setTheClockRight() {
		ClockProvider.setClock(Clock.systemUTC());
	}

	@Override
	protected MigrationLocks locks(Duration lease, String process) {
		return new LeaseLocks(lease, process);
	}

	@Override
	protected String table() {
		return this.database.table();
	}

	@Override
	protected void expire() {
		this.database.expire();
	}

	@Override
	protected void giveToAnother() {
		this.jdbc.execute("UPDATE %s SET locked_by = 'another', lock_until = %s + %s".formatted(table(),
				this.database.now(), this.database.second().replace("1", "50")));
	}

	@Override
	protected void delete() {
		this.jdbc.execute("DELETE FROM " + table());
	}

	@Override
	protected String until() {
		return this.jdbc.query("SELECT lock_until FROM " + table()).get(0);
	}

	@Override
	protected boolean isHeld() {
		return this.database.isHeld("public.lock");
	}

	@ParameterizedTest
	@ValueSource(ints = { -1, 1 })
	void theClockOfTheProcessDoesNotCount(int hours) throws SQLException {
		Clock wrong = Clock.offset(Clock.systemUTC(), Duration.ofHours(hours));
		ClockProvider.setClock(wrong);
		try (Lease lease = acquire("first"); Connection connection = this.jdbc.open()) {
			assertThat(lock("second").tryAcquire()).isEmpty();
			awaitRenewal();
			assertThat(isHeld()).isTrue();
			assertThat(lock("second").findHolder(connection))
				.hasValueSatisfying((holder) -> assertThat(holder.holder()).isEqualTo(lease.getHolder()));
			expire();
			assertThat(lock("second").findHolder(connection)).isEmpty();
			acquire("second").close();
		}
	}

	@Test
	void reportsSinceWhenAndUntilWhenItIsHeld() throws SQLException {
		try (Lease lease = acquire("first"); Connection connection = this.jdbc.open()) {
			assertThat(lease.isLost()).isFalse();
			assertThat(lock("second").findHolder(connection)).hasValueSatisfying((holder) -> {
				// The database is on the same machine
				assertThat(Duration.between(holder.since(), Clock.systemUTC().instant()))
					.isBetween(Duration.ofSeconds(-2), TIMEOUT);
				assertThat(Duration.between(holder.since(), holder.until())).isBetween(Duration.ofSeconds(1), TIMEOUT);
			});
		}
	}

	@ParameterizedTest
	@CsvSource({ "+09:00, -09:00", "-09:00, +09:00" })
	void theTimeZonesOfTheSessionsDoNotCount(String first, String second) throws SQLException {
		MigrationLock other = locks(LEASE, "second").at(address(inZone(second)));
		try (Lease lease = locks(LEASE, "first").at(address(inZone(first))).tryAcquire().orElseThrow();
				Connection connection = inZone(second).getConnection()) {
			assertThat(other.tryAcquire()).isEmpty();
			awaitRenewal();
			assertThat(lease.isLost()).isFalse();
			assertThat(other.findHolder(connection))
				.hasValueSatisfying((holder) -> assertThat(Duration.between(holder.since(), Instant.now()))
					.isBetween(Duration.ofSeconds(-2), TIMEOUT));
			assertThat(other.tryAcquire()).isEmpty();
			expire();
			other.tryAcquire().orElseThrow().close();
		}
	}

	private DataSource inZone(String zone) {
		return new DelegatingDataSource(new DriverManagerDataSource(this.jdbc.url())) {

			@Override
			public Connection getConnection() throws SQLException {
				Connection connection = super.getConnection();
				try (Statement statement = connection.createStatement()) {
					statement.execute(OtherDatabaseLeaseContract.this.database.zone().formatted(zone));
				}
				return connection;
			}

		};
	}

}
