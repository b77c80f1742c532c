// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.util.Credentials;
import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import liquibase.Liquibase;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.changelog.visitor.AbstractChangeExecListener;
import liquibase.database.Database;
import liquibase.exception.LiquibaseException;
import liquibase.integration.spring.Customizer;
import liquibase.integration.spring.SpringLiquibase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.AbstractDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Every {@link SpringLiquibase} bean is governed, and keeps what it could do before.
 */
class GovernanceIT {

	private static final String ONE = "me:one\ncreate table one (id int primary key);";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class, LiquibaseAutoConfiguration.class,
				DataSourceAutoConfiguration.class, JdbcTemplateAutoConfiguration.class))
		.withPropertyValues("spring.datasource.url=" + this.database.getUrl());

	@Test
	void neverUsesThePoolAndPutsEverythingBack() {
		this.runner.withPropertyValues(changeLog("pool.sql", ONE), "spring.datasource.hikari.maximum-pool-size=1")
			.run((context) -> {
				assertThat(status(context.getBean(SchemaGate.class), "liquibase")).isEqualTo(SchemaStatus.CURRENT);
				HikariDataSource pool = context.getBean(HikariDataSource.class);
				assertThat(pool.isRunning()).isFalse();
				assertThat(context.getBean(SpringLiquibase.class).getDataSource()).isSameAs(pool);
				assertThat(context.getBean(SpringLiquibase.class).getCustomizer()).isNull();
			});
		this.database.awaitNoSessions();
	}

	@Test
	void ourSessionsAreNamed() {
		this.database.execute("CREATE TABLE names (name text)");
		this.runner.withPropertyValues("spring.application.name=harbour", "HOSTNAME=pod-7", changeLog("name.sql",
				"me:name\ninsert into names select current_setting('application_name') || ' ' || current_setting('transaction_isolation');"))
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(this.database.query("SELECT name FROM names"))
			.containsExactly("lockkeeper harbour pod-7 read committed");
	}

	@Test
	void thePropertiesOfSpringBootCount() {
		this.database.execute("CREATE SCHEMA history", "CREATE SCHEMA \"Mixed\"");
		this.runner
			.withPropertyValues("spring.liquibase.liquibase-schema=history", "spring.liquibase.default-schema=Mixed",
					"spring.liquibase.contexts=yes", "spring.liquibase.label-filter=wanted",
					"spring.liquibase.parameters.table=told", "spring.liquibase.database-change-log-table=changes",
					"spring.liquibase.database-change-log-lock-table=changes_lock",
					changeLog("properties.sql", "me:told labels:wanted context:yes\ncreate table ${table} (id int);",
							"me:other labels:wanted context:no\ncreate table other (id int);",
							"me:unlabelled labels:unwanted\ncreate table unlabelled (id int);"))
			.run((context) -> {
				assertThat(context).hasNotFailed();
				SchemaState state = state(context.getBean(SchemaGate.class), "liquibase");
				assertThat(state.status()).isEqualTo(SchemaStatus.CURRENT);
				assertThat(state.applied()).isOne();
			});
		assertThat(this.database.query("SELECT id FROM history.changes")).containsExactly("told");
		assertThat(this.database.query("SELECT name FROM history.lockkeeper_lock"))
			.containsExactly("history.changes_lock");
		assertThat(this.database.query("SELECT schemaname || '.' || tablename FROM pg_tables WHERE tablename = 'told'"))
			.hasSize(1);
	}

	@Test
	void ownCredentialsMigrate() {
		String role = this.database.getServer().createRole("owner-password");
		this.database.execute("CREATE SCHEMA owned AUTHORIZATION " + role);
		this.runner
			.withPropertyValues("spring.liquibase.user=" + role, "spring.liquibase.password=owner-password",
					"spring.datasource.url=" + this.database.getPlainUrl(), "spring.datasource.username=postgres",
					"spring.datasource.password=unused", "spring.liquibase.default-schema=owned",
					changeLog("owned.sql", ONE))
			.run((context) -> assertThat(status(context.getBean(SchemaGate.class), "liquibase"))
				.isEqualTo(SchemaStatus.CURRENT));
		assertThat(this.database.query("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'owned'"))
			.containsExactly(role);
	}

	@Test
	void customizersAndTheirListenersAreCalled() {
		RecordingCustomizer customizer = new RecordingCustomizer();
		this.runner.withBean("mine", Customizer.class, () -> customizer)
			.withPropertyValues(changeLog("customizer.sql", "me:one\ncreate table ${table} (id int);"))
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(context.getBean(SpringLiquibase.class).getCustomizer()).isSameAs(customizer);
			});
		assertThat(customizer.ran).containsExactly("one");
		assertThat(this.database.query("SELECT tablename FROM pg_tables WHERE tablename = 'customized'")).hasSize(1);
	}

	@Test
	@FullTier
	void severalBeansRunEachOnce() {
		this.runner.withUserConfiguration(TwoBeans.class)
			.withPropertyValues("first=" + write("first.sql", ONE),
					"second=" + write("second.sql", "me:two\ncreate table two (id int primary key);"))
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(context.getBean(SchemaGate.class).getStates()).containsOnlyKeys("firstLiquibase",
						"secondLiquibase");
				assertThat(context.getBean(SchemaGate.class).isOpen()).isTrue();
			});
		assertThat(this.database.query("SELECT id FROM databasechangelog")).containsExactly("one");
		assertThat(this.database.query("SELECT id FROM second_history")).containsExactly("two");
		assertThat(this.database.query("SELECT name FROM lockkeeper_lock"))
			.containsExactly("public.databasechangeloglock");
	}

	@Test
	void subclassesKeepTheirOverridesAndRunOnce() {
		this.runner.withUserConfiguration(SubclassConfiguration.class)
			.withPropertyValues("first=" + write("subclass.sql", ONE))
			.run((context) -> {
				assertThat(context).hasNotFailed();
				Subclass subclass = context.getBean(Subclass.class);
				assertThat(subclass.initialised.get()).isOne();
				assertThat(subclass.updated.get()).isOne();
				assertThat(status(context.getBean(SchemaGate.class), "subclass")).isEqualTo(SchemaStatus.CURRENT);
			});
	}

	@Test
	void beansThatDependOnLiquibaseStillWait() {
		this.runner.withUserConfiguration(WaitingBean.class)
			.withPropertyValues(changeLog("waiting.sql", ONE))
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(context.getBean("rows")).isEqualTo(0);
			});
	}

	@Test
	void aBeanThatShallNotRunIsLeftAlone() {
		this.runner.withUserConfiguration(TwoBeans.class)
			.withPropertyValues("first=" + write("first.sql", ONE), "second=none", "should-run=false")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(context.getBean(SchemaGate.class).getStates()).isEmpty();
			});
		assertThat(this.database.query("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))
			.containsExactly("0");
	}

	@Test
	void switchedOffItLeavesStockLiquibaseAlone() {
		this.runner.withPropertyValues(changeLog("off.sql", ONE), "lockkeeper.enabled=false").run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean(SchemaGate.class).getStates()).isEmpty();
		});
		assertThat(this.database.query("SELECT id FROM databasechangelog")).containsExactly("one");
		assertThat(this.database.query("SELECT tablename FROM pg_tables WHERE tablename LIKE 'lockkeeper%'")).isEmpty();
	}

	@Test
	void newerRowsMeanAhead() {
		String old = changeLog("old.sql", ONE);
		write("new.sql", ONE, "me:two\ncreate table two (id int);");
		this.runner.withPropertyValues(old).run((context) -> {
			this.database.execute("INSERT INTO databasechangelog (id, author, filename, dateexecuted, orderexecuted, "
					+ "exectype) VALUES ('two', 'me', 'new.sql', now(), 2, 'EXECUTED')");
			SchemaGate gate = context.getBean(SchemaGate.class);
			gate.refresh();
			assertThat(status(gate, "liquibase")).isEqualTo(SchemaStatus.AHEAD);
			assertThat(gate.isOpen()).isTrue();
		});
		this.runner.withPropertyValues(old)
			.run((context) -> assertThat(status(context.getBean(SchemaGate.class), "liquibase"))
				.isEqualTo(SchemaStatus.AHEAD));
	}

	@ParameterizedTest
	@CsvSource({ "context:old context:new, contexts", "labels:old labels:new, label-filter" })
	@FullTier
	void changeSetsOfOtherContextsOrLabelsMeanAhead(String marks, String setting) {
		String[] mark = marks.split(" ");
		String old = changeLog("marks.sql", ONE, "me:mine %s\ncreate table mine (id int);".formatted(mark[0]),
				"me:theirs %s\ncreate table theirs (id int);".formatted(mark[1]));
		String property = "spring.liquibase.%s=".formatted(setting);
		this.runner.withPropertyValues(old, property + "old").run((context) -> assertThat(context).hasNotFailed());
		// The next release runs without a filter
		this.runner.withPropertyValues(old).run((context) -> assertThat(context).hasNotFailed());
		assertAheadAndUnchanged(old, property + "old");
	}

	@Test
	void aChangeSetThatWasRemovedFromTheChangelogMeansAhead() {
		this.runner.withPropertyValues(changeLog("removed.sql", ONE, "me:two\ncreate table two (id int);"))
			.run((context) -> assertThat(context).hasNotFailed());
		assertAheadAndUnchanged(changeLog("removed.sql", ONE));
	}

	private void assertAheadAndUnchanged(String... settings) {
		List<String> before = this.database.query("SELECT t::text FROM databasechangelog t ORDER BY orderexecuted");
		for (String mode : List.of("self", "defer")) {
			this.runner.withPropertyValues(settings)
				.withPropertyValues("lockkeeper.mode=" + mode)
				.run((context) -> assertThat(status(context.getBean(SchemaGate.class), "liquibase"))
					.isEqualTo(SchemaStatus.AHEAD));
		}
		assertThat(this.database.query("SELECT t::text FROM databasechangelog t ORDER BY orderexecuted"))
			.isEqualTo(before);
	}

	@Test
	void aViewThatNewerCodeHasReplacedMeansAheadToAProcessThatServedIt() {
		String changeLog = changeLog("view.sql",
				"me:view runOnChange:true\ncreate or replace view v as select 1 as a;");
		this.runner.withPropertyValues(changeLog).run((context) -> {
			this.database.execute("UPDATE databasechangelog SET md5sum = '9:00000000000000000000000000000000', "
					+ "orderexecuted = 2");
			SchemaGate gate = context.getBean(SchemaGate.class);
			gate.refresh();
			assertThat(status(gate, "liquibase")).isEqualTo(SchemaStatus.AHEAD);
		});
	}

	@Test
	@FullTier
	void oldCodeThatStartsAgainPutsNothingBackThatNewerCodeHasReplaced() {
		String[] old = { "me:view runOnChange:true\ncreate or replace view v as select 1 as a;",
				"me:rights runAlways:true\ncomment on view v is 'old';", "me:each runAlways:true\nselect 1;" };
		String[] recent = { "me:view runOnChange:true\ncreate or replace view v as select 2 as a;",
				"me:rights runAlways:true\ncomment on view v is 'new';", "me:each runAlways:true\nselect 1;" };
		this.runner.withPropertyValues(changeLog("view.sql", old)).run((context) -> assertThat(context).hasNotFailed());
		this.runner.withPropertyValues(changeLog("view.sql", recent))
			.run((context) -> assertThat(status(context.getBean(SchemaGate.class), "liquibase"))
				.isEqualTo(SchemaStatus.CURRENT));
		assertThat(view()).containsExactly("2 new");
		this.runner.withPropertyValues(changeLog("view.sql", old))
			.run((context) -> assertThat(status(context.getBean(SchemaGate.class), "liquibase"))
				.isEqualTo(SchemaStatus.AHEAD));
		assertThat(view()).containsExactly("2 new");
		this.runner.withPropertyValues(changeLog("view.sql", old), "lockkeeper.mode=defer")
			.run((context) -> assertThat(status(context.getBean(SchemaGate.class), "liquibase"))
				.isEqualTo(SchemaStatus.AHEAD));
		this.runner.withPropertyValues(changeLog("view.sql", old), "lockkeeper.rerun-older=true")
			.run((context) -> assertThat(status(context.getBean(SchemaGate.class), "liquibase"))
				.isEqualTo(SchemaStatus.CURRENT));
		assertThat(view()).containsExactly("1 old");
	}

	@Test
	void theLevelIsRememberedAlsoWhenThereIsNothingToDo() {
		String changeLog = changeLog("level.sql", ONE);
		this.runner.withPropertyValues(changeLog).run((context) -> assertThat(context).hasNotFailed());
		this.database.execute("DROP TABLE lockkeeper_level");
		this.runner.withPropertyValues(changeLog).run((context) -> assertThat(context).hasNotFailed());
		assertThat(this.database.query("SELECT history FROM lockkeeper_level"))
			.containsExactly("public.databasechangelog");
	}

	private List<String> view() {
		return this.database.query("SELECT a || ' ' || obj_description('v'::regclass) FROM v");
	}

	@Test
	void missingCountsMoreThanChanged() {
		String changeLog = changeLog("both.sql", ONE, "me:two\ncreate table two (id int);");
		this.runner.withPropertyValues(changeLog).run((context) -> {
			SchemaGate gate = context.getBean(SchemaGate.class);
			this.database.execute("UPDATE databasechangelog SET md5sum = '9:00000000000000000000000000000000', "
					+ "orderexecuted = 9 WHERE id = 'one'");
			gate.refresh();
			assertThat(status(gate, "liquibase")).isEqualTo(SchemaStatus.CHANGED);
			assertThat(gate.isOpen()).isTrue();
			this.database.execute("DELETE FROM databasechangelog WHERE id = 'two'");
			gate.refresh();
			assertThat(status(gate, "liquibase")).isEqualTo(SchemaStatus.PENDING);
			assertThat(gate.isOpen()).isFalse();
		});
	}

	@Test
	void checksumsAreThoseOfLiquibase() throws IOException {
		Files.writeString(this.directory.resolve("table.sql"), "create table from_file (id int);");
		Path yaml = Files.writeString(this.directory.resolve("sums.yaml"), """
				databaseChangeLog:
				  - changeSet:
				      id: limited
				      author: me
				      changes:
				        - sql: {dbms: postgresql, sql: "create table limited (id int)"}
				        - sql: {dbms: h2, sql: "create nonsense"}
				  - changeSet:
				      id: file
				      author: me
				      changes:
				        - sqlFile: {path: table.sql, relativeToChangelogFile: true}
				""");
		for (int i = 0; i < 2; i++) {
			this.runner.withPropertyValues("spring.liquibase.change-log=file:" + yaml).run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(status(context.getBean(SchemaGate.class), "liquibase")).isEqualTo(SchemaStatus.CURRENT);
			});
		}
	}

	@Test
	void anInspectionOfAChangelogWithIncludesWritesNothing() throws IOException {
		Files.createDirectories(this.directory.resolve("changes"));
		Files.writeString(this.directory.resolve("changes/rows.csv"), "id\n1\n");
		Files.writeString(this.directory.resolve("changes/rows.yaml"), """
				databaseChangeLog:
				  - logicalFilePath: rows
				  - changeSet:
				      id: rows
				      author: me
				      changes:
				        - createTable: {tableName: row, columns: [{column: {name: id, type: int}}]}
				        - loadData: {tableName: row, file: rows.csv, relativeToChangelogFile: true}
				""");
		Path master = Files.writeString(this.directory.resolve("master.yaml"), """
				databaseChangeLog:
				  - include: {file: changes/rows.yaml, relativeToChangelogFile: true}
				""");
		ApplicationContextRunner runner = this.runner.withPropertyValues("spring.liquibase.change-log=file:" + master);
		runner
			.withPropertyValues("lockkeeper.mode=defer", "lockkeeper.defer.startup=serve",
					"lockkeeper.readiness.refresh-interval=100ms")
			.run((context) -> {
				SchemaGate gate = context.getBean(SchemaGate.class);
				gate.refresh();
				assertThat(status(gate, "liquibase")).isEqualTo(SchemaStatus.PENDING);
			});
		assertThat(this.database.query("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))
			.containsExactly("0");
		for (int i = 0; i < 2; i++) {
			runner.run((context) -> assertThat(status(context.getBean(SchemaGate.class), "liquibase"))
				.isEqualTo(SchemaStatus.CURRENT));
		}
		assertThat(this.database.query("SELECT filename FROM databasechangelog")).containsExactly("rows");
	}

	@Test
	@FullTier
	void aTagThatIsOnlyInTheHistoryEndsWhatIsExpected() {
		String changeLog = changeLog("tag.sql", ONE, "me:two\ncreate table two (id int);");
		write("tag.sql", ONE);
		this.runner.withPropertyValues(changeLog).run((context) -> assertThat(context).hasNotFailed());
		this.database.execute("UPDATE databasechangelog SET tag = 'release'");
		write("tag.sql", ONE, "me:two\ncreate table two (id int);");
		this.runner.withPropertyValues(changeLog, "spring.liquibase.tag=release")
			.run((context) -> assertThat(status(context.getBean(SchemaGate.class), "liquibase"))
				.isEqualTo(SchemaStatus.CURRENT));
		assertThat(this.database.query("SELECT id FROM databasechangelog")).containsExactly("one");
		this.runner.withPropertyValues(changeLog)
			.run((context) -> assertThat(status(context.getBean(SchemaGate.class), "liquibase"))
				.isEqualTo(SchemaStatus.CURRENT));
		assertThat(this.database.query("SELECT id FROM databasechangelog ORDER BY 1")).containsExactly("one", "two");
	}

	@Test
	@FullTier
	void checksumsThatWereClearedAreFilledIn() {
		String changeLog = changeLog("cleared.sql", ONE);
		this.runner.withPropertyValues(changeLog).run((context) -> assertThat(context).hasNotFailed());
		this.database.execute("UPDATE databasechangelog SET md5sum = NULL");
		this.runner.withPropertyValues(changeLog).run((context) -> assertThat(context).hasNotFailed());
		assertThat(this.database.query("SELECT md5sum FROM databasechangelog WHERE md5sum LIKE '9:%'")).hasSize(1);
	}

	@Test
	void aSubclassThatSetsItsPropertiesWhenItInitialisesItselfRunsWithThem() {
		this.runner.withUserConfiguration(LateSubclassConfiguration.class)
			.withPropertyValues("first=" + write("early.sql", ONE),
					"late=" + write("late.sql", ONE, "me:two\ncreate table two (id int);"))
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(state(context.getBean(SchemaGate.class), "late").applied()).isEqualTo(2);
			});
		assertThat(this.database.query("SELECT DISTINCT filename LIKE '%late.sql' FROM databasechangelog"))
			.containsExactly("t");
	}

	@Test
	void anExceptionOfACustomizerIsNoFailureOfTheChangelog() {
		Customizer<Liquibase> broken = (liquibase) -> {
			throw new IllegalArgumentException("mine");
		};
		this.runner.withBean("mine", Customizer.class, () -> broken)
			.withPropertyValues(changeLog("customizer.sql", ONE))
			.run((context) -> {
				assertThat(context.getStartupFailure()).hasRootCauseMessage("mine");
				assertThat(LockkeeperException.findIn(context.getStartupFailure())).isNull();
			});
	}

	@Test
	@FullTier
	void aChangeSetThatMayFailRunsAndIsNeverMissing() {
		String failing = "me:may failOnError:false\ncreate nonsense;";
		this.runner.withPropertyValues(changeLog("optional.sql", failing))
			.run((context) -> assertThat(status(context.getBean(SchemaGate.class), "liquibase"))
				.isEqualTo(SchemaStatus.CURRENT));
		this.runner
			.withPropertyValues(changeLog("optional.sql", "me:may failOnError:false\ncreate table may (id int);"))
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(this.database.query("SELECT tablename FROM pg_tables WHERE tablename = 'may'")).hasSize(1);
	}

	@Test
	void anInMemoryDatabaseIsKnownByItsUrl() {
		HikariDataSource pool = new HikariDataSource();
		pool.setJdbcUrl("jdbc:h2:mem:by-url");
		this.runner.withBean(DataSource.class, () -> pool)
			.withPropertyValues("lockkeeper.mode=defer", changeLog("url.sql", ONE))
			.run((context) -> {
				assertThat(status(context.getBean(SchemaGate.class), "liquibase")).isEqualTo(SchemaStatus.CURRENT);
				assertThat(new JdbcTemplate(pool).queryForObject("SELECT count(*) FROM one", Integer.class)).isZero();
			});
	}

	@Test
	void credentialsOfAProviderAreUsed() {
		String role = this.database.getServer().createRole("token");
		this.database.execute("GRANT CREATE, USAGE ON SCHEMA public TO " + role);
		HikariDataSource pool = new HikariDataSource();
		pool.setJdbcUrl(this.database.getPlainUrl());
		pool.setCredentialsProvider(() -> Credentials.of(role, "token"));
		this.runner.withBean(DataSource.class, () -> pool)
			.withPropertyValues(changeLog("provider.sql", ONE))
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(this.database.query("SELECT tableowner FROM pg_tables WHERE tablename = 'one'"))
			.containsExactly(role);
	}

	@Test
	void aChangeSetSkippedByAPreconditionIsNotMissing() {
		this.runner.withPropertyValues(changeLog("skipped.sql", ONE,
				"me:skipped\n--preconditions onFail:CONTINUE\n--precondition-sql-check expectedResult:1 select count(*) from one\ncreate table never (id int);"))
			.run((context) -> assertThat(status(context.getBean(SchemaGate.class), "liquibase"))
				.isEqualTo(SchemaStatus.CURRENT));
	}

	@Test
	void aChangeSetThatRunsAlwaysRunsAtEachStart() {
		String changeLog = changeLog("always.sql", ONE,
				"me:always runAlways:true\ninsert into one select count(*) from one;");
		this.runner.withPropertyValues(changeLog).run((context) -> assertThat(context).hasNotFailed());
		this.runner.withPropertyValues(changeLog).run((context) -> assertThat(context).hasNotFailed());
		assertThat(this.database.query("SELECT id FROM one ORDER BY id")).containsExactly("0", "1");
	}

	@Test
	@FullTier
	void droppingEverythingFirstKeepsTheLease() {
		this.database.execute("CREATE TABLE precious (id int)");
		String changeLog = changeLog("drop.sql", ONE);
		for (int i = 0; i < 2; i++) {
			this.runner.withPropertyValues(changeLog, "spring.liquibase.drop-first=true").run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(status(context.getBean(SchemaGate.class), "liquibase")).isEqualTo(SchemaStatus.CURRENT);
			});
		}
		assertThat(this.database.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"))
			.containsExactly("databasechangelog", "databasechangeloglock", "lockkeeper_level", "lockkeeper_lock",
					"lockkeeper_run", "lockkeeper_script", "one");
		assertThat(this.database.query("SELECT locked FROM databasechangeloglock")).containsExactly("f");
		assertThat(this.database.query("SELECT lock_until <= timezone('utc', clock_timestamp()) FROM lockkeeper_lock"))
			.containsExactly("t");
	}

	@Test
	void aHaltingPreconditionIsAFailureOfTheChangelog() {
		this.runner.withPropertyValues(changeLog("halt.sql",
				"me:halt\n--preconditions onFail:HALT\n--precondition-sql-check expectedResult:1 select 0\nselect 1;"))
			.run((context) -> {
				LockkeeperException failure = LockkeeperException.findIn(context.getStartupFailure());
				assertThat(failure).isNotNull()
					.extracting(LockkeeperException::getStatus)
					.isEqualTo(ExitStatus.CHANGELOG);
			});
		assertThat(this.database.query("SELECT locked FROM databasechangeloglock")).containsExactly("f");
	}

	@Test
	void theConnectionsOfAnUnknownDataSourceGoBackAsTheyCame() {
		UnknownDataSource dataSource = new UnknownDataSource(this.database.getUrl());
		this.runner.withBean(DataSource.class, () -> dataSource)
			.withPropertyValues(changeLog("unknown.sql", ONE))
			.run((context) -> assertThat(status(context.getBean(SchemaGate.class), "liquibase"))
				.isEqualTo(SchemaStatus.CURRENT));
		assertThat(dataSource.returned).isNotEmpty().containsOnly("read-only false, auto-commit true");
	}

	@Test
	void anEmbeddedDatabaseIsMigratedWhereItLives() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class,
					LiquibaseAutoConfiguration.class, DataSourceAutoConfiguration.class))
			.withPropertyValues("spring.datasource.url=jdbc:h2:mem:embedded;DB_CLOSE_DELAY=-1", "lockkeeper.mode=defer",
					changeLog("h2.sql", ONE))
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(status(context.getBean(SchemaGate.class), "liquibase")).isEqualTo(SchemaStatus.CURRENT);
				JdbcTemplate jdbc = new JdbcTemplate(context.getBean(DataSource.class));
				jdbc.execute("INSERT INTO one VALUES (1)");
				assertThat(jdbc.queryForObject("SELECT count(*) FROM one", Integer.class)).isOne();
			});
	}

	private String changeLog(String name, String... changeSets) {
		return "spring.liquibase.change-log=" + write(name, changeSets);
	}

	private String write(String name, String... changeSets) {
		try {
			Path file = this.directory.resolve(name);
			StringBuilder text = new StringBuilder("--liquibase formatted sql\n");
			for (String changeSet : changeSets) {
				text.append("\n--changeset ").append(changeSet).append('\n');
			}
			return "file:" + Files.writeString(file, text);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static SchemaState state(SchemaGate gate, String schema) {
		Map<String, SchemaState> states = gate.getStates();
		assertThat(states).containsKey(schema);
		return states.getOrDefault(schema, SchemaState.unreadable(Instant.EPOCH, null));
	}

	private static SchemaStatus status(SchemaGate gate, String schema) {
		return state(gate, schema).status();
	}

	@Configuration(proxyBeanMethods = false)
	static class TwoBeans {

		@Bean
		SpringLiquibase firstLiquibase(DataSource dataSource, Environment environment) {
			return liquibase(dataSource, environment, "first");
		}

		@Bean
		SpringLiquibase secondLiquibase(DataSource dataSource, Environment environment) {
			SpringLiquibase liquibase = liquibase(dataSource, environment, "second");
			liquibase.setDatabaseChangeLogTable("second_history");
			return liquibase;
		}

		private static SpringLiquibase liquibase(DataSource dataSource, Environment environment, String property) {
			SpringLiquibase liquibase = new SpringLiquibase();
			liquibase.setDataSource(dataSource);
			liquibase.setChangeLog(environment.getRequiredProperty(property));
			liquibase.setShouldRun(environment.getProperty("should-run", Boolean.class, true));
			return liquibase;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class SubclassConfiguration {

		@Bean
		Subclass subclass(DataSource dataSource, Environment environment) {
			Subclass liquibase = new Subclass();
			liquibase.setDataSource(dataSource);
			liquibase.setChangeLog(environment.getRequiredProperty("first"));
			return liquibase;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class LateSubclassConfiguration {

		@Bean
		SpringLiquibase late(DataSource dataSource, Environment environment) {
			SpringLiquibase liquibase = new SpringLiquibase() {

				@Override
				public void afterPropertiesSet() throws LiquibaseException {
					setChangeLog(environment.getRequiredProperty("late"));
					super.afterPropertiesSet();
				}

			};
			liquibase.setDataSource(dataSource);
			liquibase.setChangeLog(environment.getRequiredProperty("first"));
			return liquibase;
		}

	}

	static class Subclass extends SpringLiquibase {

		private final AtomicInteger initialised = new AtomicInteger();

		private final AtomicInteger updated = new AtomicInteger();

		@Override
		public void afterPropertiesSet() throws LiquibaseException {
			this.initialised.incrementAndGet();
			super.afterPropertiesSet();
		}

		@Override
		protected void performUpdate(Liquibase liquibase) throws LiquibaseException {
			this.updated.incrementAndGet();
			super.performUpdate(liquibase);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class WaitingBean {

		@Bean
		@DependsOnDatabaseInitialization
		Integer rows(ObjectProvider<DataSource> dataSource) {
			Integer rows = new JdbcTemplate(dataSource.getObject()).queryForObject("SELECT count(*) FROM one",
					Integer.class);
			return (rows != null) ? rows : -1;
		}

	}

	/**
	 * A data source of an unknown kind. It notes in what state its connections come back.
	 */
	static class UnknownDataSource extends AbstractDataSource {

		private final List<String> returned = new CopyOnWriteArrayList<>();

		private final String url;

		UnknownDataSource(String url) {
			this.url = url;
		}

		@Override
		public Connection getConnection() throws SQLException {
			Connection connection = DriverManager.getConnection(this.url);
			return (Connection) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] { Connection.class },
					(proxy, method, arguments) -> {
						if (method.getName().equals("close") && !connection.isClosed()) {
							this.returned.add("read-only %s, auto-commit %s".formatted(connection.isReadOnly(),
									connection.getAutoCommit()));
						}
						return method.invoke(connection, arguments);
					});
		}

		@Override
		public Connection getConnection(String username, String password) throws SQLException {
			return getConnection();
		}

	}

	static class RecordingCustomizer implements Customizer<Liquibase> {

		private final List<String> ran = new ArrayList<>();

		@Override
		public void customize(Liquibase liquibase) {
			liquibase.setChangeLogParameter("table", "customized");
			liquibase.setChangeExecListener(new AbstractChangeExecListener() {

				@Override
				public void ran(ChangeSet changeSet, DatabaseChangeLog changeLog, Database database,
						ChangeSet.ExecType execType) {
					RecordingCustomizer.this.ran.add(changeSet.getId());
				}

			});
		}

	}

}
