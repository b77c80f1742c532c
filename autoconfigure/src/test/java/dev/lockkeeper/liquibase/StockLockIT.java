// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import javax.sql.DataSource;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.command.AdvisedCommand;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.datasource.AbstractDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The changelog lock of Liquibase itself, held by another process.
 */
@FullTier
@ExtendWith(OutputCaptureExtension.class)
class StockLockIT {

	private static final String WAITING = "lockkeeper - waiting for a Liquibase that is not governed";

	private static final Duration LONG = Duration.ofMinutes(1);

	private static final String LOCK_TABLE = "CREATE TABLE databasechangeloglock (id INTEGER NOT NULL, "
			+ "locked BOOLEAN NOT NULL, lockgranted TIMESTAMP WITHOUT TIME ZONE, lockedby VARCHAR(255), "
			+ "CONSTRAINT databasechangeloglock_pkey PRIMARY KEY (id))";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	void aLockOfAnotherLiquibaseIsWaitedForAndReported(CapturedOutput output) {
		lock("pod-7 (10.9.8.7)", "1 hour");
		runner().withPropertyValues("lockkeeper.lock.wait-timeout=1s").run((context) -> {
			assertThat(LockkeeperException.findIn(context.getStartupFailure()))
				.isInstanceOfSatisfying(LockkeeperException.class, (failure) -> {
					assertThat(failure.getStatus()).isEqualTo(ExitStatus.TEMPORARY);
					assertThat(failure.getMessage()).contains(
							"databasechangeloglock was still held by pod-7 (10.9.8.7) since 2", "after 1s",
							"the database sees no session of that host");
					assertThat(failure.getAction()).contains("lockkeeper.lock.break-foreign-after");
					assertThat(AdvisedCommand.in(failure.getAction())).singleElement()
						.isEqualTo(new String[] { "--migrate-only", "--release-lock=pod-7 (10.9.8.7)" });
				});
		});
		assertThat(output).contains(WAITING, "held by pod-7 (10.9.8.7) since 2",
				"the database sees no session of that host");
		assertThat(holder()).isEqualTo("pod-7 (10.9.8.7)");
		assertThat(this.database.query("SELECT to_regclass('one')")).containsExactly("null");
	}

	@Test
	void sessionsOfItsHostAreSeenByAddressOrByName(CapturedOutput output) throws SQLException {
		try (Connection byAddress = this.database.open()) {
			String address = query(byAddress, "SELECT host(inet_client_addr())");
			lock("elsewhere#blue (%s)".formatted(address), "1 minute");
			fails();
			assertThat(output).contains("the database sees 1 session of that host, the oldest since 2");
			query(byAddress, "SELECT set_config('application_name', 'harbour POD-7', false)");
			lock("pod-7 (10.9.8.7)", "1 minute");
			byAddress.setAutoCommit(false);
			query(byAddress, "SELECT 1");
			fails();
			assertThat(output)
				.containsPattern("held by pod-7 .*; the database sees 1 session of that host, .*, 1 in a transaction");
			lock("pod-70 (10.9.8.7)", "1 minute");
			fails();
			assertThat(output).containsPattern("held by pod-70 .*; the database sees no session of that host");
		}
	}

	@Test
	void itIsReportedWhenTheRoleMayNotSeeTheSessions(CapturedOutput output) throws SQLException {
		String role = this.database.getServer().createRole("may-not-see");
		lock("pod-7 (10.9.8.7)", "1 minute");
		this.database.execute("GRANT CREATE ON SCHEMA public TO " + role,
				"GRANT ALL ON databasechangeloglock TO " + role);
		try (Connection hidden = this.database.open()) {
			query(hidden, "SELECT 1");
			runner()
				.withPropertyValues("spring.datasource.url=" + this.database.getPlainUrl(),
						"spring.datasource.username=" + role, "spring.datasource.password=may-not-see",
						"lockkeeper.lock.wait-timeout=0s")
				.run((context) -> assertThat(context).hasFailed());
		}
		assertThat(output)
			.contains("sees no session of that host, but does not show this role where 1 other comes from");
	}

	@Test
	void aHostWithoutAnAddressIsNotSearched(CapturedOutput output) {
		lock("pod-7 (nowhere)", "1 minute");
		fails();
		assertThat(output).contains("the sessions of its host could not be looked for");
		lock("the admin", "1 minute");
		fails();
		assertThat(output).contains("held by the admin since", "does not name a host");
	}

	@Test
	void aLockOfAnotherLiquibaseIsBrokenAtItsAge(CapturedOutput output) {
		lock("pod-7 (10.9.8.7)", "2 hours");
		runner().withPropertyValues("lockkeeper.lock.break-foreign-after=1h").run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(output)
				.containsPattern("WARN.*lockkeeper - broke the changelog lock of a Liquibase that is not governed")
				.contains("held by pod-7 (10.9.8.7)", "longer than 1h", "the database sees no session of that host");
		});
		assertThat(this.database.query("SELECT locked FROM databasechangeloglock")).containsExactly("f");
	}

	@Test
	void aLockThatIsYoungerIsNotBroken(CapturedOutput output) {
		lock("pod-7 (10.9.8.7)", "50 minutes");
		runner().withPropertyValues("lockkeeper.lock.break-foreign-after=1h", "lockkeeper.lock.wait-timeout=1s")
			.run((context) -> assertThat(context).hasFailed());
		assertThat(output).doesNotContain("broke the changelog lock");
		assertThat(holder()).isEqualTo("pod-7 (10.9.8.7)");
	}

	// It may have been granted in another time zone, or by hand without a time
	@Test
	void aLockThatWasSeenForSoLongIsOldWhateverItsTime(CapturedOutput output) {
		lock("pod-7 (10.9.8.7)", "-5 hours");
		runner().withPropertyValues("lockkeeper.lock.break-foreign-after=2s")
			.run((context) -> assertThat(context).hasNotFailed());
		this.database.execute(
				"UPDATE databasechangeloglock SET locked = true, lockedby = NULL, lockgranted = NULL; DELETE FROM databasechangelog; DROP TABLE one");
		runner().withPropertyValues("lockkeeper.lock.break-foreign-after=2s")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output).contains("held by an unknown process since an unknown time, longer than 2s");
	}

	@Test
	void theLockOfADeadRunOfOursIsTakenOverAtOnce(CapturedOutput output) {
		lock("lockkeeper:application pod-6/0", "1 second");
		runner().run((context) -> assertThat(context).hasNotFailed());
		assertThat(output).doesNotContain(WAITING);
	}

	// Killed after its last commit, or in it, by a server that went on
	@Test
	void aRunThatFindsNothingToDoReleasesTheLockOfADeadOne(CapturedOutput output) {
		runner().run((context) -> assertThat(context).hasNotFailed());
		lock("lockkeeper:application pod-6/0", "1 second");
		runner().run((context) -> assertThat(context).hasNotFailed());
		assertThat(
				this.database.query("SELECT concat_ws(' ', locked, lockedby, lockgranted) FROM databasechangeloglock"))
			.containsExactly("f");
		assertThat(output).contains("lockkeeper - released the changelog lock that a run left behind",
				"lockkeeper - nothing to do");
	}

	@Test
	void aRunThatFindsNothingToDoReleasesNoLockThatIsHeld() {
		runner().run((context) -> assertThat(context).hasNotFailed());
		lock("pod-7 (10.9.8.7)", "1 day");
		runner().run((context) -> assertThat(context).hasNotFailed());
		assertThat(holder()).isEqualTo("pod-7 (10.9.8.7)");
		lock("lockkeeper:application pod-6/0", "1 second");
		this.database.execute("UPDATE lockkeeper_lock SET locked_by = 'application pod-6/0', "
				+ "lock_until = timezone('utc', now()) + interval '1 hour'");
		runner().run((context) -> assertThat(context).hasNotFailed());
		assertThat(holder()).isEqualTo("lockkeeper:application pod-6/0");
	}

	@Test
	void theLockOfADeadRunIsNotWaitedForWhileAnotherProcessReleasesIt(CapturedOutput output) throws Exception {
		runner().run((context) -> assertThat(context).hasNotFailed());
		lock("lockkeeper:application pod-6/0", "1 second");
		try (Connection other = this.database.open()) {
			other.setAutoCommit(false);
			query(other, "SELECT 1 FROM databasechangeloglock FOR UPDATE");
			assertThat(start()).succeedsWithin(LONG);
		}
		assertThat(output)
			.containsPattern("WARN.*lockkeeper - the changelog lock that a run left behind could not be released");
		assertThat(holder()).isEqualTo("lockkeeper:application pod-6/0");
	}

	@Test
	void theLockOfADeadRunIsReleasedOnConnectionsThatDoNotCommitByThemselves() {
		runner().run((context) -> assertThat(context).hasNotFailed());
		lock("lockkeeper:application pod-6/0", "1 second");
		runner().withBean(DataSource.class, () -> new UncommittingDataSource(this.database))
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(this.database.query("SELECT locked FROM databasechangeloglock")).containsExactly("f");
	}

	@Test
	void aRoleThatMayNotReleaseTheLockOfADeadRunStartsAllTheSame(CapturedOutput output) {
		runner().run((context) -> assertThat(context).hasNotFailed());
		lock("lockkeeper:application pod-6/0", "1 second");
		String role = this.database.getServer().createRole("may-read");
		this.database.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO " + role);
		runner()
			.withPropertyValues("spring.datasource.url=" + this.database.getPlainUrl(),
					"spring.datasource.username=" + role, "spring.datasource.password=may-read")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output)
			.containsPattern("WARN.*lockkeeper - the changelog lock that a run left behind could not be released");
		assertThat(holder()).isEqualTo("lockkeeper:application pod-6/0");
	}

	@Test
	void aWaitingRunKeepsNoTransactionOpen(CapturedOutput output) {
		lock("pod-7 (10.9.8.7)", "1 minute");
		CompletableFuture<Void> run = start();
		Awaitility.await().atMost(LONG).until(() -> output.toString().contains(WAITING));
		// As a Liquibase beside us may do while we wait
		this.database.execute("CREATE TABLE busy (id int)", "CREATE INDEX CONCURRENTLY busy_id ON busy (id)");
		assertThat(run).isNotDone();
		this.database.execute("UPDATE databasechangeloglock SET locked = false");
		assertThat(run).succeedsWithin(LONG);
	}

	@Test
	void theLockIsHeldFromTheMomentAtWhichItsTableAppears() throws Exception {
		try (Connection stock = this.database.open()) {
			stock.setAutoCommit(false);
			execute(stock, LOCK_TABLE);
			CompletableFuture<Void> run = start();
			awaitBlocked();
			stock.commit();
			// It has been created, and has no row yet
			assertThat(run).succeedsWithin(LONG);
		}
		assertThat(this.database.query("SELECT locked FROM databasechangeloglock")).containsExactly("f");
	}

	@Test
	void aLiquibaseThatIsAboutToInsertTheRowOfTheLockIsWaitedFor(CapturedOutput output) throws Exception {
		this.database.execute(LOCK_TABLE);
		try (Connection stock = this.database.open()) {
			stock.setAutoCommit(false);
			assertThat(query(stock, "SELECT count(*) FROM databasechangeloglock")).isEqualTo("0");
			CompletableFuture<Void> run = start();
			awaitBlocked();
			execute(stock, "DELETE FROM databasechangeloglock");
			execute(stock, "INSERT INTO databasechangeloglock (id, locked) VALUES (1, true)");
			stock.commit();
			Awaitility.await().atMost(LONG).until(() -> output.toString().contains(WAITING));
			assertThat(run).isNotDone();
			assertThat(this.database.query("SELECT to_regclass('one')")).containsExactly("null");
			execute(stock, "UPDATE databasechangeloglock SET locked = false");
			stock.commit();
			assertThat(run).succeedsWithin(LONG);
		}
	}

	@Test
	void anotherCreationOfTheHistoryAtTheSameTimeIsNoFailure() throws Exception {
		this.database.execute(
				"CREATE TABLE template (id VARCHAR(255) NOT NULL, author VARCHAR(255) NOT NULL, filename VARCHAR(255) NOT NULL, "
						+ "dateexecuted TIMESTAMP NOT NULL, orderexecuted INTEGER NOT NULL, exectype VARCHAR(10) NOT NULL, "
						+ "md5sum VARCHAR(35), description VARCHAR(255), comments VARCHAR(255), tag VARCHAR(255), "
						+ "liquibase VARCHAR(20), contexts VARCHAR(255), labels VARCHAR(255), deployment_id VARCHAR(10))");
		try (Connection stock = this.database.open()) {
			stock.setAutoCommit(false);
			execute(stock, "CREATE TABLE databasechangelog (LIKE template INCLUDING ALL)");
			CompletableFuture<Void> run = start();
			awaitBlocked();
			stock.commit();
			assertThat(run).succeedsWithin(LONG);
		}
		assertThat(this.database.query("SELECT id FROM databasechangelog")).containsExactly("one");
	}

	private CompletableFuture<Void> start() {
		return CompletableFuture.runAsync(() -> runner().run((context) -> assertThat(context).hasNotFailed()));
	}

	private void fails() {
		runner().withPropertyValues("lockkeeper.lock.wait-timeout=0s")
			.run((context) -> assertThat(context).hasFailed());
	}

	// Written as Liquibase writes it, by the clock of the database
	private void lock(String holder, String age) {
		this.database.execute(LOCK_TABLE.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"),
				"DELETE FROM databasechangeloglock",
				"INSERT INTO databasechangeloglock VALUES (1, true, now() - interval '%s', '%s')".formatted(age,
						holder));
	}

	private String holder() {
		return this.database.query("SELECT lockedby FROM databasechangeloglock").get(0);
	}

	private void awaitBlocked() {
		Awaitility.await()
			.atMost(LONG)
			.pollInterval(50, TimeUnit.MILLISECONDS)
			.until(() -> !this.database.query(
					"SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
				.isEmpty());
	}

	private ApplicationContextRunner runner() {
		Path changeLog = this.directory.resolve("one.sql");
		try {
			Files.writeString(changeLog,
					"--liquibase formatted sql\n\n--changeset me:one\ncreate table one (id int primary key);\n");
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class,
					LiquibaseAutoConfiguration.class, DataSourceAutoConfiguration.class))
			.withPropertyValues("spring.datasource.url=" + this.database.getUrl(),
					"spring.liquibase.change-log=file:" + changeLog);
	}

	private static String query(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
			rows.next();
			return rows.getString(1);
		}
	}

	private static void execute(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute(sql);
		}
	}

	/**
	 * One of an unknown kind.
	 */
	private static final class UncommittingDataSource extends AbstractDataSource {

		private final TestDatabase database;

		UncommittingDataSource(TestDatabase database) {
			this.database = database;
		}

		@Override
		public Connection getConnection() throws SQLException {
			Connection connection = this.database.open();
			connection.setAutoCommit(false);
			return connection;
		}

		@Override
		public Connection getConnection(String username, String password) throws SQLException {
			return getConnection();
		}

	}

}
