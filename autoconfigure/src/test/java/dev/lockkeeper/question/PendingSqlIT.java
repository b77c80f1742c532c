// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.question;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

import javax.management.ObjectName;
import javax.sql.DataSource;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.migration.PreviewLimits;
import dev.lockkeeper.process.Applications;
import dev.lockkeeper.question.SqlAnswer.Kind;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import liquibase.change.custom.CustomSqlChange;
import liquibase.database.Database;
import liquibase.database.jvm.JdbcConnection;
import liquibase.exception.CustomChangeException;
import liquibase.exception.LiquibaseException;
import liquibase.exception.ValidationErrors;
import liquibase.integration.spring.SpringLiquibase;
import liquibase.resource.ResourceAccessor;
import liquibase.statement.SqlStatement;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.core.env.Environment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * A process that serves computes the SQL of what is pending on request, and changes
 * nothing by that: neither in the database nor in itself.
 */
class PendingSqlIT {

	private static final String ONE = "me:one\ncreate table one (id int primary key);";

	private static final String WAITING = "me:waiting\n--preconditions onFail:HALT\n"
			+ "--precondition-sql-check expectedResult:1 select count(pg_advisory_lock_shared(42))\nselect 1;";

	private static final String RELATIONS = "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
			+ "WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') ORDER BY 1";

	private static final PreviewLimits SMALL = new PreviewLimits(4096, Duration.ofSeconds(1));

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final ApplicationContextRunner deferring = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class, LiquibaseAutoConfiguration.class,
				DataSourceAutoConfiguration.class))
		.withPropertyValues("spring.datasource.url=" + this.database.getUrl(), "lockkeeper.mode=defer",
				"lockkeeper.defer.startup=serve");

	@Test
	@FullTier
	void theAnswerIsTheScriptOfTheDryRunForALoginThatMayOnlySelect() throws Exception {
		migrate(ONE);
		String role = this.database.getServer().createRole("only-reads");
		this.database.execute("GRANT SELECT ON databasechangelog TO " + role);
		String before = this.database.query(RELATIONS).toString();
		serving(ONE, "me:two\ncreate table two (id int);", "me:three context:never\nselect 3;")
			.withPropertyValues("spring.datasource.url=" + this.database.getPlainUrl(),
					"spring.datasource.username=" + role, "spring.datasource.password=only-reads",
					"spring.liquibase.contexts=now")
			.run((context) -> {
				DataSource dataSource = context.getBean(SpringLiquibase.class).getDataSource();
				SqlAnswer answer = of(context);
				assertThat(answer.kind()).as(answer.text()).isEqualTo(Kind.SQL);
				assertThat(answer.text()).contains("create table two", "INSERT INTO")
					.doesNotContain("create table one", "select 3");
				assertThat(withoutTimes(answer.text())).isEqualTo(withoutTimes(dryRun()));
				assertThat(withoutTimes(of(context).text())).isEqualTo(withoutTimes(answer.text()));
				assertThat(context.getBean(SpringLiquibase.class).getDataSource()).isSameAs(dataSource);
				assertThat(context.getBean(SpringLiquibase.class).getCustomizer()).isNull();
				assertThat(context.getBean(SchemaGate.class).getStates()).hasEntrySatisfying("liquibase",
						(state) -> assertThat(state.status()).isEqualTo(SchemaStatus.PENDING));
			});
		assertThat(this.database.query(RELATIONS)).hasToString(before);
		assertThat(this.database.query("SELECT id FROM databasechangelog")).containsExactly("one");
		this.database.awaitNoSessions();
	}

	@Test
	@FullTier
	void whereNothingIsPendingTheAnswerSaysSo() {
		migrate(ONE);
		serving(ONE).run((context) -> assertThat(of(context))
			.isEqualTo(new SqlAnswer(Kind.SQL, "-- Schema liquibase is CURRENT: nothing is pending.\n")));
	}

	@Test
	void credentialsAreReplacedAndTheAnswerSaysSo() {
		serving("me:role\ncreate role harbour password 'not-for-you';")
			.run((context) -> assertThat(of(context).text()).startsWith("-- What looks like a credential is replaced")
				.contains("create role harbour password ******")
				.doesNotContain("not-for-you"));
	}

	@Test
	void aLongScriptIsCutAndTheAnswerSaysHowLongItIs() {
		String[] many = new String[100];
		for (int i = 0; i < many.length; i++) {
			many[i] = "me:%d\nselect '%s';".formatted(i, "ü".repeat(100));
		}
		serving(many).run((context) -> {
			SqlAnswer answer = Objects.requireNonNull(
					new PendingSql(context.getBean(SchemaGate.class), SMALL, Duration.ZERO).of("liquibase"));
			assertThat(answer.text()).startsWith("-- This is the beginning of a script of ")
				.contains("id 0,")
				.doesNotContain("id 99,")
				.endsWith("\n")
				.hasSizeLessThan(SMALL.characters() + 200);
			String length = answer.text().replaceFirst("(?s).* of (\\d+) characters.*", "$1");
			// The time of the script has more digits or fewer
			assertThat(Integer.parseInt(length)).isCloseTo(of(context).text().length(), within(20));
		});
	}

	@Test
	@FullTier
	void anAppliedChangeSetThatWasChangedIsNamedInPlaceOfSql() {
		migrate(ONE);
		serving(ONE.replace("int", "bigint"), "me:two\nselect 2;").run((context) -> {
			SqlAnswer answer = of(context);
			assertThat(answer.kind()).isEqualTo(Kind.REFUSED);
			assertThat(answer.text()).contains("::one::me").doesNotContain("select 2");
		});
	}

	@Test
	void aPreconditionThatHaltsARunIsNamedInPlaceOfSql() {
		serving(ONE,
				"me:halt\n--preconditions onFail:HALT\n--precondition-sql-check expectedResult:1 select 0\nselect 1;")
			.run((context) -> assertThat(of(context).kind()).isEqualTo(Kind.SQL));
		serving("me:halt\n--preconditions onFail:HALT\n--precondition-sql-check expectedResult:1 select 0\nselect 1;")
			.run((context) -> {
				SqlAnswer answer = of(context);
				assertThat(answer.kind()).as(answer.text()).isEqualTo(Kind.REFUSED);
				assertThat(answer.text()).contains("SQL Precondition failed");
			});
	}

	@Test
	void aChangeThatWritesWhileItsSqlIsComputedIsRefused() {
		Path file = Applications.write(this.directory.resolve("java.yaml"), """
				databaseChangeLog:
				- changeSet: {id: java, author: me, changes: [{customChange: {class: %s}}]}
				""".formatted(Writing.class.getName()));
		this.deferring.withPropertyValues("spring.liquibase.change-log=file:" + file).run((context) -> {
			SqlAnswer answer = of(context);
			assertThat(answer.kind()).as(answer.text()).isEqualTo(Kind.REFUSED);
			assertThat(answer.text()).contains("writes to the database while its SQL is computed");
		});
		assertThat(this.database.query(RELATIONS)).isEmpty();
	}

	@Test
	void aBeanWhoseClassInitialisesItselfIsNotInitialisedAgain() {
		serving(ONE).withBean("own", OwnLiquibase.class).run((context) -> {
			int before = context.getBean(OwnLiquibase.class).initialisations;
			SqlAnswer answer = Objects.requireNonNull(new PendingSql(context.getBean(SchemaGate.class)).of("own"));
			assertThat(answer.kind()).as(answer.text()).isEqualTo(Kind.REFUSED);
			assertThat(answer.text()).contains("--migrate-only --dry-run");
			assertThat(context.getBean(OwnLiquibase.class).initialisations).isEqualTo(before);
		});
	}

	@Test
	void aDatabaseThatIsGoneIsSaidToBe() {
		serving(ONE).run((context) -> {
			assertThat(of(context).kind()).isEqualTo(Kind.SQL);
			this.database.drop();
			// Within a second the last inspection counts, and the database is missed
			// after it
			SqlAnswer answer = of(context);
			assertThat(answer.kind()).as(answer.text()).isEqualTo(Kind.UNAVAILABLE);
			// An inspection in the background may have lost its connection to the drop,
			// and then that is the reason until the next one
			Awaitility.await().atMost(Applications.START).untilAsserted(() -> {
				context.getBean(SchemaGate.class).inspect(Duration.ofSeconds(-1));
				SqlAnswer later = of(context);
				assertThat(later.kind()).isEqualTo(Kind.UNAVAILABLE);
				assertThat(later.text()).startsWith("-- Schema liquibase cannot be read").contains("does not exist");
			});
		});
	}

	@Test
	void oneAnswerIsComputedAtATime() throws Exception {
		try (Connection blocker = this.database.open(); Statement statement = blocker.createStatement()) {
			statement.execute("SELECT pg_advisory_lock(42)");
			serving(WAITING).run((context) -> {
				PendingSql sql = new PendingSql(context.getBean(SchemaGate.class),
						new PreviewLimits(4096, Duration.ofMinutes(10)), Duration.ofMillis(10));
				CompletableFuture<@Nullable SqlAnswer> first = CompletableFuture.supplyAsync(() -> sql.of("liquibase"));
				Awaitility.await()
					.atMost(Applications.START)
					.until(() -> this.database.query("SELECT pid FROM pg_stat_activity WHERE datname = "
							+ "current_database() AND wait_event = 'advisory'"), (pids) -> pids.size() == 1);
				SqlAnswer second = Objects.requireNonNull(sql.of("liquibase"));
				assertThat(second.kind()).isEqualTo(Kind.UNAVAILABLE);
				assertThat(second.text()).contains("another request");
				statement.execute("SELECT pg_advisory_unlock(42)");
				SqlAnswer answer = Objects.requireNonNull(first.get(Applications.START.toSeconds(), TimeUnit.SECONDS));
				assertThat(answer.kind()).as(answer.text()).isEqualTo(Kind.SQL);
				assertThat(Objects.requireNonNull(sql.of("liquibase")).kind()).isEqualTo(Kind.SQL);
			});
		}
	}

	@Test
	void aQuestionThatTakesTooLongIsCancelled() throws Exception {
		try (Connection blocker = this.database.open(); Statement statement = blocker.createStatement()) {
			statement.execute("SELECT pg_advisory_lock(42)");
			serving(WAITING).run((context) -> {
				SqlAnswer answer = Objects.requireNonNull(
						new PendingSql(context.getBean(SchemaGate.class), SMALL, Duration.ZERO).of("liquibase"));
				assertThat(answer.kind()).as(answer.text()).isEqualTo(Kind.UNAVAILABLE);
				assertThat(answer.text()).contains("canceling statement due to statement timeout");
			});
		}
	}

	@Test
	@FullTier
	void aRunInProgressIsSaidToBe() throws Exception {
		migrate(ONE);
		try (Connection blocker = this.database.open(); Statement statement = blocker.createStatement()) {
			statement.execute("SELECT pg_advisory_lock(42)");
			Path file = changeLog(ONE, "me:held\nselect pg_advisory_xact_lock(42);");
			try (JavaProcess migrating = Applications.migrateOnly(file, this.database)) {
				Awaitility.await()
					.atMost(Applications.START)
					.until(() -> this.database.query("SELECT pid FROM pg_stat_activity WHERE datname = "
							+ "current_database() AND wait_event = 'advisory'"), (pids) -> pids.size() == 1);
				this.deferring.withPropertyValues("spring.liquibase.change-log=file:" + file)
					.run((context) -> assertThat(of(context).text()).startsWith("-- A run is in progress")
						.contains("pg_advisory_xact_lock"));
				migrating.kill();
			}
		}
	}

	@Test
	void nothingOfAnAnswerIsKept() {
		serving(ONE).run((context) -> {
			assertThat(of(context).kind()).isEqualTo(Kind.SQL);
			changeLog("me:one\nselect 1;", "me:one\nselect 2;");
			SqlAnswer failed = of(context);
			assertThat(failed.kind()).as(failed.text()).isEqualTo(Kind.REFUSED);
			String histogram = (String) ManagementFactory.getPlatformMBeanServer()
				.invoke(new ObjectName("com.sun.management:type=DiagnosticCommand"), "gcClassHistogram",
						new Object[] { new String[0] }, new String[] { String[].class.getName() });
			assertThat(histogram).contains("dev.lockkeeper.question.PendingSqlIT")
				.doesNotContain("dev.lockkeeper.liquibase.SqlScript", "dev.lockkeeper.liquibase.ScriptText");
		});
	}

	@Test
	void nothingButTheDatabaseIsContacted() {
		List<URI> asked = new CopyOnWriteArrayList<>();
		ProxySelector before = ProxySelector.getDefault();
		ProxySelector.setDefault(new ProxySelector() {

			@Override
			public List<Proxy> select(URI uri) {
				asked.add(uri);
				return List.of(Proxy.NO_PROXY);
			}

			@Override
			public void connectFailed(URI uri, SocketAddress address, IOException failure) {
			}

		});
		try {
			serving(ONE).run((context) -> assertThat(of(context).kind()).isEqualTo(Kind.SQL));
		}
		finally {
			ProxySelector.setDefault(before);
		}
		assertThat(asked).isNotEmpty().allSatisfy((uri) -> assertThat(uri).hasHost("localhost"));
	}

	@Test
	void anUnknownSchemaHasNoAnswer() {
		serving(ONE).run((context) -> {
			PendingSql sql = new PendingSql(context.getBean(SchemaGate.class));
			assertThat(sql.of("another")).isNull();
			assertThat(sql.of("liquibase")).isNotNull();
		});
	}

	private static SqlAnswer of(ApplicationContext context) {
		return Objects.requireNonNull(new PendingSql(context.getBean(SchemaGate.class)).of("liquibase"));
	}

	private String dryRun() {
		try (JavaProcess process = Applications.plain(this.directory.resolve("changelog.sql"), this.database)
			.arguments("--migrate-only", "--dry-run", "--spring.liquibase.contexts=now")
			.separateStreams()
			.start()) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isZero();
			return process.getOutput() + "\n";
		}
	}

	// The time of the script, and the deployment that its rows would name
	private static String withoutTimes(String script) {
		return script.replaceAll("\\(20\\d\\d-[^)]*\\)", "(<time>)").replaceAll("'\\d{10}'", "'<deployment>'");
	}

	private void migrate(String... changeSets) {
		serving(changeSets).withPropertyValues("lockkeeper.mode=self")
			.run((context) -> assertThat(context).hasNotFailed());
	}

	private ApplicationContextRunner serving(String... changeSets) {
		return this.deferring.withPropertyValues("spring.liquibase.change-log=file:" + changeLog(changeSets));
	}

	private Path changeLog(String... changeSets) {
		return Applications.changeLog(this.directory.resolve("changelog.sql"), changeSets);
	}

	/**
	 * A bean that counts how often it is initialised.
	 */
	static class OwnLiquibase extends SpringLiquibase {

		private int initialisations;

		OwnLiquibase(DataSource dataSource, Environment environment) {
			setDataSource(dataSource);
			setChangeLog(environment.getProperty("spring.liquibase.change-log"));
		}

		@Override
		public void afterPropertiesSet() throws LiquibaseException {
			this.initialisations++;
			super.afterPropertiesSet();
		}

	}

	/**
	 * A change in Java that writes before it returns its SQL.
	 */
	public static class Writing implements CustomSqlChange {

		@Override
		public SqlStatement[] generateStatements(Database database) throws CustomChangeException {
			try {
				((JdbcConnection) database.getConnection()).createStatement().execute("CREATE TABLE written (id int)");
			}
			catch (Exception ex) {
				throw new CustomChangeException(ex);
			}
			return new SqlStatement[0];
		}

		@Override
		public String getConfirmationMessage() {
			return "written";
		}

		@Override
		public void setUp() {
		}

		@Override
		public void setFileOpener(ResourceAccessor resourceAccessor) {
		}

		@Override
		public @Nullable ValidationErrors validate(Database database) {
			return null;
		}

	}

}
