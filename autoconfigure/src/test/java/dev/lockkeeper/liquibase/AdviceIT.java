// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.ExitStrategy;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.json.JsonParserFactory;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.env.SimpleCommandLinePropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Every advice that has SQL leads on: it is executed as it is written, by a superuser,
 * and the next start gets further. Those about remaining sessions are executed by
 * {@link RotatedLoginsIT}, those about change sets that are not one transaction by
 * {@link IntentIT}.
 */
@FullTier
class AdviceIT {

	private static final String ONE = "me:one\ncreate table one (id int primary key);";

	private static final String TWO = "me:two\nalter table one add column two int;";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final String suffix = UUID.randomUUID().toString().substring(0, 8);

	private final String owner = "Owner-" + this.suffix;

	private final String login = "Login-" + this.suffix;

	private final List<String> advised = new ArrayList<>();

	@BeforeEach
	void createRoles() {
		for (String role : List.of(this.owner, this.login)) {
			this.database.execute("CREATE ROLE \"%s\" LOGIN PASSWORD 'secret'".formatted(role));
		}
	}

	@AfterEach
	void drop() {
		this.database.drop();
	}

	@Test
	void aLoginThatDoesNotOwnTheTablesBecomesAMemberOfTheirOwner() {
		migrateAsOwner(ONE);
		assertLeadsOn("self", ONE, TWO);
		assertThat(this.advised).containsExactly("GRANT \"%s\" TO \"%s\"".formatted(this.owner, this.login));
	}

	@Test
	void aLoginThatDoesNotInheritUsesTheRightsOfTheOwnerAllTheSame() {
		this.database.execute("ALTER ROLE \"%s\" NOINHERIT".formatted(this.login));
		migrateAsOwner(ONE);
		assertLeadsOn("self", ONE, TWO);
	}

	@Test
	void aMemberThatDoesNotInheritUsesTheRightsOfTheOwnerAllTheSame() {
		this.database.execute("ALTER ROLE \"%s\" NOINHERIT".formatted(this.login),
				"GRANT \"%s\" TO \"%s\"".formatted(this.owner, this.login));
		migrateAsOwner(ONE);
		assertLeadsOn("self", ONE, TWO);
	}

	@Test
	void tablesOfASuperuserAreGivenToTheLoginThatMigrates() {
		assertThat(start("self", "postgres", ONE)).isNull();
		assertLeadsOn("self", ONE, TWO);
		assertThat(this.advised).noneMatch((statement) -> statement.startsWith("GRANT postgres"));
	}

	@Test
	void anEmptyDatabaseIsMigratedByALoginThatMayCreateTables() {
		this.database.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO PUBLIC");
		assertLeadsOn("self", ONE, TWO);
		assertThat(this.advised)
			.containsExactly("GRANT USAGE, CREATE ON SCHEMA public TO \"%s\"".formatted(this.login));
	}

	@Test
	void aLoginThatDefersReadsTheHistory() {
		this.database.execute("CREATE SCHEMA history AUTHORIZATION \"%s\"".formatted(this.owner));
		this.database.execute("GRANT CREATE ON SCHEMA public TO \"%s\"".formatted(this.owner));
		String schema = "spring.liquibase.liquibase-schema=history";
		assertThat(start("self", this.owner, new String[] { schema }, ONE)).isNull();
		assertLeadsOn("defer", new String[] { schema }, ONE);
		assertThat(this.advised).containsExactly("GRANT USAGE ON SCHEMA history TO \"%s\"".formatted(this.login),
				"GRANT SELECT ON history.databasechangelog TO \"%s\"".formatted(this.login));
	}

	@Test
	void aServerThatHidesItsRolesStillLetsTheLoginRead() {
		migrateAsOwner(ONE);
		this.database.execute("REVOKE SELECT ON pg_catalog.pg_roles FROM PUBLIC");
		assertLeadsOn("defer", ONE);
		assertThat(this.advised)
			.containsExactly("GRANT SELECT ON public.databasechangelog TO \"%s\"".formatted(this.login));
	}

	@Test
	void aQuestionNeedsNoMoreThanTheRightToRead() throws Exception {
		migrateAsOwner(ONE);
		assertThat(status()).contains("\"code\":77");
		String action = String.valueOf(JsonParserFactory.getJsonParser().parseMap(status()).get("action"));
		assertThat(AdvisedSql.in(action))
			.containsExactly("GRANT SELECT ON public.databasechangelog TO \"%s\"".formatted(this.login));
		AdvisedSql.in(action).forEach(this.database::execute);
		assertThat(status()).contains("\"code\":0");
	}

	@Test
	void aChangeSetAltersTheTableOfAnotherRole() {
		this.database.execute("GRANT CREATE ON SCHEMA public TO \"%s\", \"%s\"".formatted(this.owner, this.login),
				"SET ROLE \"%s\"; CREATE TABLE theirs (id int)".formatted(this.owner));
		assertLeadsOn("self", ONE, "me:theirs\nalter table theirs add column mine int;");
		assertThat(this.advised).containsExactly("GRANT \"%s\" TO \"%s\"".formatted(this.owner, this.login));
	}

	@Test
	void aChangeSetCreatesATableInAnotherSchema() {
		this.database.execute("GRANT CREATE ON SCHEMA public TO \"%s\"".formatted(this.login),
				"CREATE SCHEMA \"Other\"");
		assertLeadsOn("self", ONE, "me:other\ncreate table \"Other\".mine (id int);");
		assertThat(this.advised)
			.containsExactly("GRANT USAGE, CREATE ON SCHEMA \"Other\" TO \"%s\"".formatted(this.login));
	}

	@Test
	void aSchemaInWhichNothingMayBeCreatedIsGranted() {
		this.database.execute("GRANT CREATE ON SCHEMA public TO \"%s\"".formatted(this.login),
				"CREATE SCHEMA other; GRANT USAGE ON SCHEMA other TO \"%s\"".formatted(this.login));
		assertLeadsOn("self", ONE, "me:other\ncreate table other.mine (id int);");
		assertThat(this.advised).containsExactly("GRANT USAGE, CREATE ON SCHEMA other TO \"%s\"".formatted(this.login));
	}

	@Test
	void whatTheMessageDoesNotNameIsNotGranted() {
		String stranger = this.database.getServer().createRole("secret");
		this.database.execute(
				"GRANT CREATE ON SCHEMA public TO \"%s\", \"%s\", %s".formatted(this.owner, this.login, stranger),
				"SET ROLE \"%s\"; CREATE TABLE theirs (id int)".formatted(this.owner),
				"SET ROLE %s; CREATE TABLE owner (id int); CREATE TABLE permission (id int)".formatted(stranger),
				"CREATE SCHEMA their; CREATE SCHEMA theirs");
		assertLeadsOn("self", ONE, "me:theirs\nalter table theirs add column mine int;");
		assertThat(this.advised).containsExactly("GRANT \"%s\" TO \"%s\"".formatted(this.owner, this.login));
	}

	@Test
	void aSchemaThatHasTheNameOfATableIsGranted() {
		this.database.execute("GRANT CREATE ON SCHEMA public TO \"%s\", \"%s\"".formatted(this.owner, this.login),
				"SET ROLE \"%s\"; CREATE TABLE audit (id int)".formatted(this.owner), "CREATE SCHEMA audit");
		assertLeadsOn("self", ONE, "me:audit\ncreate table audit.mine (id int);");
		assertThat(this.advised).containsExactly("GRANT USAGE, CREATE ON SCHEMA audit TO \"%s\"".formatted(this.login));
	}

	@Test
	void aRoleThatAChangeSetTakesOnIsTheOneThatLacksTheRight() {
		String deployer = this.database.getServer().createRole("secret");
		this.database.execute("GRANT CREATE ON SCHEMA public TO \"%s\", \"%s\"".formatted(this.owner, this.login),
				"GRANT %s TO \"%s\"".formatted(deployer, this.login),
				"SET ROLE \"%s\"; CREATE TABLE theirs (id int)".formatted(this.owner));
		assertLeadsOn("self", ONE,
				"me:theirs\nset role %s;\nalter table theirs add column mine int;".formatted(deployer));
		assertThat(this.advised).containsExactly("GRANT \"%s\" TO %s".formatted(this.owner, deployer));
	}

	@Test
	void aChangeSetCreatesASchema() {
		this.database.execute("GRANT CREATE ON SCHEMA public TO \"%s\"".formatted(this.login));
		assertLeadsOn("self", ONE, "me:schema\ncreate schema mine;");
		assertThat(this.advised)
			.containsExactly("GRANT CREATE ON DATABASE %s TO \"%s\"".formatted(this.database.getName(), this.login));
	}

	@ParameterizedTest
	@ValueSource(strings = { "ROLE \"LOGIN\"", "DATABASE DB", "ROLE \"LOGIN\" IN DATABASE DB" })
	void aLoginThatReadsOnlyWritesWhereverThatWasSet(String set) {
		this.database.execute("GRANT CREATE ON SCHEMA public TO \"%s\"".formatted(this.login),
				"ALTER %s SET default_transaction_read_only = on"
					.formatted(set.replace("LOGIN", this.login).replace("DB", this.database.getName())));
		assertLeadsOn("self", ONE, TWO);
		assertThat(this.advised).hasSize(1);
	}

	@Test
	void aLockThatNamesNoHolderIsReleasedByHand() {
		assertThat(start("self", "postgres", ONE)).isNull();
		this.database.execute("ALTER ROLE \"%s\" SUPERUSER".formatted(this.login),
				"UPDATE databasechangeloglock SET locked = true, lockgranted = now(), lockedby = NULL");
		assertLeadsOn("self", ONE, TWO);
		assertThat(this.advised).singleElement().asString().startsWith("UPDATE public.databasechangeloglock");
	}

	private void migrateAsOwner(String... changeSets) {
		this.database.execute("GRANT CREATE ON SCHEMA public TO \"%s\"".formatted(this.owner));
		assertThat(start("self", this.owner, changeSets)).isNull();
	}

	private void assertLeadsOn(String mode, String... changeSets) {
		assertLeadsOn(mode, new String[0], changeSets);
	}

	/**
	 * Start, and follow the advice until a start succeeds: no advice is given twice.
	 */
	private void assertLeadsOn(String mode, String[] properties, String... changeSets) {
		for (LockkeeperException refused = start(mode, this.login, properties,
				changeSets); refused != null; refused = start(mode, this.login, properties, changeSets)) {
			LockkeeperException failure = refused;
			assertThat(failure.getStatus()).isIn(ExitStatus.PERMISSION, ExitStatus.TEMPORARY);
			List<String> statements = AdvisedSql.in(failure.getAction());
			assertThat(statements).as("%s %s", failure.getMessage(), failure.getAction())
				.isNotEmpty()
				.noneMatch(this.advised::contains);
			statements.forEach((statement) -> execute(statement, failure));
			this.advised.addAll(statements);
		}
		assertThat(this.advised).isNotEmpty();
		assertThat(start(mode, this.login, properties, changeSets)).isNull();
	}

	private void execute(String statement, LockkeeperException failure) {
		if (failure.getAction().contains("in the database postgres")) {
			this.database.getServer().execute(statement);
		}
		else {
			this.database.execute(statement);
		}
	}

	private @Nullable LockkeeperException start(String mode, String login, String... changeSets) {
		return start(mode, login, new String[0], changeSets);
	}

	private @Nullable LockkeeperException start(String mode, String login, String[] properties, String... changeSets) {
		AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();
		runner(login, changeSets).withPropertyValues("lockkeeper.mode=" + mode)
			.withPropertyValues(properties)
			.run((context) -> failed.set(context.getStartupFailure()));
		LockkeeperException failure = LockkeeperException.findIn(failed.get());
		assertThat(failed.get() == null).as("a failure of ours: %s", failed.get()).isEqualTo(failure == null);
		return failure;
	}

	private String status() throws IOException {
		Path verdict = this.directory.resolve("verdict");
		runner(this.login, ONE).withBean(ExitStrategy.class, () -> (code) -> {
		})
			.withInitializer((context) -> context.getEnvironment()
				.getPropertySources()
				.addFirst(new SimpleCommandLinePropertySource("--status")))
			.withPropertyValues("lockkeeper.mode=migrate-only", "lockkeeper.termination-message-path=" + verdict)
			.run((context) -> assertThat(context).hasFailed());
		return Files.readString(verdict);
	}

	private ApplicationContextRunner runner(String login, String... changeSets) {
		return new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class,
					LiquibaseAutoConfiguration.class, DataSourceAutoConfiguration.class))
			.withPropertyValues("spring.datasource.url=" + this.database.getPlainUrl(),
					"spring.datasource.username=" + login, "spring.datasource.password=secret",
					"lockkeeper.lock.wait-timeout=1s", "lockkeeper.defer.wait-timeout=1s",
					"lockkeeper.wait.initial-interval=100ms", "spring.liquibase.change-log=" + write(changeSets));
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

}
