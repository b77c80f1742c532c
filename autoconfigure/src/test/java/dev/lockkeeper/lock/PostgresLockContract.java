// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.testsupport.JdbcDatabase;
import dev.lockkeeper.testsupport.TestDatabase;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * What a {@link MigrationLock} promises on PostgreSQL beyond {@link MigrationLockContract
 * the rest}: a proof in the transaction of the run, and the end of the backend of a dead
 * holder.
 */
public abstract class PostgresLockContract extends MigrationLockContract {

	protected final TestDatabase database;

	protected PostgresLockContract(TestDatabase database) {
		super(new JdbcDatabase(database.getUrl()));
		this.database = database;
	}

	@Override
	protected void awaitNoSessions() {
		this.database.awaitNoSessions();
	}

	@Test
	void aProofFindsThatTheRowWasDeletedByHand() throws SQLException {
		try (Lease lease = longLock("first").tryAcquire().orElseThrow(); Connection working = this.database.open()) {
			delete();
			working.setAutoCommit(false);
			assertThat(lease.prove(working)).isFalse();
			assertThat(lease.isLost()).isTrue();
			acquire("second").close();
		}
	}

	@Override
	protected void loseConnections() {
		this.database.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
				+ "WHERE datname = current_database() AND pid <> pg_backend_pid()");
	}

	@Test
	void aProofKeepsOthersAwayUntilTheTransactionEnds() throws SQLException {
		try (Lease lease = acquire("first"); Connection working = this.database.open()) {
			working.setAutoCommit(false);
			assertThat(lease.prove(working)).isTrue();
			// The open proof blocks the renewals, too
			Awaitility.await().atMost(TIMEOUT).until(() -> !isHeld());
			assertThat(lock("second").tryAcquire()).isEmpty();
			working.rollback();
			acquire("second").close();
		}
	}

	@Test
	void theBackendOfADeadHolderIsEndedFirst() throws Exception {
		Lease dead = acquire("dead");
		try (Connection orphan = this.database.open()) {
			dead.recordSession(orphan);
			String pid = pidOf(orphan);
			CompletableFuture<@Nullable Void> sleeping = CompletableFuture
				.runAsync(() -> execute(orphan, "SELECT pg_sleep(300)"));
			expire();
			try (Lease next = longLock("next").tryAcquire().orElseThrow()) {
				assertThat(this.database.query("SELECT pid FROM pg_stat_activity WHERE pid = " + pid)).isEmpty();
				assertThatThrownBy(sleeping::join).hasRootCauseInstanceOf(SQLException.class);
				assertThat(next.isLost()).isFalse();
				assertThat(next.getPredecessor()).isEqualTo(dead.getHolder());
			}
		}
		dead.close();
	}

	@Test
	void aReleasedLockIsNotTakenOver() throws Exception {
		try (Lease first = acquire("first"); Connection working = this.database.open()) {
			assertThat(first.getPredecessor()).isNull();
			first.recordSession(working);
		}
		try (Lease next = acquire("next")) {
			assertThat(next.getPredecessor()).isNull();
		}
	}

	@Test
	void aProcessFrozenBetweenItsProofAndItsCommitCommitsNothing() throws Exception {
		Lease frozen = acquire("frozen");
		try (Connection working = this.database.open()) {
			frozen.recordSession(working);
			working.setAutoCommit(false);
			execute(working, "CREATE TABLE late (id int)");
			assertThat(frozen.prove(working)).isTrue();
			Awaitility.await().atMost(TIMEOUT).until(() -> !isHeld());
			try (Lease next = acquire("next")) {
				assertThat(next.isLost()).isFalse();
				assertThatThrownBy(working::commit).isInstanceOf(SQLException.class);
			}
		}
		assertThat(this.database.query("SELECT tablename FROM pg_tables WHERE tablename = 'late'")).isEmpty();
		frozen.close();
	}

	@Test
	void aBackendThatMayNotBeEndedBlocksTheLockUntilItIsGone() throws Exception {
		String role = this.database.getServer().createRole("secret");
		Lease dead = acquire("dead");
		this.database.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO " + role);
		DriverManagerDataSource weak = new DriverManagerDataSource(this.database.getPlainUrl(), role, "secret");
		MigrationLock next = locks(LEASE, "next").at(address(weak));
		try (Connection orphan = this.database.open()) {
			dead.recordSession(orphan);
			expire();
			assertThatExceptionOfType(LockObstructedException.class).isThrownBy(next::tryAcquire)
				.satisfies((ex) -> assertThat(ex.getStatus()).isEqualTo(ExitStatus.PERMISSION))
				.satisfies((ex) -> assertThat(ex.getAction()).contains("pg_terminate_backend"));
			assertThat(pidOf(orphan)).isNotEmpty();
		}
		Awaitility.await().atMost(TIMEOUT).ignoreExceptions().until(() -> {
			Optional<Lease> lease = next.tryAcquire();
			lease.ifPresent(Lease::close);
			return lease.isPresent();
		});
		dead.close();
	}

	@Test
	void aSessionThatHasTheNumberOfADeadOneIsLeftAlone() throws Exception {
		acquire("dead").close();
		try (Connection innocent = this.database.open()) {
			String pid = pidOf(innocent);
			this.database.execute("UPDATE lockkeeper_lock SET backend_pid = %s, ".formatted(pid)
					+ "backend_start = now() - interval '1 d'");
			acquire("next").close();
			assertThat(pidOf(innocent)).isEqualTo(pid);
		}
	}

	@Test
	void aReleaseForgetsTheBackendAndEndsIt() throws Exception {
		try (Connection working = this.database.open()) {
			try (Lease lease = acquire("first")) {
				lease.recordSession(working);
				assertThat(this.database.query("SELECT backend_pid FROM lockkeeper_lock"))
					.containsExactly(pidOf(working));
			}
			assertThat(this.database.query("SELECT backend_pid FROM lockkeeper_lock")).containsExactly("null");
			assertThatThrownBy(() -> pidOf(working)).isInstanceOf(SQLException.class);
		}
		assertThat(isHeld()).isFalse();
	}

	@Test
	void aReleaseForgetsTheBackendOfAClosedSessionAndLeavesItAlone() throws Exception {
		try (Connection pooled = this.database.open()) {
			String pid = pidOf(pooled);
			try (Lease lease = acquire("first")) {
				lease.recordSession(pooled);
				lease.sessionClosed();
				assertThat(this.database.query("SELECT backend_pid FROM lockkeeper_lock")).containsExactly(pid);
			}
			assertThat(this.database.query("SELECT backend_pid FROM lockkeeper_lock")).containsExactly("null");
			assertThat(pidOf(pooled)).isEqualTo(pid);
		}
		assertThat(isHeld()).isFalse();
	}

	@Test
	void aReleaseEndsTheBackendOfASessionThatWasRecordedAfterAClosedOne() throws Exception {
		try (Connection closed = this.database.open(); Connection working = this.database.open()) {
			try (Lease lease = acquire("first")) {
				lease.recordSession(closed);
				lease.sessionClosed();
				lease.recordSession(working);
			}
			assertThatThrownBy(() -> pidOf(working)).isInstanceOf(SQLException.class);
		}
	}

	private static String pidOf(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement();
				var rows = statement.executeQuery("SELECT pg_backend_pid()")) {
			rows.next();
			return rows.getString(1);
		}
	}

	private static void execute(Connection connection, String sql) {
		try (Statement statement = connection.createStatement()) {
			statement.execute(sql);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
