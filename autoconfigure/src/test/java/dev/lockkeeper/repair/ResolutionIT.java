// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.repair;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

import javax.sql.DataSource;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.command.AdvisedCommand;
import dev.lockkeeper.exit.ExitStrategy;
import dev.lockkeeper.exit.ShellWord;
import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.lock.MigrationLocks;
import dev.lockkeeper.lock.SuppliedLock;
import dev.lockkeeper.lock.lease.LeaseLocks;
import dev.lockkeeper.process.Applications;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import liquibase.integration.spring.MultiTenantSpringLiquibase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.core.env.SimpleCommandLinePropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The decision of an operator about a statement in which a run died is written when the
 * statement is in question, and only under the lease.
 */
@ExtendWith(OutputCaptureExtension.class)
class ResolutionIT {

	private static final String OUTCOME = "SELECT coalesce(outcome, 'none') FROM lockkeeper_intent";

	private static final String[] CALL = { "me:one\ncreate table one (id int);",
			"me:fill runInTransaction:false\ncall fill();" };

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class, LiquibaseAutoConfiguration.class,
				DataSourceAutoConfiguration.class))
		.withPropertyValues("spring.datasource.url=" + this.database.getUrl(), "lockkeeper.retry.max-attempts=1",
				"lockkeeper.database-wait=10s", "lockkeeper.lock.lease=5m");

	@BeforeEach
	void createProcedure() {
		this.database.execute("CREATE TABLE tally (what text)",
				"CREATE PROCEDURE fill() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.tally VALUES ('called'); COMMIT; "
						+ "IF (SELECT count(*) FROM public.tally) = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); "
						+ "PERFORM pg_sleep(60); END IF; END $$");
	}

	@ParameterizedTest
	@CsvSource({ "done, 1", "again, 2" })
	void theStatementIsSkippedOrExecutedAgain(String answer, String calls, CapturedOutput output) {
		String changeLog = dieInCall();
		String[] command = advised(answer, changeLog, output);
		assertThat(command).contains("--change-set=%s::fill::me".formatted(changeLog.split("=", 2)[1]),
				"--schema=liquibase");
		assertThat(run(this.runner, changeLog, command)).isZero();
		assertThat(output.getOut()).contains("schema:         liquibase", "change set:     ",
				"statement 1:    call fill()", "resolved:       %s (".formatted(answer));
		assertThat(this.database.query(OUTCOME)).containsExactly(answer.equals("done") ? "done" : "not done");
		assertThat(
				this.database.query("SELECT locked_by FROM lockkeeper_lock WHERE lock_until > timezone('utc', now())"))
			.isEmpty();
		assertThat(run(this.runner, changeLog, command)).isEqualTo(65);
		assertThat(output.getOut()).contains("is not in question: an operator or the server has reported already");
		assertThat(run(this.runner, changeLog)).isZero();
		assertThat(this.database.query("SELECT count(*) FROM tally")).containsExactly(calls);
		assertThat(run(this.runner, changeLog, command)).isEqualTo(65);
		assertThat(output.getOut()).contains("No pending change set is shown as ");
	}

	@Test
	@FullTier
	void anUnknownChangeSetIsRefusedWithThoseInQuestion(CapturedOutput output) {
		String changeLog = dieInCall();
		String[] command = advised("done", changeLog, output);
		assertThat(run(this.runner, changeLog, "--migrate-only", "--resolve=done", "--change-set=fill")).isEqualTo(65);
		assertThat(output.getOut()).contains("No pending change set is shown as fill.",
				"In question: --change-set=%s --schema='liquibase'."
					.formatted(ShellWord.quote(command[2].substring("--change-set=".length()))));
		assertThat(this.database.query(OUTCOME)).containsExactly("none");
	}

	@Test
	@FullTier
	void aChangeSetOfWhichNothingWasBegunIsNotInQuestion(CapturedOutput output) {
		String changeLog = changeLog(CALL);
		assertThat(run(this.runner, changeLog, "--migrate-only", "--resolve=done",
				"--change-set=%s::fill::me".formatted(changeLog.split("=", 2)[1])))
			.isEqualTo(65);
		assertThat(output.getOut()).contains("is not in question: no run has died in a statement of it.");
		assertThat(this.database.query("SELECT relname FROM pg_class WHERE relname LIKE 'lockkeeper%'")).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "CREATE INDEX CONCURRENTLY tally_what ON tally (what)",
			"DROP INDEX CONCURRENTLY tally_what", "VACUUM tally", "REINDEX TABLE CONCURRENTLY tally" })
	@FullTier
	void aStatementThatTheNextRunJudgesIsNotInQuestion(String statement, CapturedOutput output) {
		String changeLog = dieInCall();
		note(statement);
		assertThat(resolve(changeLog, "done")).isEqualTo(65);
		assertThat(output.getOut()).contains("is not in question: the next run finds out by itself");
		assertThat(this.database.query(OUTCOME)).containsExactly("none");
	}

	@ParameterizedTest
	@CsvSource({ "true, 65", "false, 0" })
	@FullTier
	void anIndexThatIsAnotherOneIsInQuestionAndNothingIsDropped(boolean same, int code) {
		String changeLog = dieInCall();
		note("CREATE INDEX CONCURRENTLY tally_what ON tally (what)");
		this.database.execute("CREATE INDEX tally_what ON tally (what%s)".formatted(same ? "" : " DESC"));
		List<String> before = this.database
			.query("SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace");
		assertThat(resolve(changeLog, "again")).isEqualTo(code);
		assertThat(this.database.query("SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace"))
			.isEqualTo(before);
	}

	@Test
	void aRunInProgressIsNamedAndNothingIsWritten(CapturedOutput output) {
		String changeLog = dieInCall();
		this.database.execute("UPDATE lockkeeper_lock SET lock_until = timezone('utc', now()) + interval '1 hour', "
				+ "locked_by = 'another pod/7'");
		assertThat(resolve(changeLog, "done")).isEqualTo(75);
		assertThat(output.getOut())
			.contains("Nothing was written: the lock of schema liquibase is held by another pod/7");
		assertThat(this.database.query(OUTCOME)).containsExactly("none");
	}

	@Test
	@FullTier
	void afterADeadRunTheOperatorHasToCheckOnceMore(CapturedOutput output) {
		String changeLog = dieInCall();
		this.database
			.execute("UPDATE lockkeeper_lock SET locked_by = 'dead pod/7', backend_pid = 1, backend_start = now()");
		assertThat(resolve(changeLog, "done")).isEqualTo(75);
		assertThat(output.getOut()).contains("the last run (dead pod/7) had died without releasing the lock");
		assertThat(this.database.query(OUTCOME)).containsExactly("none");
		assertThat(resolve(changeLog, "done")).isZero();
		assertThat(this.database.query(OUTCOME)).containsExactly("done");
	}

	@Test
	@FullTier
	void aReadOnlyDatabaseEndsWith75() {
		String changeLog = dieInCall();
		this.database.execute("ALTER DATABASE %s SET default_transaction_read_only = on"
			.formatted(this.database.query("SELECT quote_ident(current_database())").get(0)));
		assertThat(resolve(changeLog, "done")).isEqualTo(75);
	}

	@Test
	@FullTier
	void aLeaseThatIsLostBeforeTheWriteLeavesEverythingAsItWas(CapturedOutput output) {
		String changeLog = dieInCall();
		MigrationLocks locks = (address) -> new SuppliedLock(() -> {
			Optional<Lease> lease = new LeaseLocks(Duration.ofMinutes(5), "here").at(address).tryAcquire();
			this.database.execute("DELETE FROM lockkeeper_lock");
			return lease;
		});
		assertThat(run(this.runner.withBean(MigrationLocks.class, () -> locks), changeLog, "--migrate-only",
				"--resolve=done", "--change-set=%s::fill::me".formatted(changeLog.split("=", 2)[1])))
			.isEqualTo(75);
		assertThat(output.getOut()).contains("Nothing was written: the lease was lost.");
		assertThat(this.database.query(OUTCOME)).containsExactly("none");
	}

	@Test
	void aLeaseThatIsLostInTheTransactionTakesTheAnswerWithIt(CapturedOutput output) {
		String changeLog = dieInCall();
		trigger("DELETE FROM lockkeeper_lock; RETURN NEW;");
		assertThat(resolve(changeLog, "done")).isEqualTo(75);
		assertThat(output.getOut()).contains("Nothing was written: the lease was lost.");
		assertThat(this.database.query(OUTCOME)).containsExactly("none");
	}

	@Test
	@FullTier
	void aTableThatRefusesTheAnswerIsNoFailureOfAChangeSet(CapturedOutput output) {
		String changeLog = dieInCall();
		trigger("RAISE EXCEPTION 'not on Mondays';");
		assertThat(resolve(changeLog, "done")).isEqualTo(78);
		assertThat(output.getOut()).contains("A table that belongs to the migrations of schema liquibase refused it",
				"not on Mondays");
	}

	@Test
	@FullTier
	void aRoleThatMayNotWriteEndsWith77() {
		String changeLog = dieInCall();
		String role = this.database.getServer().createRole("resolves");
		this.database.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO " + role,
				"GRANT ALL ON lockkeeper_lock TO " + role);
		assertThat(run(
				this.runner.withPropertyValues("spring.datasource.url=" + this.database.getPlainUrl(),
						"spring.datasource.username=" + role, "spring.datasource.password=resolves"),
				changeLog, "--migrate-only", "--resolve=done",
				"--change-set=%s::fill::me".formatted(changeLog.split("=", 2)[1])))
			.isEqualTo(77);
	}

	@Test
	@FullTier
	void ofSeveralSchemasThatHaveItOneHasToBeNamed(CapturedOutput output) {
		this.database.execute("CREATE SCHEMA tenant_a", "CREATE SCHEMA tenant_b");
		ApplicationContextRunner tenants = this.runner.withUserConfiguration(Tenants.class)
			.withPropertyValues("spring.liquibase.enabled=false");
		String changeLog = changeLog("me:fill runInTransaction:false\ncall public.fill();");
		for (String schema : List.of("tenant_a", "tenant_b")) {
			this.database.execute("TRUNCATE tally");
			assertThat(run(tenants.withPropertyValues("tenants=" + schema), changeLog)).isEqualTo(75);
		}
		assertThat(run(tenants, changeLog)).isEqualTo(65);
		String[] advised = AdvisedCommand.with("--resolve=again", output.getOut());
		assertThat(advised).contains("--schema=tenants/tenant_a");
		String[] unnamed = { advised[0], advised[1], advised[2] };
		assertThat(run(tenants, changeLog, unnamed)).isEqualTo(64);
		assertThat(output.getOut()).contains("is in question in 2 schemas: tenants/tenant_a, tenants/tenant_b.",
				"Add --schema='tenants/tenant_a' or --schema='tenants/tenant_b'.");
		assertThat(run(tenants, changeLog, advised[0], advised[1], advised[2], "--schema=tenants")).isEqualTo(64);
		assertThat(output.getOut()).contains("There is no schema tenants.");
		assertThat(run(tenants, changeLog, advised)).isZero();
		assertThat(this.database.query("SELECT coalesce(outcome, 'none') FROM tenant_a.lockkeeper_intent"))
			.containsExactly("not done");
		assertThat(this.database.query("SELECT coalesce(outcome, 'none') FROM tenant_b.lockkeeper_intent"))
			.containsExactly("none");
		// Now it is in question in one schema alone
		assertThat(run(tenants, changeLog, unnamed)).isZero();
		assertThat(run(tenants, changeLog)).isZero();
		assertThat(this.database.query("SELECT count(*) FROM tally")).containsExactly("3");
	}

	@Test
	@FullTier
	void theStatementOfThePageIsTheWayOnWithoutTheJar() throws IOException {
		String changeLog = dieInCall();
		String page = Files.readString(Path.of("..", "docs", "non-transactional.md"));
		String statement = page.substring(page.indexOf("```sql\n") + 7, page.lastIndexOf("```"));
		assertThat(statement).contains("'7'", "'db/changelog.sql'");
		this.database.execute(statement.replace("'7'", "'fill'")
			.replace("'db/changelog.sql'", "'%s'".formatted(changeLog.split("=", 2)[1].replace("'", "''"))));
		assertThat(this.database.query(OUTCOME)).containsExactly("not done");
		assertThat(run(this.runner, changeLog)).isZero();
		assertThat(this.database.query("SELECT count(*) FROM tally")).containsExactly("2");
	}

	private String dieInCall() {
		String changeLog = changeLog(CALL);
		assertThat(run(this.runner, changeLog)).isEqualTo(75);
		assertThat(this.database.query(OUTCOME)).containsExactly("none");
		return changeLog;
	}

	private void note(String statement) {
		this.database
			.execute("UPDATE lockkeeper_intent SET before = '', statement = '%s', kind = 'noted', ".formatted(statement)
					+ "subject = 'public.tally'");
	}

	private void trigger(String body) {
		this.database.execute(
				"CREATE FUNCTION interfere() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN %s END $$".formatted(body),
				"CREATE TRIGGER interferes BEFORE UPDATE ON lockkeeper_intent FOR EACH ROW EXECUTE FUNCTION interfere()");
	}

	private String[] advised(String answer, String changeLog, CapturedOutput output) {
		assertThat(run(this.runner, changeLog)).isEqualTo(65);
		return AdvisedCommand.with("--resolve=" + answer, output.getOut());
	}

	private int resolve(String changeLog, String answer) {
		return run(this.runner, changeLog, "--migrate-only", "--resolve=" + answer,
				"--change-set=%s::fill::me".formatted(changeLog.split("=", 2)[1]));
	}

	private static int run(ApplicationContextRunner runner, String changeLog, String... command) {
		AtomicInteger ended = new AtomicInteger(-1);
		ExitStrategy exit = ended::set;
		String[] arguments = (command.length > 0) ? command : new String[] { "--migrate-only" };
		runner.withPropertyValues(changeLog)
			.withBean(ExitStrategy.class, () -> exit)
			.withInitializer((context) -> context.getEnvironment()
				.getPropertySources()
				.addFirst(new SimpleCommandLinePropertySource(arguments)))
			.run((context) -> assertThat(context).hasFailed());
		return ended.get();
	}

	private String changeLog(String... changeSets) {
		return "spring.liquibase.change-log=file:"
				+ Applications.changeLog(this.directory.resolve("it's resolved.sql"), changeSets);
	}

	@Configuration(proxyBeanMethods = false)
	static class Tenants {

		@Bean
		MultiTenantSpringLiquibase tenants(DataSource dataSource, Environment environment) {
			MultiTenantSpringLiquibase liquibase = new MultiTenantSpringLiquibase();
			liquibase.setDataSource(dataSource);
			liquibase.setSchemas(List
				.of(environment.getProperty("tenants", String[].class, new String[] { "tenant_a", "tenant_b" })));
			liquibase.setChangeLog(environment.getRequiredProperty("spring.liquibase.change-log"));
			return liquibase;
		}

	}

}
