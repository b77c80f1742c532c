// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

import javax.sql.DataSource;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.lock.LockAddress;
import dev.lockkeeper.lock.lease.LeaseLocks;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Credentials rotate: one login migrates after the other, for one owner, and one dies
 * while the next begins.
 */
@FullTier
@ExtendWith(OutputCaptureExtension.class)
class RotatedLoginsIT {

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

	private static final String ONE = "me:one\ncreate table one (id int primary key);";

	private static final String TWO = "me:two\ncreate table two (id int primary key);";

	private static final String INDEX = "me:index runInTransaction:false\ncreate index concurrently two_id on two (id);";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final String suffix = UUID.randomUUID().toString().substring(0, 8);

	private final String owner = "Owner-" + this.suffix;

	private final String first = "v-First-" + this.suffix;

	private final String second = "v-Second-" + this.suffix;

	private final String superuser = this.database.query("SELECT quote_ident(current_user)").get(0);

	@BeforeEach
	void createLogins() {
		this.database.execute("CREATE ROLE \"%s\"".formatted(this.owner),
				"GRANT CREATE ON SCHEMA public TO \"%s\"".formatted(this.owner));
		for (String login : List.of(this.first, this.second)) {
			this.database
				.execute("CREATE ROLE \"%s\" LOGIN PASSWORD 'secret' IN ROLE \"%s\"".formatted(login, this.owner));
		}
	}

	@AfterEach
	void drop() {
		this.database.drop();
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
	void whateverLoginMigratesEverythingBelongsToTheOwner(RoleTaking taking) {
		if (taking == RoleTaking.ROLE) {
			takeRole(this.first, this.second);
		}
		assertThat(run(taking, this.first, ONE)).isNull();
		assertThat(run(taking, this.second, ONE, TWO, INDEX)).isNull();
		assertThat(run(taking, this.first, ONE, TWO, INDEX, "me:three\ninsert into two values (3);")).isNull();
		assertThat(this.database.query("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"))
			.containsExactly(this.owner);
		assertThat(this.database.query("SELECT id FROM databasechangelog ORDER BY orderexecuted"))
			.containsExactly("one", "two", "index", "three");
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
	void theApplicationReadsWhatEachLoginCreatesAsTheOwner(RoleTaking taking) {
		String application = this.database.getServer().createRole("secret");
		this.database.execute("ALTER DEFAULT PRIVILEGES FOR ROLE \"%s\" IN SCHEMA public GRANT SELECT ON TABLES TO %s"
			.formatted(this.owner, application));
		if (taking == RoleTaking.ROLE) {
			takeRole(this.first, this.second);
		}
		assertThat(run(taking, this.first, ONE)).isNull();
		assertThat(run(taking, this.second, ONE, TWO)).isNull();
		assertThat(this.database.query("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
				+ "AND relkind = 'r' AND NOT has_table_privilege('%s', oid, 'SELECT')".formatted(application)))
			.isEmpty();
		runner(RoleTaking.NONE, application, ONE, TWO).withPropertyValues("lockkeeper.mode=defer").run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean(SchemaGate.class).isOpen()).isTrue();
		});
	}

	@Test
	void aLoginThatDoesNotInheritWritesAsTheRoleThatItHasTakenOn() {
		String other = this.database.getServer().createRole("secret");
		this.database.execute("ALTER ROLE \"%s\" NOINHERIT".formatted(this.first),
				"GRANT CREATE ON SCHEMA public TO " + other, "GRANT %s TO \"%s\"".formatted(other, this.owner));
		TestPostgres.shared().execute("REVOKE \"%s\" FROM \"%s\"".formatted(this.owner, this.first));
		TestPostgres.shared().execute("GRANT \"%s\" TO \"%s\"".formatted(this.owner, this.first));
		takeRole(this.first);
		assertThat(run(RoleTaking.ROLE, this.first, """
				me:roles runInTransaction:false
				set role %s;
				create table theirs (id int);
				create index concurrently theirs_id on theirs (id);
				reset role;""".formatted(other))).isNull();
		assertThat(this.database.query("SELECT tableowner FROM pg_tables WHERE tablename = 'theirs'"))
			.containsExactly(other);
	}

	@Test
	void aMemberOfTheLoginBeforeNeedsNoCommonRole() throws Exception {
		this.database.execute("GRANT CREATE ON SCHEMA public TO PUBLIC",
				"GRANT \"%s\" TO \"%s\"".formatted(this.first, this.second));
		assertThat(run(RoleTaking.NONE, this.first, ONE)).isNull();
		try (Orphan orphan = new Orphan(this.first)) {
			assertThat(run(RoleTaking.NONE, this.second, ONE, TWO)).isNull();
			orphan.assertEnded();
		}
		assertThat(this.database.query("SELECT tableowner FROM pg_tables WHERE tablename IN ('one', 'two') ORDER BY 1"))
			.containsExactly(this.first, this.second);
	}

	@Test
	void aLoginWithoutRightsOnTheTablesOfTheLoginBeforeIsReported() {
		this.database.execute("GRANT CREATE ON SCHEMA public TO PUBLIC");
		assertThat(run(RoleTaking.NONE, this.first, ONE)).isNull();
		LockkeeperException refused = run(RoleTaking.NONE, this.second, ONE, TWO);
		assertThat(refused).isNotNull().extracting(LockkeeperException::getStatus).isEqualTo(ExitStatus.PERMISSION);
		assertThat(refused).hasMessageContaining("permission denied for table databasechangelog");
	}

	@Test
	void aLoginEndsItsOwnSessionAlthoughItHasTakenOnARole() throws Exception {
		takeRole(this.first);
		assertThat(run(RoleTaking.ROLE, this.first, ONE)).isNull();
		assertThat(this.database.query("SELECT backend_pid FROM lockkeeper_lock")).containsExactly("null");
		try (Orphan orphan = new Orphan(this.first)) {
			assertThat(run(RoleTaking.ROLE, this.first, ONE, TWO)).isNull();
			orphan.assertEnded();
		}
	}

	@ParameterizedTest
	@EnumSource
	void aSessionThatMayNotBeEndedEndsTheWaitWithTheRightToGrant(Obstacle obstacle) throws Exception {
		takeRole(this.first, this.second);
		assertThat(run(RoleTaking.ROLE, this.first, ONE)).isNull();
		try (Orphan orphan = obstacle.ofSuperuser ? new Orphan() : new Orphan(this.first)) {
			this.database.execute(named(obstacle.preparation));
			LockkeeperException obstructed = run(RoleTaking.ROLE, this.second, ONE, TWO);
			assertThat(obstructed).isNotNull()
				.extracting(LockkeeperException::getStatus)
				.isEqualTo(ExitStatus.PERMISSION);
			assertThat(obstructed).hasMessageContaining("(pid %s, %s)".formatted(orphan.pid, named(obstacle.whose)))
				.extracting(LockkeeperException::getAction, InstanceOfAssertFactories.STRING)
				.contains(named(obstacle.advice))
				.endsWith("Or end it by hand: SELECT pg_terminate_backend(%s).".formatted(orphan.pid));
			orphan.assertLiving();
			assertThat(this.database.query("SELECT id FROM databasechangelog")).containsExactly("one");

			this.database.execute(named(obstacle.remedy).formatted(orphan.pid));
			assertThat(run(RoleTaking.ROLE, this.second, ONE, TWO)).isNull();
			orphan.assertEnded();
		}
		assertThat(this.database.query("SELECT id FROM databasechangelog ORDER BY 1")).containsExactly("one", "two");
	}

	@Test
	void goesOnOnceTheSessionOfTheOtherLoginIsGone(CapturedOutput output) throws Exception {
		takeRole(this.first, this.second);
		assertThat(run(RoleTaking.ROLE, this.first, ONE)).isNull();
		CompletableFuture<@Nullable LockkeeperException> waiting;
		try (Orphan orphan = new Orphan(this.first)) {
			waiting = CompletableFuture.supplyAsync(() -> run(RoleTaking.ROLE, this.second, TIMEOUT, ONE, TWO));
			Awaitility.await()
				.atMost(TIMEOUT)
				.until(() -> output.getOut().contains("waiting until the lock can be taken"));
			orphan.assertLiving();
			assertThat(this.database.query("SELECT id FROM databasechangelog")).containsExactly("one");
		}
		assertThat(waiting.get()).isNull();
		assertThat(this.database.query("SELECT id FROM databasechangelog ORDER BY 1")).containsExactly("one", "two");
	}

	private void takeRole(String... logins) {
		for (String login : logins) {
			this.database.execute("ALTER ROLE \"%s\" SET role = '%s'".formatted(login, this.owner));
		}
	}

	private String named(String sql) {
		return sql.replace("OWNER", '"' + this.owner + '"')
			.replace("FIRST", '"' + this.first + '"')
			.replace("SECOND", '"' + this.second + '"')
			.replace("SUPERUSER", this.superuser);
	}

	private @Nullable LockkeeperException run(RoleTaking taking, String login, String... changeSets) {
		return run(taking, login, Duration.ofSeconds(1), changeSets);
	}

	/**
	 * Migrate, and return why that failed, if it did.
	 */
	private @Nullable LockkeeperException run(RoleTaking taking, String login, Duration lockWait,
			String... changeSets) {
		LockkeeperException[] failure = new LockkeeperException[1];
		runner(taking, login, changeSets).withPropertyValues("lockkeeper.lock.wait-timeout=" + lockWait)
			.run((context) -> {
				Throwable failed = context.getStartupFailure();
				failure[0] = LockkeeperException.findIn(failed);
				assertThat(failed).as("a failure without a code")
					.satisfiesAnyOf((none) -> assertThat(none).isNull(), (some) -> assertThat(failure[0]).isNotNull());
			});
		return failure[0];
	}

	private ApplicationContextRunner runner(RoleTaking taking, String login, String... changeSets) {
		return new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class,
					LiquibaseAutoConfiguration.class, DataSourceAutoConfiguration.class))
			.withPropertyValues("spring.datasource.username=" + login, "spring.datasource.password=secret",
					"lockkeeper.wait.initial-interval=100ms", "spring.liquibase.change-log=" + write(changeSets),
					"spring.datasource.url=" + this.database.getPlainUrl()
							+ ((taking == RoleTaking.URL) ? "?options=-c%20role=" + this.owner : ""))
			.withPropertyValues((taking == RoleTaking.SETTING)
					? new String[] { "lockkeeper.postgresql.set-role=" + this.owner } : new String[0])
			.withPropertyValues((taking == RoleTaking.INITIAL_STATEMENT)
					? new String[] {
							"spring.datasource.hikari.connection-init-sql=SET ROLE \"%s\"".formatted(this.owner) }
					: new String[0]);
	}

	private String write(String... changeSets) {
		try {
			return "file:" + Files.writeString(this.directory.resolve("changelog.sql"),
					"--liquibase formatted sql\n\n--changeset " + String.join("\n\n--changeset ", changeSets) + "\n");
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * How a login becomes the owner.
	 */
	enum RoleTaking {

		/** By a setting of its role. */
		ROLE,

		/** By the initial statement of the pool. */
		INITIAL_STATEMENT,

		/** By the URL. */
		URL,

		/** By a setting of Lockkeeper. */
		SETTING,

		/** Not at all. */
		NONE

	}

	/**
	 * What keeps the second login from ending a session, and what to grant.
	 */
	enum Obstacle {

		ANOTHER_LOGIN("login FIRST", "Let this login end it: GRANT FIRST TO SECOND, or ", "GRANT FIRST TO SECOND", ""),

		ANOTHER_LOGIN_AND_ANOTHER_GRANT("login FIRST", "or GRANT pg_read_all_stats, pg_signal_backend TO SECOND.",
				"GRANT pg_read_all_stats, pg_signal_backend TO SECOND", ""),

		A_DROPPED_LOGIN("a login that was dropped",
				"Let this login end it: GRANT pg_read_all_stats, pg_signal_backend TO SECOND.",
				"GRANT pg_read_all_stats, pg_signal_backend TO SECOND", "DROP ROLE FIRST"),

		NO_RIGHT_TO_END_ANY("login FIRST",
				"GRANT EXECUTE ON FUNCTION pg_catalog.pg_terminate_backend(integer, bigint) TO OWNER.",
				"GRANT EXECUTE ON FUNCTION pg_catalog.pg_terminate_backend(integer, bigint) TO OWNER",
				"GRANT FIRST TO SECOND; "
						+ "REVOKE EXECUTE ON FUNCTION pg_catalog.pg_terminate_backend(integer, bigint) FROM PUBLIC"),

		A_SUPERUSER("login SUPERUSER", "Only a superuser may end a session of SUPERUSER.",
				"SELECT pg_terminate_backend(%s, 60000)", "GRANT pg_read_all_stats, pg_signal_backend TO SECOND");

		private final String whose;

		private final String advice;

		private final String remedy;

		private final String preparation;

		private final boolean ofSuperuser;

		Obstacle(String whose, String advice, String remedy, String preparation) {
			this.whose = whose;
			this.advice = advice;
			this.remedy = remedy;
			this.preparation = preparation;
			this.ofSuperuser = whose.endsWith("SUPERUSER");
		}

	}

	/**
	 * The session of a holder that is dead, which the server goes on with.
	 */
	private final class Orphan implements AutoCloseable {

		private final Lease lease;

		private final Connection working;

		private final String pid;

		Orphan() throws SQLException {
			this(new DriverManagerDataSource(RotatedLoginsIT.this.database.getUrl()));
		}

		Orphan(String login) throws SQLException {
			this(new DriverManagerDataSource(RotatedLoginsIT.this.database.getPlainUrl(), login, "secret"));
		}

		private Orphan(DataSource connections) throws SQLException {
			LockAddress address = new LockAddress("public.databasechangeloglock", "public.lockkeeper_lock",
					connections);
			this.lease = new LeaseLocks(Duration.ofMinutes(5), "dead").at(address).tryAcquire().orElseThrow();
			this.working = connections.getConnection();
			this.lease.recordSession(this.working);
			this.pid = RotatedLoginsIT.this.database.query("SELECT backend_pid FROM lockkeeper_lock").get(0);
			RotatedLoginsIT.this.database
				.execute("UPDATE lockkeeper_lock SET lock_until = timezone('utc', now()) - interval '1 s'");
		}

		void assertLiving() {
			assertThat(sessions()).hasSize(1);
		}

		void assertEnded() {
			assertThat(sessions()).isEmpty();
		}

		private List<String> sessions() {
			return RotatedLoginsIT.this.database
				.query("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid = " + this.pid);
		}

		@Override
		public void close() throws SQLException {
			this.working.close();
			this.lease.close();
		}

	}

}
