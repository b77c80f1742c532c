// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

import dev.lockkeeper.lock.DroppableLease;
import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.lock.LockAddress;
import dev.lockkeeper.lock.LockRemains;
import dev.lockkeeper.lock.LockRemains.Outcome;
import dev.lockkeeper.lock.MigrationLocks;
import dev.lockkeeper.lock.PostgresLockContract;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.TestPostgres;
import net.javacrumbs.shedlock.core.ClockProvider;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.datasource.AbstractDataSource;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * The lease on a real PostgreSQL.
 */
class LeaseLockIT extends PostgresLockContract {

	LeaseLockIT() {
		super(TestPostgres.shared().createDatabase());
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
	protected void expire() {
		this.database.execute("UPDATE lockkeeper_lock SET lock_until = timezone('utc', now()) - interval '1 s'");
	}

	@Override
	protected void giveToAnother() {
		this.database.execute("UPDATE lockkeeper_lock SET locked_by = 'another', "
				+ "lock_until = timezone('utc', now()) + interval '1 h'");
	}

	@Override
	protected void delete() {
		this.database.execute("DELETE FROM lockkeeper_lock");
	}

	@Override
	protected String until() {
		return this.database.query("SELECT lock_until FROM lockkeeper_lock").get(0);
	}

	@Override
	protected boolean isHeld() {
		return this.database.query("SELECT lock_until > timezone('utc', clock_timestamp()) FROM lockkeeper_lock")
			.contains("t");
	}

	@Test
	void aLeaseIsReleasedOnceTheSessionOfItsHolderIsGone() throws Exception {
		Lease dead = acquire("dead");
		try (Connection working = this.database.open()) {
			dead.recordSession(working);
			LockRemains kept = lock("operator").releaseDead();
			assertThat(kept.outcome()).isEqualTo(Outcome.KEPT);
			assertThat(kept.holder()).isEqualTo(dead.getHolder());
			assertThat(kept.facts()).contains("held by " + dead.getHolder(), "may still be at work");
			assertThat(isHeld()).isTrue();
		}
		Awaitility.await().atMost(TIMEOUT).until(() -> lock("operator").releaseDead().outcome() == Outcome.RELEASED);
		assertThat(isHeld()).isFalse();
		assertThat(lock("operator").releaseDead().outcome()).isEqualTo(Outcome.FREE);
		Awaitility.await().atMost(TIMEOUT).until(dead::isLost);
		dead.close();
	}

	@Test
	void aLeaseWithoutASessionIsKeptUntilItEnds() throws Exception {
		try (Lease lease = acquire("first")) {
			LockRemains kept = lock("operator").releaseDead();
			assertThat(kept.outcome()).isEqualTo(Outcome.KEPT);
			assertThat(kept.holder()).isEqualTo(lease.getHolder());
			assertThat(kept.facts()).contains("no session is recorded for it now");
		}
		assertThat(lock("operator").releaseDead().outcome()).isEqualTo(Outcome.FREE);
	}

	@Test
	void aSessionThatOutlivesItsLeaseIsNoDeadOne() throws Exception {
		Lease frozen = acquire("frozen");
		try (Connection working = this.database.open()) {
			frozen.recordSession(working);
			expire();
			assertThat(lock("operator").releaseDead().outcome()).isEqualTo(Outcome.KEPT);
		}
		frozen.close();
	}

	@Test
	void whereNoProcessHasEverHeldTheLockItIsFree() throws Exception {
		assertThat(lock("operator").releaseDead().outcome()).isEqualTo(Outcome.FREE);
		assertThat(this.database.query("SELECT relname FROM pg_class WHERE relname = 'lockkeeper_lock'")).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(ints = { -1, 1 })
	@FullTier
	void theClockOfTheProcessDoesNotCount(int hours) throws Exception {
		Clock wrong = Clock.offset(Clock.systemUTC(), Duration.ofHours(hours));
		ClockProvider.setClock(wrong);
		try (Lease lease = acquire("first"); var connection = this.database.open()) {
			assertThat(this.database.query("SELECT lock_until - timezone('utc', clock_timestamp()) "
					+ "BETWEEN interval '0' AND interval '%d s' FROM lockkeeper_lock".formatted(LEASE.toSeconds())))
				.containsExactly("t");
			assertThat(lock("second").tryAcquire()).isEmpty();
			awaitRenewal();
			assertThat(isHeld()).isTrue();
			assertThat(lock("second").findHolder(connection)).isPresent();
			expire();
			assertThat(lock("second").findHolder(connection)).isEmpty();
			acquire("second").close();
		}
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void aRowThatAnotherSessionHasLockedIsNoErrorOfTheLibrary(CapturedOutput output) throws Exception {
		acquire("first").close();
		try (Connection holding = this.database.open(); Statement statement = holding.createStatement()) {
			holding.setAutoCommit(false);
			statement.execute("SELECT 1 FROM lockkeeper_lock FOR UPDATE");
			assertThat(lock("second").tryAcquire()).isEmpty();
		}
		assertThat(output).doesNotContain("Unexpected exception");
		acquire("second").close();
	}

	// The session is not recorded: what keeps others out is in the transaction alone
	@ParameterizedTest
	@ValueSource(strings = { "REPEATABLE READ", "SERIALIZABLE", "SERIALIZABLE, READ ONLY" })
	@FullTier
	void aProofHoldsUntilTheTransactionEnds(String mode) throws Exception {
		try (Lease lease = acquire("first"); Connection working = begin(mode)) {
			awaitRenewal();
			assertThat(mode.endsWith("ONLY") ? lease.proveApart(working) : lease.prove(working)).isTrue();
			expire();
			assertThat(lock("second").tryAcquire()).isEmpty();
			working.commit();
			acquire("second").close();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE" })
	void aLeaseThatAnotherHolderHasTakenIsNotProved(String mode) throws Exception {
		try (Lease lease = acquire("first"); Connection working = begin(mode)) {
			giveToAnother();
			assertThat(lease.prove(working)).isFalse();
			assertThat(lease.isLost()).isTrue();
		}
	}

	@Test
	void aRowThatWasDeletedByHandIsNotTakenByAnotherOneBeforeACommitThatWasProved() throws Exception {
		try (Lease lease = acquire("first"); Connection working = begin("SERIALIZABLE")) {
			assertThat(lease.prove(working)).isTrue();
			delete();
			assertThat(lock("second").tryAcquire()).isEmpty();
			working.commit();
			acquire("second").close();
		}
	}

	@Test
	void aProcessThatComesTooLateForTheLeaseDoesNotDisturbAProof() throws Exception {
		LockAddress address = address(new DriverManagerDataSource(this.database.getUrl()));
		String key = "hashtextextended('lockkeeper %s %s', 0)".formatted(address.table(), address.name());
		try (Lease lease = acquire("first");
				Connection working = begin("SERIALIZABLE");
				Connection late = this.database.open()) {
			late.createStatement().execute("SELECT pg_advisory_lock(%s)".formatted(key));
			CompletableFuture<Boolean> proof = CompletableFuture.supplyAsync(() -> prove(lease, working));
			Awaitility.await("it was queried once")
				.atMost(TIMEOUT)
				.until(() -> !this.database
					.query("SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
							+ "AND query LIKE '%pg_try_advisory_xact_lock_shared%' AND pid <> pg_backend_pid()")
					.isEmpty());
			late.createStatement().execute("SELECT pg_advisory_unlock(%s)".formatted(key));
			assertThat(proof.get()).isTrue();
			assertThat(lease.isLost()).isFalse();
		}
	}

	private static boolean prove(Lease lease, Connection working) {
		try {
			return lease.prove(working);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private Connection begin(String mode) throws SQLException {
		Connection connection = this.database.open();
		connection.setAutoCommit(false);
		try (Statement statement = connection.createStatement()) {
			statement.execute("SET TRANSACTION ISOLATION LEVEL " + mode);
			statement.execute("SELECT 1 FROM lockkeeper_lock");
		}
		return connection;
	}

	@Test
	void isPutBackWithItsSessionAfterItsTableWasDropped() throws Exception {
		try (Lease lease = acquire("first"); var working = this.database.open()) {
			lease.recordSession(working);
			String session = this.database.query("SELECT backend_pid FROM lockkeeper_lock").get(0);
			this.database.execute("DROP TABLE lockkeeper_lock");
			((DroppableLease) lease).dropEnds();
			assertThat(this.database.query("SELECT backend_pid FROM lockkeeper_lock")).containsExactly(session);
			assertThat(lock("second").tryAcquire()).isEmpty();
			awaitRenewal();
			assertThat(lease.isLost()).isFalse();
		}
		acquire("second").close();
	}

	@Test
	void aConnectionLostWhileItIsTakenIsReportedAndTheLeaseIsGivenBack() {
		acquire("first").close();
		LosingDataSource losing = new LosingDataSource(this.database.getUrl());
		LockAddress address = new LockAddress("public.lock", "public.lockkeeper_lock", losing);
		assertThatThrownBy(() -> locks(LEASE, "second").at(address).tryAcquire())
			.satisfies((ex) -> assertThat(SqlStates.of(ex)).isEqualTo("08006"));
		assertThat(isHeld()).isFalse();
	}

	/**
	 * Its first connection is lost when the new holder forgets the backend of the last.
	 */
	private static final class LosingDataSource extends AbstractDataSource {

		private final AtomicBoolean lost = new AtomicBoolean();

		private final String url;

		LosingDataSource(String url) {
			this.url = url;
		}

		@Override
		public Connection getConnection() throws SQLException {
			Connection connection = DriverManager.getConnection(this.url);
			return (Connection) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] { Connection.class },
					(proxy, method, arguments) -> {
						if (method.getName().equals("prepareStatement")
								&& arguments[0].toString().contains("backend_pid = NULL")
								&& this.lost.compareAndSet(false, true)) {
							connection.close();
							throw new SQLException("The test wants this to fail", "08006");
						}
						try {
							return method.invoke(connection, arguments);
						}
						catch (InvocationTargetException ex) {
							throw ex.getTargetException();
						}
					});
		}

		@Override
		public Connection getConnection(String username, String password) throws SQLException {
			return getConnection();
		}

	}

}
