// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.ExitStrategy;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.postgresql.SharedBackends;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.PgBouncer;
import dev.lockkeeper.testsupport.PgBouncer.Mode;
import dev.lockkeeper.testsupport.Requirement;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Behind a real PgBouncer: what needs a session of its own is refused where there is
 * none, and works where there is one; what only reads works everywhere.
 */
@FullTier
class PoolerIT {

	private static final String ONE = "me:one\ncreate table one (id int primary key);";

	private static final int INSPECTIONS = 6;

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class, LiquibaseAutoConfiguration.class,
				DataSourceAutoConfiguration.class, JdbcTemplateAutoConfiguration.class));

	@BeforeAll
	static void needsPgBouncer() {
		Requirement.require("pgbouncer", PgBouncer.findProgram().isPresent() ? Optional.empty()
				: Optional.of("pgbouncer, Debian's package of that name, is not installed"));
	}

	@ParameterizedTest
	@CsvSource({ "TRANSACTION,1", "TRANSACTION,20", "STATEMENT,1", "STATEMENT,20" })
	void selfIsRefusedBeforeItWritesAnything(Mode mode, int size) {
		try (PgBouncer pooler = PgBouncer.start(this.database, mode, size)) {
			assertRefused(pooler);
		}
		assertThat(tables()).isEmpty();
	}

	// The wrong URL shows when it is deployed, and not with the next change set
	@ParameterizedTest
	@CsvSource({ "TRANSACTION,1", "TRANSACTION,20", "STATEMENT,1" })
	void aMigratorIsRefusedAlsoWithNothingToDo(Mode mode, int size) throws SQLException {
		direct().run((context) -> assertThat(context).hasNotFailed());
		this.database.execute("DELETE FROM lockkeeper_level");
		try (PgBouncer pooler = PgBouncer.start(this.database, mode, size)) {
			assertThat(migrateOnly(through(pooler))).isEqualTo(78);
			assertRefused(pooler);
			assertThat(leftBehind(pooler)).isEmpty();
		}
		assertThat(this.database.query("SELECT level FROM lockkeeper_level")).isEmpty();
	}

	@Test
	void noBackendThatIsSharedKeepsTheRoleOfTheOwner() throws SQLException {
		String owner = owner();
		try (PgBouncer pooler = PgBouncer.start(this.database, Mode.TRANSACTION, 1)) {
			assertThat(migrateOnly(through(pooler).withPropertyValues("lockkeeper.postgresql.set-role=" + owner)))
				.isEqualTo(78);
			assertThat(query(pooler, "SELECT current_setting('role')")).containsExactly("none");
		}
		assertThat(tables()).isEmpty();
	}

	@Test
	void everythingBelongsToTheOwnerBehindAPoolerInSessionMode() throws SQLException {
		String owner = owner();
		try (PgBouncer pooler = PgBouncer.start(this.database, Mode.SESSION, 5)) {
			assertThat(migrateOnly(through(pooler).withPropertyValues("lockkeeper.postgresql.set-role=" + owner)))
				.isZero();
			assertThat(query(pooler, "SELECT current_setting('role')")).containsExactly("none");
		}
		assertThat(tables()).contains("one", "lockkeeper_level");
		assertThat(this.database.query("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"))
			.containsExactly(owner);
	}

	private String owner() {
		String owner = this.database.getServer().createRole("secret");
		this.database.execute("GRANT CREATE ON SCHEMA public TO " + owner);
		return owner;
	}

	@ParameterizedTest
	@EnumSource(names = { "TRANSACTION", "SESSION" })
	void aPoolerIsDistinguishedFromTheServerByTheKeyOfItsConnections(Mode mode) throws SQLException {
		try (PgBouncer pooler = PgBouncer.start(this.database, mode, 5);
				Connection through = DriverManager.getConnection(pooler.getUrl());
				Connection direct = DriverManager.getConnection(this.database.getUrl())) {
			assertThat(SharedBackends.mayBeShared(through)).isTrue();
			assertThat(SharedBackends.mayBeShared(direct)).isFalse();
		}
	}

	@Test
	void migrateOnlyEndsWith78AndNamesTheUrlToSet() {
		Path verdict = this.directory.resolve("verdict");
		Path changeLog = Applications.changeLog(this.directory.resolve("pooled.sql"), ONE);
		try (PgBouncer pooler = PgBouncer.start(this.database, Mode.TRANSACTION, 20);
				JavaProcess process = Applications.plain(changeLog)
					.arguments("--spring.datasource.url=" + pooler.getUrl(), "--migrate-only",
							"--lockkeeper.termination-message-path=" + verdict)
					.start()) {
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isEqualTo(78);
			assertThat(process.getOutput()).contains("Set spring.liquibase.url");
		}
		assertThat(Applications.read(verdict)).contains("\"status\":\"CONFIG\"", "\"code\":78", "\"retryable\":false",
				"\"schema\":\"liquibase\"", "spring.liquibase.url");
		assertThat(tables()).isEmpty();
	}

	@ParameterizedTest
	@CsvSource({ "TRANSACTION,1,78", "TRANSACTION,20,78", "STATEMENT,1,78", "SESSION,5,0" })
	void migrateOnlyEndsAsThePoolerLetsIt(Mode mode, int size, int code) {
		try (PgBouncer pooler = PgBouncer.start(this.database, mode, size)) {
			assertThat(migrateOnly(through(pooler))).isEqualTo(code);
		}
		assertThat(tables().contains("one")).isEqualTo(code == 0);
	}

	@Test
	void deferAndReadinessWorkWhereTransactionsShareOneBackend() throws SQLException {
		this.database.execute("CREATE SCHEMA harbour");
		Path changeLog = Applications.changeLog(this.directory.resolve("defer.sql"),
				"me:one\n--preconditions onFail:MARK_RAN\n--precondition-sql-check expectedResult:0 select 0\n"
						+ "create table one (id int primary key);",
				"me:two\n--preconditions onFail:CONTINUE\n--precondition-sql-check expectedResult:1 select 0\n"
						+ "select 1;");
		String[] settings = { "--spring.liquibase.default-schema=harbour",
				"--lockkeeper.readiness.refresh-interval=1s" };
		try (PgBouncer pooler = PgBouncer.start(this.database, Mode.TRANSACTION, 1);
				JavaProcess deferring = Applications.plain(changeLog)
					.onKubernetes()
					.arguments("--spring.datasource.url=" + pooler.getUrl())
					.arguments(settings)
					.start()) {
			List<String> backend = query(pooler, "SELECT pg_backend_pid()");
			deferring.awaitLine("lockkeeper - waiting for the schema", Applications.START);
			direct(changeLog).withPropertyValues("spring.liquibase.default-schema=harbour")
				.run((context) -> assertThat(context).hasNotFailed());
			deferring.awaitLine("lockkeeper - the schema is there", Applications.START);
			int port = deferring.awaitPort(Applications.START);
			Awaitility.await()
				.atMost(Applications.START)
				.until(() -> Http.get(port, "/actuator/health/readiness").status() == 200);
			this.database.execute("DELETE FROM harbour.databasechangelog");
			Awaitility.await()
				.atMost(Applications.START)
				.until(() -> Http.get(port, "/actuator/health/readiness").status() == 503);
			assertThat(Http.get(port, "/actuator/schema").body()).contains("\"status\":\"PENDING\"");
			assertThat(leftBehind(pooler)).isEmpty();
			// A client that leaves a transaction open costs the pooler its backend
			assertThat(query(pooler, "SELECT pg_backend_pid()")).isEqualTo(backend);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "self", "migrate-only" })
	void aSessionOfItsOwnIsEnough(String first) {
		try (PgBouncer pooler = PgBouncer.start(this.database, Mode.SESSION, 10)) {
			assertThatEveryModeWorks(through(pooler), first);
		}
		assertThat(applied()).containsExactly("one");
	}

	private static void assertThatEveryModeWorks(ApplicationContextRunner runner, String first) {
		ApplicationContextRunner self = runner.withPropertyValues("lockkeeper.mode=self");
		ApplicationContextRunner defer = runner.withPropertyValues("lockkeeper.mode=defer");
		defer.withPropertyValues("lockkeeper.defer.startup=serve").run((waiting) -> {
			SchemaGate gate = waiting.getBean(SchemaGate.class);
			gate.refresh();
			assertThat(gate.isOpen()).isFalse();
			if (first.equals("self")) {
				self.run((context) -> assertCurrent(context.getBean(SchemaGate.class)));
			}
			else {
				assertThat(migrateOnly(runner)).isZero();
			}
			gate.refresh();
			assertCurrent(gate);
		});
		self.run((context) -> assertCurrent(context.getBean(SchemaGate.class)));
		defer.run((context) -> assertCurrent(context.getBean(SchemaGate.class)));
		assertThat(migrateOnly(runner)).isZero();
	}

	// A process with nothing to do needs no second session, and does not wait for one
	@ParameterizedTest
	@ValueSource(ints = { 1, 2 })
	void aJobWithNothingToDoEndsWellHoweverFewSessionsThereAre(int size) {
		direct().run((context) -> assertThat(context).hasNotFailed());
		try (PgBouncer pooler = PgBouncer.start(this.database, Mode.SESSION, size)) {
			assertThat(migrateOnly(through(pooler).withPropertyValues("lockkeeper.database-wait=1s"))).isZero();
		}
	}

	@Test
	void twoSessionsAreEnoughForARun() {
		try (PgBouncer pooler = PgBouncer.start(this.database, Mode.SESSION, 2)) {
			assertThat(migrateOnly(through(pooler).withPropertyValues("lockkeeper.lock.wait-timeout=20s"))).isZero();
		}
		assertThat(applied()).containsExactly("one");
	}

	@Test
	void oneSessionIsTooFewForARunWhichReportsThat() {
		try (PgBouncer pooler = PgBouncer.start(this.database, Mode.SESSION, 1)) {
			through(pooler).withPropertyValues("lockkeeper.mode=self", "lockkeeper.lock.wait-timeout=1s")
				.run((context) -> assertThat(LockkeeperException.findIn(context.getStartupFailure())).isNotNull()
					.satisfies((failure) -> {
						assertThat(failure.getStatus()).isEqualTo(ExitStatus.UNAVAILABLE);
						assertThat(failure).hasMessageContaining("no second connection within 10s");
					}));
		}
		assertThat(tables()).isEmpty();
	}

	@ParameterizedTest
	@CsvSource({ "transaction,TRANSACTION", "always,TRANSACTION", "transaction,STATEMENT" })
	void aStartThatOnlyReadsLeavesNothingBehind(String readOnlyMode, Mode mode) throws SQLException {
		direct().run((context) -> assertThat(context).hasNotFailed());
		this.database.execute("DELETE FROM lockkeeper_level");
		try (PgBouncer pooler = PgBouncer.start(this.database, mode, 1)) {
			direct()
				.withPropertyValues("spring.datasource.url=%s&readOnlyMode=%s".formatted(pooler.getUrl(), readOnlyMode),
						"lockkeeper.mode=defer")
				.run((context) -> assertThat(context).hasNotFailed());
			assertThat(leftBehind(pooler)).isEmpty();
		}
		assertThat(this.database.query("SELECT level FROM lockkeeper_level")).isEmpty();
	}

	@Test
	void aRunThatIsOverLeavesItsBackendToThePooler() {
		Path changeLog = Applications.changeLog(this.directory.resolve("backend.sql"),
				"me:backend\ncreate table backend as select pg_backend_pid() as pid;");
		try (PgBouncer pooler = PgBouncer.start(this.database, Mode.SESSION, 5)) {
			direct(changeLog).withPropertyValues("spring.datasource.url=" + pooler.getUrl())
				.run((context) -> assertThat(context).hasNotFailed());
			assertThat(this.database.query("SELECT state FROM pg_stat_activity JOIN backend USING (pid)"))
				.containsExactly("idle");
		}
		assertThat(this.database.query("SELECT backend_pid FROM lockkeeper_lock")).containsExactly("null");
	}

	@ParameterizedTest
	@ValueSource(strings = { "self", "migrate-only" })
	void aDirectUrlLetsTheApplicationStayBehindThePooler(String first) {
		try (PgBouncer pooler = PgBouncer.start(this.database, Mode.TRANSACTION, 1)) {
			ApplicationContextRunner beside = through(pooler)
				.withPropertyValues("spring.liquibase.url=" + this.database.getUrl());
			assertThatEveryModeWorks(beside, first);
			beside.withPropertyValues("lockkeeper.mode=defer")
				.run((context) -> assertThat(
						context.getBean(JdbcTemplate.class).queryForObject("SELECT count(*) FROM one", Integer.class))
					.isZero());
		}
		assertThat(applied()).containsExactly("one");
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 3, 20 })
	void sharingIsProvedWhateverElseThePoolerDoes(int size) throws Exception {
		try (PgBouncer pooler = PgBouncer.start(this.database, Mode.TRANSACTION, size);
				Load load = new Load(pooler.getUrl() + "&prepareThreshold=0")) {
			for (int inspection = 0; inspection < INSPECTIONS; inspection++) {
				assertThat(proof(pooler.getUrl())).isNotNull();
			}
			load.assertWorked();
		}
	}

	@ParameterizedTest
	@EnumSource(Way.class)
	void aSessionIsNeverTakenForASharedOne(Way way) throws Exception {
		try (PgBouncer pooler = PgBouncer.start(this.database, Mode.SESSION, 40)) {
			String url = (way == Way.DIRECT) ? this.database.getUrl() : pooler.getUrl();
			try (Load load = new Load(url)) {
				List<CompletableFuture<List<String>>> askers = new ArrayList<>();
				for (int asker = 0; asker < 3; asker++) {
					askers.add(CompletableFuture.supplyAsync(() -> proofs(url)));
				}
				assertThat(askers).allSatisfy((asker) -> assertThat(asker.join()).isEmpty());
				load.assertWorked();
			}
		}
	}

	private static List<String> proofs(String url) {
		try {
			List<String> proofs = new ArrayList<>();
			for (int inspection = 0; inspection < INSPECTIONS; inspection++) {
				String proof = proof(url);
				if (proof != null) {
					proofs.add(proof);
				}
			}
			return proofs;
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static @Nullable String proof(String url) throws SQLException {
		return SharedBackends.findProof(() -> DriverManager.getConnection(url + "&prepareThreshold=0"), true);
	}

	private void assertRefused(PgBouncer pooler) {
		through(pooler).withPropertyValues("lockkeeper.mode=self").run((context) -> {
			LockkeeperException refusal = LockkeeperException.findIn(context.getStartupFailure());
			assertThat(refusal).isNotNull();
			LockkeeperException refused = Objects.requireNonNull(refusal);
			assertThat(refused.getStatus()).isEqualTo(ExitStatus.CONFIG);
			assertThat(refused).hasMessageContaining("transaction pooling");
			assertThat(refused.getAction()).contains("spring.liquibase.url");
		});
	}

	private ApplicationContextRunner direct() {
		return direct(Applications.changeLog(this.directory.resolve("pooled.sql"), ONE));
	}

	private ApplicationContextRunner direct(Path changeLog) {
		return this.runner.withPropertyValues("spring.datasource.url=" + this.database.getUrl(),
				"spring.liquibase.change-log=file:" + changeLog);
	}

	private ApplicationContextRunner through(PgBouncer pooler) {
		return direct().withPropertyValues("spring.datasource.url=" + pooler.getUrl());
	}

	private static int migrateOnly(ApplicationContextRunner runner) {
		AtomicInteger code = new AtomicInteger(-1);
		runner.withBean(ExitStrategy.class, () -> code::set)
			.withPropertyValues("lockkeeper.mode=migrate-only")
			.run((context) -> assertThat(context).hasFailed());
		return code.get();
	}

	private static void assertCurrent(SchemaGate gate) {
		assertThat(gate.getStates().get("liquibase")).isNotNull()
			.satisfies((state) -> assertThat(state.status()).isEqualTo(SchemaStatus.CURRENT));
	}

	private List<String> tables() {
		return this.database.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
	}

	private List<String> applied() {
		return this.database.query("SELECT id FROM databasechangelog");
	}

	// What a driver sends with every new connection is the same for all
	private static List<String> leftBehind(PgBouncer pooler) throws SQLException {
		return query(pooler,
				"SELECT name || '=' || setting FROM pg_settings WHERE source = 'session' AND name "
						+ "NOT IN ('application_name', 'client_encoding', 'DateStyle', 'extra_float_digits', "
						+ "'TimeZone') UNION ALL SELECT name FROM pg_prepared_statements "
						+ "UNION ALL SELECT 'advisory lock' FROM pg_locks WHERE locktype = 'advisory'");
	}

	private static List<String> query(PgBouncer pooler, String sql) throws SQLException {
		try (Connection connection = DriverManager.getConnection(pooler.getUrl());
				Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery(sql)) {
			List<String> values = new ArrayList<>();
			while (rows.next()) {
				values.add(rows.getString(1));
			}
			return values;
		}
	}

	/**
	 * A way to a session of one's own.
	 */
	enum Way {

		DIRECT, POOLED

	}

	/**
	 * Clients that come, do a few transactions, and go.
	 */
	private static final class Load implements AutoCloseable {

		private static final int CLIENTS = 4;

		private final CountDownLatch working = new CountDownLatch(CLIENTS);

		private final List<CompletableFuture<Void>> clients = new ArrayList<>();

		private volatile boolean over;

		Load(String url) throws InterruptedException {
			for (int client = 0; client < CLIENTS; client++) {
				CompletableFuture<Void> done = new CompletableFuture<>();
				this.clients.add(done);
				Thread thread = new Thread(() -> {
					try {
						work(url);
						done.complete(null);
					}
					catch (SQLException ex) {
						done.completeExceptionally(ex);
						this.working.countDown();
					}
				}, "load-" + client);
				thread.setDaemon(true);
				thread.start();
			}
			this.working.await();
		}

		private void work(String url) throws SQLException {
			boolean first = true;
			while (!this.over) {
				try (Connection connection = DriverManager.getConnection(url);
						Statement statement = connection.createStatement()) {
					connection.setAutoCommit(false);
					for (int i = 0; i < 50 && !this.over; i++) {
						statement.execute("SELECT pg_sleep(0.001 * (random() * 3)::int)");
						connection.commit();
						if (first) {
							this.working.countDown();
							first = false;
						}
					}
				}
			}
		}

		void assertWorked() {
			this.over = true;
			this.clients.forEach(CompletableFuture::join);
		}

		@Override
		public void close() {
			this.over = true;
		}

	}

}
