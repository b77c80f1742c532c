// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.testsupport.PostgresRelay;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import liquibase.Liquibase;
import liquibase.integration.spring.Customizer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A schema to which there is nothing to do is recognised without Liquibase, and whatever
 * may change what Liquibase does makes it compare.
 */
class FastPathIT {

	private static final String MASTER = """
			databaseChangeLog:
			  - property: {name: width, value: "10"}
			  - include: {file: included.sql, relativeToChangelogFile: true}
			  - includeAll: {path: all, relativeToChangelogFile: true}
			  - changeSet:
			      id: load
			      author: me
			      changes:
			        - loadData: {tableName: ship, file: ships.csv, relativeToChangelogFile: true}
			        - sqlFile: {path: statements.sql, relativeToChangelogFile: true}
			""";

	private static final Map<String, String> FILES = Map.of("master.yaml", MASTER, "included.sql", """
			--liquibase formatted sql
			--changeset me:one
			create table ship (id int primary key, name varchar(${width}), note varchar(${length}));
			""", "all/a.sql", """
			--liquibase formatted sql
			--changeset me:a
			create table a (id int);
			""", "all/b.sql", """
			--liquibase formatted sql
			--changeset me:b context:test
			create table b (id int);
			--changeset me:o dbms:oracle
			create table o (id int);
			""", "ships.csv", "id,name\n1,Ada\n", "statements.sql", "insert into ship values (2, 'Bea');");

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final Map<String, String> settings = new TreeMap<>(Map.of("spring.liquibase.parameters.length", "20"));

	@BeforeEach
	void writeFiles() {
		FILES.forEach(this::write);
	}

	@Test
	void theSecondStartIsFastAndFindsTheSame() {
		assertThat(start()).isFalse();
		assertThat(start()).isTrue();
		SchemaState exact = inspect("lockkeeper.fast-path.enabled=false");
		SchemaState fast = inspect();
		assertThat(fast).usingRecursiveComparison().ignoringFields("checkedAt").isEqualTo(exact);
		assertThat(fast.status()).isEqualTo(SchemaStatus.CURRENT);
	}

	@Test
	void aProcessThatDefersIsFastAsWell() {
		start();
		assertThat(start("lockkeeper.mode=defer")).isTrue();
	}

	@Test
	void olderCodeStaysFastAfterNewerCodeHasMigrated() {
		start();
		write("all/c.sql", "--liquibase formatted sql\n--changeset me:c\ncreate table c (id int);\n");
		assertThat(start()).isFalse();
		assertThat(start()).isTrue();
		delete("all/c.sql");
		assertThat(start()).isTrue();
		SchemaState exact = inspect("lockkeeper.fast-path.enabled=false");
		assertThat(exact.status()).isEqualTo(SchemaStatus.AHEAD);
		assertThat(inspect()).usingRecursiveComparison().ignoringFields("checkedAt").isEqualTo(exact);
	}

	static Stream<Named<Mutation>> mutations() {
		return Stream.of(
				mutation("a change set is changed",
						(test) -> test.write("all/a.sql", contentOf("all/a.sql").replace("id int", "id bigint"))),
				mutation("a comment is added", (test) -> test.append("included.sql", "-- more\n")),
				mutation("a file is added",
						(test) -> test.write("all/c.sql", "--liquibase formatted sql\n--changeset me:c\nselect 1;\n")),
				mutation("a file is gone", (test) -> test.delete("all/b.sql")),
				mutation("the data differs", (test) -> test.append("ships.csv", "3,Cleo\n")),
				mutation("the statements differ", (test) -> test.append("statements.sql", "\n")),
				mutation("a parameter differs",
						(test) -> test.settings.put("spring.liquibase.parameters.length", "30")),
				mutation("a parameter of the changelog is set elsewhere",
						(test) -> test.settings.put("spring.liquibase.parameters.WIDTH", "30")),
				mutation("a context is asked for", (test) -> test.settings.put("spring.liquibase.contexts", "test")),
				mutation("a label is asked for", (test) -> test.settings.put("spring.liquibase.label-filter", "x")),
				mutation("checksums are cleared",
						(test) -> test.settings.put("spring.liquibase.clear-checksums", "true")),
				mutation("everything is dropped", (test) -> test.settings.put("spring.liquibase.drop-first", "true")),
				mutation("rollbacks are tested",
						(test) -> test.settings.put("spring.liquibase.test-rollback-on-update", "true")),
				mutation("a tag is set", (test) -> test.settings.put("spring.liquibase.tag", "now")),
				sql("a checksum is cleared", "UPDATE databasechangelog SET md5sum = NULL WHERE id = 'a'"),
				sql("a checksum differs", "UPDATE databasechangelog SET md5sum = '9:0' WHERE id = 'a'"),
				sql("a row is gone", "DELETE FROM databasechangelog WHERE id = 'a'"),
				sql("a row is another", "UPDATE databasechangelog SET id = 'x' WHERE id = 'a'"),
				sql("a row has another author", "UPDATE databasechangelog SET author = 'x' WHERE id = 'a'"),
				sql("a row is tagged", "UPDATE databasechangelog SET tag = 'x' WHERE id = 'a'"),
				sql("a change set has failed", "UPDATE databasechangelog SET exectype = 'FAILED' WHERE id = 'a'"),
				sql("a change set is recorded again", "INSERT INTO databasechangelog SELECT id, author, filename, "
						+ "dateexecuted, 99, exectype, '9:0', description, comments, tag, liquibase, contexts, labels, "
						+ "deployment_id FROM databasechangelog WHERE id = 'a'"),
				sql("a change set that is left out was executed", "INSERT INTO databasechangelog SELECT 'o', author, "
						+ "replace(filename, 'a.sql', 'b.sql'), dateexecuted, 99, exectype, md5sum, description, comments, tag, "
						+ "liquibase, contexts, labels, deployment_id FROM databasechangelog WHERE id = 'a'"),
				sql("the history is another table", "ALTER TABLE databasechangelog RENAME TO old",
						"CREATE TABLE databasechangelog AS SELECT * FROM old"),
				sql("Liquibase holds its lock",
						"UPDATE databasechangeloglock SET locked = true, lockedby = 'lockkeeper dead'"),
				sql("the manifest is damaged", "UPDATE lockkeeper_manifest SET manifest = left(manifest, 200)"),
				sql("the manifest is of another release",
						"UPDATE lockkeeper_manifest SET manifest = replace(manifest, 'lockkeeper 1', 'lockkeeper 2')"),
				sql("the server has another version", "UPDATE lockkeeper_manifest SET server = '90600'"));
	}

	@ParameterizedTest
	@MethodSource("mutations")
	void whateverMayMakeADifferenceIsCompared(Mutation mutation) {
		this.settings.put("spring.liquibase.contexts", "prod");
		start();
		assertThat(this.database.query("SELECT count(*) FROM lockkeeper_manifest")).containsExactly("1");
		mutation.apply(this);
		assertThat(tryStart()).isFalse();
	}

	@Test
	void randomChangesAreCompared() {
		start();
		Random random = new Random(20261201);
		List<String> names = FILES.keySet().stream().sorted().toList();
		for (int i = 0; i < 20; i++) {
			String name = names.get(random.nextInt(names.size()));
			String before = contentOf(name);
			int at = random.nextInt(before.length());
			char other = (char) (' ' + random.nextInt(90));
			if (before.charAt(at) == other) {
				continue;
			}
			write(name, before.substring(0, at) + other + before.substring(at + 1));
			assertThat(tryStart("lockkeeper.mode=defer", "lockkeeper.defer.startup=fail"))
				.as("%s at %d of %s", other, at, name)
				.isFalse();
			write(name, before);
		}
		assertThat(tryStart("lockkeeper.mode=defer", "lockkeeper.defer.startup=fail")).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "--changeset me:x runAlways:true\nselect 1;",
			"--changeset me:x\n--preconditions onFail:CONTINUE\n--precondition-sql-check expectedResult:1 select 0\nselect 1;",
			"--changeset me:x failOnError:false\nselect 1 from missing;", "--changeset me:x\nselect '${db.password}';",
			"--changeset me:x\nselect '${liquibase_execution_deployment_id}';",
			"--changeset me:x\nselect '${database.databaseMajorVersion}';", "--changeset me:x\nselect '${a${width}}';",
			"--changeset me:x\nselect '\\u0024{width}';" })
	void whatIsNotTheSameEachTimeIsNeverRecognised(String changeSet) {
		write("all/x.sql", "--liquibase formatted sql\n" + changeSet + "\n");
		start();
		assertThat(start()).isFalse();
	}

	@Test
	void aChangeLogWithPreconditionsIsNeverRecognised() {
		write("master.yaml", MASTER.replace("databaseChangeLog:", """
				databaseChangeLog:
				  - preConditions: [{sqlCheck: {expectedResult: "1", sql: "select 1"}}]"""));
		start();
		assertThat(start()).isFalse();
	}

	@Test
	void aCustomizedLiquibaseIsNeverRecognised() {
		start();
		assertThat(isFast(runner().withBean("customizer", LiquibaseCustomizers.class, LiquibaseCustomizers::new)))
			.isFalse();
	}

	@Test
	void nothingIsRecognisedWhenThatIsSwitchedOff() {
		start();
		assertThat(start("lockkeeper.fast-path.enabled=false")).isFalse();
	}

	private boolean start(String... properties) {
		return isFast(runner(properties));
	}

	// A start that fails was not fast: what fails is a comparison
	private boolean tryStart(String... properties) {
		List<String> read = new ArrayList<>();
		boolean[] started = new boolean[1];
		try (PostgresRelay relay = PostgresRelay.to(this.database)) {
			runner(properties).withPropertyValues("spring.datasource.url=" + relay.getUrl())
				.run((context) -> started[0] = context.getStartupFailure() == null);
			relay.getRequests().forEach((request) -> read.add(request.sql()));
		}
		return started[0] && read.stream().noneMatch(FastPathIT::readsTheHistory);
	}

	private boolean isFast(ApplicationContextRunner runner) {
		List<String> read = new ArrayList<>();
		try (PostgresRelay relay = PostgresRelay.to(this.database)) {
			runner.withPropertyValues("spring.datasource.url=" + relay.getUrl())
				.run((context) -> assertThat(context).hasNotFailed());
			relay.getRequests().forEach((request) -> read.add(request.sql()));
		}
		return read.stream().noneMatch(FastPathIT::readsTheHistory);
	}

	private static boolean readsTheHistory(String sql) {
		return sql.contains("ORDER BY ORDEREXECUTED, DATEEXECUTED");
	}

	private SchemaState inspect(String... properties) {
		List<SchemaState> states = new ArrayList<>();
		runner(properties).run((context) -> states.addAll(context.getBean(SchemaGate.class).getStates().values()));
		return states.get(0);
	}

	private ApplicationContextRunner runner(String... properties) {
		String[] set = this.settings.entrySet()
			.stream()
			.map((setting) -> setting.getKey() + "=" + setting.getValue())
			.toArray(String[]::new);
		return new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class,
					LiquibaseAutoConfiguration.class, LockkeeperAutoConfiguration.class))
			.withPropertyValues("spring.datasource.url=" + this.database.getUrl(), "lockkeeper.mode=self",
					"lockkeeper.fast-path.enabled=true", "spring.liquibase.change-log=classpath:master.yaml")
			.withClassLoader(classLoader())
			.withPropertyValues(set)
			.withPropertyValues(properties);
	}

	private ClassLoader classLoader() {
		try {
			return new URLClassLoader(new URL[] { this.directory.toUri().toURL() }, getClass().getClassLoader());
		}
		catch (MalformedURLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private void write(String name, String text) {
		try {
			Path file = this.directory.resolve(name);
			Files.createDirectories(file.getParent());
			Files.writeString(file, text);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static String contentOf(String name) {
		return Objects.requireNonNull(FILES.get(name));
	}

	private void append(String name, String text) {
		write(name, contentOf(name) + text);
	}

	private void delete(String name) {
		try {
			Files.delete(this.directory.resolve(name));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static Named<Mutation> mutation(String name, Mutation mutation) {
		return Named.of(name, mutation);
	}

	private static Named<Mutation> sql(String name, String... statements) {
		return Named.of(name, (test) -> test.database.execute(statements));
	}

	interface Mutation {

		void apply(FastPathIT test);

	}

	static class LiquibaseCustomizers implements Customizer<Liquibase> {

		@Override
		public void customize(Liquibase liquibase) {
		}

	}

}
