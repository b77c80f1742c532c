// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.nio.file.Path;
import java.util.List;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.process.Applications;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import liquibase.integration.spring.SpringLiquibase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.io.DefaultResourceLoader;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * No process waits for a change set that Liquibase skips without a row in the history.
 * The expectation is what stock Liquibase makes of the same changelog in another
 * database.
 */
@FullTier
class SkippedChangeSetsIT {

	private static final String ROWS = "SELECT concat_ws(' ', id, md5sum, exectype) FROM databasechangelog ORDER BY id";

	private static final String ELSEWHERE = "changes: [{sql: {dbms: mysql, sql: create nonsense}}]";

	@TempDir
	Path directory;

	private final TestPostgres server = TestPostgres.shared();

	private final TestDatabase database = this.server.createDatabase();

	private final TestDatabase stock = this.server.createDatabase();

	@ParameterizedTest
	@ValueSource(strings = { ELSEWHERE,
			"changes: [{sql: {dbms: mysql, sql: create nonsense}}, {sql: {dbms: '!postgresql', sql: create nonsense}}]",
			"changes: [{sql: {dbms: mysql, sql: create nonsense}}, {sql: {dbms: postgresql, sql: select 1}}]",
			"changes: [{insert: {dbms: h2, tableName: nowhere, columns: [{column: {name: id, value: 1}}]}}]",
			"changes: [{executeCommand: {executable: nothing, os: Windows 95}}]", "runAlways: true, " + ELSEWHERE,
			"runOnChange: true, " + ELSEWHERE,
			"preConditions: [{onFail: MARK_RAN}, {tableExists: {tableName: base}}], " + ELSEWHERE,
			"preConditions: [{onFail: MARK_RAN}, {tableExists: {tableName: nowhere}}], " + ELSEWHERE,
			"preConditions: [{onFail: CONTINUE}, {tableExists: {tableName: nowhere}}], changes: [{sql: {sql: select 1}}]",
			"failOnError: false, changes: [{sql: {sql: create nonsense}}]", "ignore: true, changes: []",
			"dbms: mysql, changes: [{sql: {sql: create nonsense}}]", "changes: []", "changes: [{empty: {}}]",
			"contextFilter: elsewhere, changes: [{sql: {sql: create nonsense}}]",
			"onValidationFail: MARK_RAN, changes: [{createTable: {}}]" })
	void changeSetsThatStockLiquibaseSkipsAreNotWaitedFor(String changeSet) throws Exception {
		Path changeLog = changeLog(changeSet);
		for (int i = 0; i < 2; i++) {
			stock(changeLog);
			SchemaState migrated = migrate(changeLog);
			assertThat(migrated.status()).as("%s", migrated.pending()).isEqualTo(SchemaStatus.CURRENT);
			assertThat(this.database.query(ROWS)).isEqualTo(this.stock.query(ROWS));
		}
		assertThat(inspect(changeLog).status()).isEqualTo(SchemaStatus.CURRENT);
	}

	@Test
	void aMigratorPassesOverAChangeForAnotherDatabaseAndEndsWith0() {
		Path changeLog = changeLog(ELSEWHERE);
		for (int i = 0; i < 2; i++) {
			try (JavaProcess migrating = Applications.migrateOnly(changeLog, this.database)) {
				assertThat(migrating.awaitExit(Applications.START)).as(migrating::getOutput).isZero();
				assertThat(migrating.getOutput()).doesNotContain("change sets remain");
			}
		}
		assertThat(this.database.query("SELECT id FROM databasechangelog")).containsExactly("base");
	}

	@ParameterizedTest
	@ValueSource(strings = { "failOnError: false, changes: [{sql: {sql: create nonsense}}]", ELSEWHERE,
			"preConditions: [{onFail: CONTINUE}, {tableExists: {tableName: nowhere}}], changes: [{sql: {sql: select 1}}]" })
	void changeSetsThatStockLiquibaseSkipsAreNotWaitedForWhenTheyRunAgain(String changeSet) throws Exception {
		for (String again : List.of("runOnChange: true, ", "runAlways: true, ")) {
			Path first = changeLog(again + "changes: [{sql: {sql: select 0}}]");
			stock(first);
			assertThat(migrate(first).status()).isEqualTo(SchemaStatus.CURRENT);
			Path next = changeLog(again + changeSet);
			for (int i = 0; i < 2; i++) {
				stock(next);
				SchemaState migrated = migrate(next);
				assertThat(migrated.status()).as("%s", migrated.pending()).isEqualTo(SchemaStatus.CURRENT);
				assertThat(this.database.query(ROWS)).isEqualTo(this.stock.query(ROWS));
			}
			assertThat(inspect(next).status()).isEqualTo(SchemaStatus.CURRENT);
		}
	}

	@Test
	void aSkippedChangeSetRunsAsSoonAsItCan() throws Exception {
		Path changeLog = changeLog("runOnChange: true, changes: [{sql: {sql: select 0}}]");
		migrate(changeLog);
		changeLog("runOnChange: true, preConditions: [{onFail: CONTINUE}, {tableExists: {tableName: gate}}], "
				+ "changes: [{sql: {sql: create table opened (id int)}}]");
		assertThat(migrate(changeLog).status()).isEqualTo(SchemaStatus.CURRENT);
		this.database.execute("CREATE TABLE gate (id int)");
		assertThat(inspect(changeLog).pending()).extracting(ChangeSetReference::id).containsExactly("subject");
		assertThat(migrate(changeLog).status()).isEqualTo(SchemaStatus.CURRENT);
		assertThat(this.database.query("SELECT to_regclass('opened')")).containsExactly("opened");
	}

	private void stock(Path changeLog) throws Exception {
		SpringLiquibase bean = new SpringLiquibase();
		bean.setDataSource(new DriverManagerDataSource(this.stock.getUrl()));
		bean.setChangeLog("file:" + changeLog);
		bean.setContexts("here");
		bean.setResourceLoader(new DefaultResourceLoader());
		bean.afterPropertiesSet();
	}

	private SchemaState migrate(Path changeLog) {
		SchemaState[] found = new SchemaState[1];
		runner(changeLog, "self").run((context) -> {
			assertThat(context).hasNotFailed();
			found[0] = context.getBean(SchemaGate.class).getStates().get("liquibase");
		});
		return found[0];
	}

	private SchemaState inspect(Path changeLog) {
		SchemaState[] found = new SchemaState[1];
		runner(changeLog, "defer").withPropertyValues("lockkeeper.defer.startup=serve").run((context) -> {
			SchemaGate gate = context.getBean(SchemaGate.class);
			gate.refresh();
			found[0] = gate.getStates().get("liquibase");
		});
		return found[0];
	}

	private ApplicationContextRunner runner(Path changeLog, String mode) {
		return new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class,
					LiquibaseAutoConfiguration.class, DataSourceAutoConfiguration.class))
			.withPropertyValues("spring.datasource.url=" + this.database.getUrl(), "lockkeeper.mode=" + mode,
					"spring.liquibase.change-log=file:" + changeLog, "spring.liquibase.contexts=here");
	}

	private Path changeLog(String subject) {
		return Applications.write(this.directory.resolve("left-out.yaml"), """
				databaseChangeLog:
				  - changeSet: {id: base, author: me, changes: [{sql: {sql: create table base (id int)}}]}
				  - changeSet: {id: subject, author: me, %s}
				""".formatted(subject));
	}

}
