// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

import dev.lockkeeper.app.PlainApplication;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import liquibase.change.custom.CustomTaskChange;
import liquibase.database.Database;
import liquibase.database.jvm.JdbcConnection;
import liquibase.exception.CustomChangeException;
import liquibase.exception.ValidationErrors;
import liquibase.resource.ResourceAccessor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * A process that is asked for the SQL of a run writes what a run would execute, ready for
 * {@code psql}, and changes nothing.
 */
class DryRunIT {

	private static final String RELATIONS = "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
			+ "WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	void theScriptCreatesNothingAndPastedIntoPsqlItIsTheRun() throws Exception {
		this.database.execute("CREATE TABLE adopted (id int)", "CREATE SCHEMA \"Own\"");
		Path changeLog = everyKindOfChangeSet();
		String[] arguments = { "--spring.liquibase.contexts=wanted", "--spring.liquibase.tag=v1",
				"--spring.liquibase.parameters.word=it''s" };
		String script;
		try (JavaProcess process = asked(changeLog, "--dry-run", arguments)) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isZero();
			script = process.getOutput() + "\n";
		}
		assertThat(script)
			.contains("-- Change set: id table, author me, file ", "part.yaml", "create index concurrently",
					"(onFail MARK_RAN) are not judged here", "INSERT INTO", "'MARK_RAN'")
			.doesNotContain("unwanted", "after the tag", "databasechangeloglock", "lockkeeper_");
		assertThat(this.database.query(RELATIONS)).containsExactly("adopted");
		paste(script);
		assertThat(this.database.query("SELECT id FROM databasechangelog ORDER BY orderexecuted"))
			.containsExactly("adopted", "table", "index", "function", "data", "many\nlines", "unjudged", "tag");
		assertThat(this.database.query("SELECT exectype FROM databasechangelog WHERE id = 'adopted'"))
			.containsExactly("MARK_RAN");
		assertThat(this.database.query("SELECT name FROM ship ORDER BY id")).containsExactly("Ümlaut; 'quoted'", "two");
		assertThat(this.database.query("SELECT greet()")).containsExactly("it's; fine");
		try (JavaProcess process = asked(changeLog, "--status", arguments)) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isZero();
			assertThat(process.getOutput()).contains("status:   CURRENT", "applied:  8", "pending:  0");
		}
		String role = this.database.getServer().createRole("only-reads");
		this.database.execute("GRANT SELECT ON databasechangelog TO " + role);
		try (JavaProcess process = askedAt(changeLog, this.database.getPlainUrl(), "--dry-run", arguments[0],
				arguments[2], "--spring.datasource.username=" + role, "--spring.datasource.password=only-reads")) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isZero();
			assertThat(process.getOutput()).containsOnlyOnce("-- Change set").contains("id after the tag");
		}
	}

	@Test
	void whatNoScriptCanDoStopsIt() throws Exception {
		Path changeLog = Applications.write(this.directory.resolve("java.yaml"), """
				databaseChangeLog:
				- changeSet: {id: java, author: me, changes: [{customChange: {class: %s}}]}
				""".formatted(Writing.class.getName()));
		String script;
		try (JavaProcess process = asked(changeLog, "--dry-run")) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isZero();
			assertThat(process.getErrors()).doesNotContain("WRITING");
			script = process.getOutput() + "\n";
		}
		assertThat(this.database.query(RELATIONS)).isEmpty();
		assumePsql();
		assertThat(psql(script)).contains("Java code of dev.lockkeeper.process.DryRunIT$Writing".replace("$", ""));
		assertThat(this.database.query("SELECT id FROM databasechangelog")).isEmpty();
	}

	@Test
	void aPreconditionThatHaltsTheRunEndsWith65() {
		Path changeLog = Applications.changeLog(this.directory.resolve("halt.sql"),
				"me:halt\n--preconditions onFail:HALT\n--precondition-sql-check expectedResult:1 select 0\nselect 1;");
		try (JavaProcess process = asked(changeLog, "--dry-run")) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isEqualTo(65);
			assertThat(process.getOutput()).isEmpty();
			assertThat(process.getErrors()).contains("APPLICATION FAILED TO START");
		}
	}

	private Path everyKindOfChangeSet() {
		Applications.write(this.directory.resolve("ships.csv"), "id,name\n1,Ümlaut; 'quoted'\n2,two\n");
		Applications.write(this.directory.resolve("part.yaml"), """
				databaseChangeLog:
				- changeSet:
				    id: adopted
				    author: me
				    preConditions: [{onFail: MARK_RAN}, {not: [{tableExists: {tableName: adopted}}]}]
				    changes: [{sql: {sql: create table adopted (id int)}}]
				- changeSet:
				    id: table
				    author: me
				    changes:
				    - createTable:
				        tableName: ship
				        columns: [{column: {name: id, type: int}}, {column: {name: name, type: text}}]
				- changeSet: {id: unwanted, author: me, context: unwanted, changes: [{sql: {sql: create nonsense}}]}
				- changeSet:
				    id: index
				    author: me
				    runInTransaction: false
				    changes: [{sql: {sql: create index concurrently ship_name on ship (name)}}]
				- changeSet:
				    id: function
				    author: me
				    changes:
				    - sql:
				        endDelimiter: /
				        sql: |
				          create function greet() returns text language plpgsql as $$
				          begin
				            return '${word}; fine'; -- with a comment
				          end $$
				          /
				          select greet() -- and one at the end
				- changeSet:
				    id: data
				    author: me
				    comment: |
				      Two lines; the second
				      is not SQL.
				    changes: [{loadData: {tableName: ship, file: ships.csv, relativeToChangelogFile: true}}]
				- changeSet: {id: "many\\nlines", author: me, changes: [{sql: {sql: select 1}}]}
				- changeSet:
				    id: unjudged
				    author: me
				    preConditions: [{onFail: MARK_RAN}, {tableExists: {tableName: ship}}]
				    changes: [{addColumn: {tableName: ship, columns: [{column: {name: length, type: int}}]}}]
				- changeSet: {id: tag, author: me, changes: [{tagDatabase: {tag: v1}}]}
				- changeSet: {id: after the tag, author: me, changes: [{sql: {sql: create nonsense}}]}
				""");
		return Applications.write(this.directory.resolve("root.yaml"), """
				databaseChangeLog:
				- preConditions: [{not: [{tableExists: {tableName: nowhere}}]}]
				- include: {file: part.yaml, relativeToChangelogFile: true}
				""");
	}

	private void paste(String script) throws Exception {
		assumePsql();
		psql(script);
	}

	private static void assumePsql() {
		assumeThat(Path.of("/usr/bin/psql")).as("psql, Debian's package postgresql-client, is not installed").exists();
	}

	// Without stopping at the first error, as when a person pastes
	private String psql(String script) throws IOException, InterruptedException {
		Path input = Files.writeString(this.directory.resolve("script.sql"), script);
		Path output = this.directory.resolve("psql.log");
		Process psql = new ProcessBuilder("/usr/bin/psql", "--no-psqlrc", "--file=" + input,
				this.database.getUrl().substring("jdbc:".length()))
			.redirectErrorStream(true)
			.redirectOutput(output.toFile())
			.start();
		assertThat(psql.waitFor(1, TimeUnit.MINUTES)).isTrue();
		return Applications.read(output);
	}

	private JavaProcess asked(Path changeLog, String question, String... arguments) {
		return askedAt(changeLog, this.database.getUrl(), question, arguments);
	}

	private static JavaProcess askedAt(Path changeLog, String url, String question, String... arguments) {
		return JavaProcess.ofMainClass(PlainApplication.class.getName())
			.arguments("--migrate-only", "--spring.datasource.url=" + url,
					"--spring.liquibase.change-log=file:" + changeLog, question)
			.arguments(arguments)
			.separateStreams()
			.start();
	}

	/**
	 * A change in Java that writes by itself.
	 */
	public static class Writing implements CustomTaskChange {

		@Override
		public void execute(Database database) throws CustomChangeException {
			System.out.println("WRITING");
			try {
				((JdbcConnection) database.getConnection()).createStatement().execute("CREATE TABLE written (id int)");
			}
			catch (Exception ex) {
				throw new CustomChangeException(ex);
			}
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
