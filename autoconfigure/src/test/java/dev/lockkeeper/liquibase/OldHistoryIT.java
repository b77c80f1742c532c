// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import dev.lockkeeper.app.PlainApplication;
import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.io.DefaultResourceLoader;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Histories that older releases of Liquibase have written, each by its own jar. What is
 * expected of a history is what stock Liquibase makes of a copy of it.
 */
@FullTier
class OldHistoryIT {

	private static final String CHANGE_LOG = "classpath:/db/old.xml";

	/**
	 * Each row with what a run may change of it.
	 */
	private static final String ROWS = "SELECT concat_ws(' ', filename, id, md5sum, exectype) FROM databasechangelog ";

	private static final String TABLE = """
			<changeSet id="table" author="me">
				<createTable tableName="ship">
					<column name="id" type="int"><constraints primaryKey="true"/></column>
					<column name="name" type="varchar(40)"/>
				</createTable>
			</changeSet>
			""";

	private static final String VIEW = """
			<changeSet id="view" author="me" runOnChange="true">
				<createView viewName="names" replaceIfExists="true">select name from ship</createView>
			</changeSet>
			""";

	private static final String ALWAYS = """
			<changeSet id="always" author="me" runAlways="true">
				<sql>comment on table ship is 'old'; -- each time</sql>
			</changeSet>
			""";

	private static final String REST = """
			<changeSet id="file" author="me">
				<sqlFile path="db/file.sql"/>
			</changeSet>
			<changeSet id="index" author="me">
				<createIndex tableName="ship" indexName="ship_name"><column name="name"/></createIndex>
			</changeSet>
			<changeSet id="rows" author="me">
				<loadData tableName="ship" file="db/rows.csv"/>
			</changeSet>
			<changeSet id="insert" author="me">
				<insert tableName="ship"><column name="id" valueNumeric="9"/><column name="name" value="x"/></insert>
			</changeSet>
			<changeSet id="two-databases" author="me">
				<sql dbms="postgresql">create table here (id int)</sql>
				<sql dbms="mysql">create table there (id int)</sql>
			</changeSet>
			<include file="db/formatted.sql"/>
			""";

	private static final String PROCEDURE = """
			<changeSet id="procedure" author="me">
				<createProcedure>create function three() returns int language sql as 'select 3'</createProcedure>
			</changeSet>
			""";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@BeforeEach
	void writeFiles() throws IOException {
		Files.createDirectories(this.directory.resolve("db"));
		write("file.sql", "create table ${name} (id int);\n-- one row\ninsert into ${name} values (1);\n");
		write("rows.csv", "id,name\n1,one\n2,two\n");
		write("formatted.sql", """
				--liquibase formatted sql

				--changeset me:formatted
				create table formatted (id int);
				-- a comment
				insert into formatted values (1);
				--rollback drop table formatted;
				""");
	}

	static List<String> versions() {
		return "full".equals(System.getProperty("chaos")) ? List.of("3.5.5", "3.10.3", "4.20.0", "4.25.1", "4.33.0")
				: List.of("3.5.5", "4.20.0");
	}

	@ParameterizedTest
	@MethodSource("versions")
	void whatAnOlderReleaseHasAppliedIsCurrentAndIsKeptUpAsStockDoes(String version) {
		changeLog(TABLE, VIEW, ALWAYS, REST);
		migrate(version);
		List<String> before = this.database.query(ROWS + "ORDER BY id");
		SchemaState state = inspect();
		assertThat(state.changed()).isEmpty();
		assertThat(state.pending()).isEmpty();
		assertThat(state.status()).isEqualTo(SchemaStatus.CURRENT);
		assertThat(this.database.query(ROWS + "ORDER BY id")).isEqualTo(before);
		TestDatabase stock = this.database.getServer().createDatabase(this.database);
		assertThatCode(() -> stock(stock)).doesNotThrowAnyException();
		for (int i = 0; i < 2; i++) {
			assertThat(migrateSelf().status()).isEqualTo(SchemaStatus.CURRENT);
			String others = ROWS + "WHERE id <> 'always' ORDER BY id";
			assertThat(this.database.query(others)).isEqualTo(stock.query(others));
		}
		assertThat(inspect().status()).isEqualTo(SchemaStatus.CURRENT);
	}

	static List<Arguments> libraries() {
		Arguments newest = Arguments.of("3.5.5", "5.0.4");
		return "full".equals(System.getProperty("chaos")) ? List.of(newest, Arguments.of("3.10.3", "4.33.0"))
				: List.of(newest);
	}

	@ParameterizedTest
	@MethodSource("libraries")
	void aMigratorAndAQuestionSucceedWithEachLiquibaseThatIsSupported(String version, String library) {
		changeLog(TABLE, VIEW, ALWAYS, REST);
		migrate(version);
		try (JavaProcess status = process(library, "--status").start()) {
			assertThat(status.awaitExit(Applications.START)).as(status::getOutput).isZero();
			assertThat(status.getOutput()).contains("status:   CURRENT");
		}
		try (JavaProcess migrating = process(library).start()) {
			assertThat(migrating.awaitExit(Applications.START)).as(migrating::getOutput).isZero();
		}
		assertThat(this.database.query("SELECT id FROM databasechangelog WHERE md5sum NOT LIKE '9:%'")).isEmpty();
		assertThat(inspect().status()).isEqualTo(SchemaStatus.CURRENT);
	}

	@ParameterizedTest
	@ValueSource(strings = { "3.5.5", "4.20.0" })
	void aChangeSetThatReallyChangedIsRefusedAsStockRefusesIt(String version) {
		changeLog(TABLE, VIEW, ALWAYS, REST);
		migrate(version);
		changeLog(TABLE.replace("varchar(40)", "varchar(50)"), VIEW, ALWAYS, REST);
		assertThat(inspect().changed()).extracting(ChangeSetReference::id).containsExactly("table");
		TestDatabase stock = this.database.getServer().createDatabase(this.database);
		assertThat(catchThrowable(() -> stock(stock))).hasStackTraceContaining("db/old.xml::table::me was: ");
		for (String mode : List.of("defer", "self")) {
			runner().withPropertyValues("lockkeeper.mode=" + mode)
				.run((context) -> assertThat(LockkeeperException.findIn(context.getStartupFailure())).isNotNull()
					.extracting(LockkeeperException::getStatus)
					.isEqualTo(ExitStatus.CHANGELOG));
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "3.5.5", "3.10.3" })
	void aProcedureIsJudgedAsStockJudgesIt(String version) {
		changeLog(TABLE, PROCEDURE);
		migrate(version);
		SchemaState state = inspect();
		TestDatabase stock = this.database.getServer().createDatabase(this.database);
		boolean refused = catchThrowable(() -> stock(stock)) != null;
		assertThat(state.status()).isEqualTo(refused ? SchemaStatus.CHANGED : SchemaStatus.CURRENT);
	}

	@ParameterizedTest
	@ValueSource(strings = { "3.5.5", "4.20.0" })
	void whatRunsOnChangeOrAlwaysAndDiffersRunsOnceMore(String version) {
		changeLog(TABLE, VIEW, ALWAYS);
		migrate(version);
		changeLog(TABLE, VIEW.replace("name from", "name, id from"), ALWAYS.replace("old", "new"));
		assertThat(inspect().pending()).extracting(ChangeSetReference::id).containsExactly("view", "always");
		assertThat(migrateSelf().status()).isEqualTo(SchemaStatus.CURRENT);
		assertThat(this.database.query("SELECT count(id) || obj_description('ship'::regclass) FROM names"))
			.containsExactly("0new");
		assertThat(this.database.query("SELECT DISTINCT id FROM databasechangelog WHERE exectype = 'RERAN' ORDER BY 1"))
			.containsExactly("always", "view");
		assertThat(inspect().status()).isEqualTo(SchemaStatus.CURRENT);
		String order = "SELECT orderexecuted FROM databasechangelog WHERE id = 'view'";
		List<String> once = this.database.query(order);
		assertThat(migrateSelf().status()).isEqualTo(SchemaStatus.CURRENT);
		assertThat(this.database.query(order)).isEqualTo(once);
	}

	@ParameterizedTest
	@CsvSource({ "3.5.5, %s", "3.10.3, 8:0", "4.20.0, any" })
	void aValidChecksumCountsAsStockCountsIt(String version, String valid) {
		changeLog(TABLE, VIEW);
		migrate(version);
		String stored = this.database.query("SELECT md5sum FROM databasechangelog WHERE id = 'table'").get(0);
		changeLog(TABLE.replace("varchar(40)", "varchar(50)")
			.replace("<createTable",
					"<validCheckSum>%s</validCheckSum><createTable".formatted(valid.formatted(stored))),
				VIEW);
		SchemaState state = inspect();
		TestDatabase stock = this.database.getServer().createDatabase(this.database);
		boolean refused = catchThrowable(() -> stock(stock)) != null;
		assertThat(state.status()).isEqualTo(refused ? SchemaStatus.CHANGED : SchemaStatus.CURRENT);
		if (!refused) {
			assertThat(migrateSelf().status()).isEqualTo(SchemaStatus.CURRENT);
			assertThat(this.database.query(ROWS + "ORDER BY id")).isEqualTo(stock.query(ROWS + "ORDER BY id"));
		}
	}

	@Test
	void checksumsThatWereClearedAreFilledInAsStockDoes() {
		changeLog(TABLE, VIEW, REST);
		migrate("3.10.3");
		this.database.execute("UPDATE databasechangelog SET md5sum = NULL");
		assertThat(inspect().status()).isEqualTo(SchemaStatus.CURRENT);
		TestDatabase stock = this.database.getServer().createDatabase(this.database);
		assertThatCode(() -> stock(stock)).doesNotThrowAnyException();
		assertThat(migrateSelf().status()).isEqualTo(SchemaStatus.CURRENT);
		assertThat(this.database.query(ROWS + "ORDER BY id")).isEqualTo(stock.query(ROWS + "ORDER BY id"));
	}

	@Test
	void aRowUnderThePathOfAnIncludingFileCountsAsStockCountsIt() {
		changeLog(" logicalFilePath=\"parent\"", "<include file=\"db/child.xml\"/>");
		write("child.xml", xml(" logicalFilePath=\"child\"", TABLE));
		migrate("4.31.0");
		SchemaState state = inspect();
		TestDatabase stock = this.database.getServer().createDatabase(this.database);
		assertThatCode(() -> stock(stock)).doesNotThrowAnyException();
		assertThat(stock.query(ROWS)).singleElement().asString().startsWith("child table 9:").endsWith(" EXECUTED");
		assertThat(state.status()).isEqualTo(SchemaStatus.CURRENT);
		assertThat(migrateSelf().status()).isEqualTo(SchemaStatus.CURRENT);
		assertThat(this.database.query(ROWS)).isEqualTo(stock.query(ROWS));
	}

	@Test
	void aChecksumOfALaterReleaseEndsWith65AndIsReported() {
		changeLog(TABLE);
		migrate("4.33.0");
		this.database.execute("UPDATE databasechangelog SET md5sum = '10' || substr(md5sum, 2)");
		assertThat(catchThrowable(() -> stock(this.database)))
			.hasStackTraceContaining("unknown checksum calculation version 10");
		for (String mode : List.of("defer", "self")) {
			runner().withPropertyValues("lockkeeper.mode=" + mode).run((context) -> {
				assertThat(context.getStartupFailure()).extracting(LockkeeperException::findIn)
					.satisfies((failure) -> assertThat(failure.getStatus()).isEqualTo(ExitStatus.CHANGELOG))
					.extracting(LockkeeperException::getAction)
					.asString()
					.contains("later release of Liquibase");
			});
		}
	}

	private void migrate(String version) {
		new OldLiquibase(version).migrate(this.database, this.directory, CHANGE_LOG, Map.of("name", "filed"));
	}

	private void stock(TestDatabase database) throws Exception {
		SpringLiquibase stock = new SpringLiquibase();
		stock.setDataSource(new DriverManagerDataSource(database.getUrl()));
		stock.setChangeLog(CHANGE_LOG);
		stock.setChangeLogParameters(Map.of("name", "filed"));
		stock.setResourceLoader(new DefaultResourceLoader(classLoader()));
		stock.afterPropertiesSet();
	}

	private SchemaState inspect() {
		SchemaState[] found = new SchemaState[1];
		runner().withPropertyValues("lockkeeper.mode=defer", "lockkeeper.defer.startup=serve").run((context) -> {
			SchemaGate gate = context.getBean(SchemaGate.class);
			gate.refresh();
			found[0] = gate.getStates().get("liquibase");
		});
		this.database.awaitNoSessions();
		return found[0];
	}

	private SchemaState migrateSelf() {
		SchemaState[] found = new SchemaState[1];
		runner().withPropertyValues("lockkeeper.mode=self").run((context) -> {
			assertThat(context).hasNotFailed();
			found[0] = context.getBean(SchemaGate.class).getStates().get("liquibase");
		});
		return found[0];
	}

	private ApplicationContextRunner runner() {
		return new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class,
					LiquibaseAutoConfiguration.class, DataSourceAutoConfiguration.class))
			.withClassLoader(classLoader())
			.withPropertyValues("spring.datasource.url=" + this.database.getUrl(),
					"spring.liquibase.change-log=" + CHANGE_LOG, "spring.liquibase.parameters.name=filed");
	}

	private JavaProcess.Builder process(String library, String... arguments) {
		return JavaProcess
			.ofMainClassWith(PlainApplication.class.getName(), "liquibase-core-", OldLiquibase.jar(library),
					this.directory)
			.database(this.database)
			.arguments("--migrate-only", "--spring.liquibase.change-log=" + CHANGE_LOG,
					"--spring.liquibase.parameters.name=filed", "--spring.main.banner-mode=off")
			.arguments(arguments);
	}

	private ClassLoader classLoader() {
		try {
			return new URLClassLoader(new URL[] { this.directory.toUri().toURL() }, getClass().getClassLoader());
		}
		catch (MalformedURLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private void changeLog(String first, String... rest) {
		write("old.xml", first.startsWith(" ") ? xml(first, rest) : xml("", first + String.join("", rest)));
	}

	private static String xml(String attributes, String... content) {
		return """
				<databaseChangeLog xmlns="http://www.liquibase.org/xml/ns/dbchangelog"
						xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
						xsi:schemaLocation="http://www.liquibase.org/xml/ns/dbchangelog
						http://www.liquibase.org/xml/ns/dbchangelog/dbchangelog-3.5.xsd"%s>
				%s
				</databaseChangeLog>
				""".formatted(attributes, String.join("", content));
	}

	private void write(String name, String text) {
		try {
			Files.writeString(this.directory.resolve("db").resolve(name), text);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
