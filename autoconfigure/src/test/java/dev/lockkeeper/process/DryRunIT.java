// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import dev.lockkeeper.app.PlainApplication;
import dev.lockkeeper.testsupport.FullTier;
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
 * A process with {@code --dry-run} writes what a run would execute, ready for
 * {@code psql}, and changes nothing.
 */
class DryRunIT {

	private static final String RELATIONS = "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
			+ "WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	@FullTier
	void theScriptCreatesNothingAndPastedIntoPsqlItIsTheRun() throws Exception {
		this.database.execute("CREATE TABLE adopted (id int)", "CREATE SCHEMA \"Own\"");
		Path changeLog = everyKindOfChangeSet();
		String[] arguments = { "--spring.liquibase.contexts=wanted", "--spring.liquibase.tag=v1",
				"--spring.liquibase.parameters.word=it''s" };
		String script;
		try (JavaProcess process = start(changeLog, "--dry-run", arguments)) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isZero();
			script = process.getOutput() + "\n";
			assertThat(process.getErrors()).as("what is logged of change sets that have not run")
				.doesNotContain("ran successfully", "Update has been successful");
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
		try (JavaProcess process = start(changeLog, "--status", arguments)) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isZero();
			assertThat(process.getOutput()).contains("status:   CURRENT", "applied:  8", "pending:  0");
		}
		String role = this.database.getServer().createRole("only-reads");
		this.database.execute("GRANT SELECT ON databasechangelog TO " + role);
		try (JavaProcess process = startAt(changeLog, this.database.getPlainUrl(), "--dry-run", arguments[0],
				arguments[2], "--spring.datasource.username=" + role, "--spring.datasource.password=only-reads")) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isZero();
			assertThat(process.getOutput()).containsOnlyOnce("-- Change set").contains("id after the tag");
		}
	}

	@Test
	@FullTier
	void theScriptLeavesWhatARunLeavesWhateverAChangeSetDoesToTheSession() throws Exception {
		assumePsql();
		TestDatabase run = TestPostgres.shared().createDatabase();
		String role = this.database.getServer().createRole("secret");
		for (TestDatabase each : List.of(this.database, run)) {
			each.execute("CREATE SCHEMA side", "GRANT CREATE ON SCHEMA public TO " + role,
					"CREATE TABLE seen (id text, path text, zone text, word text)",
					"CREATE TABLE parent (id int PRIMARY KEY)",
					"CREATE TABLE child (id int REFERENCES parent DEFERRABLE)", "GRANT ALL ON seen TO " + role,
					"ALTER DATABASE %s SET TimeZone = 'Asia/Kolkata'".formatted(each.getName()));
		}
		Path changeLog = Applications.changeLog(this.directory.resolve("session.sql"), disturbing(role));
		String script;
		try (JavaProcess process = start(changeLog, "--dry-run")) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isZero();
			script = process.getOutput() + "\n";
		}
		try (JavaProcess process = Applications.migrateOnly(changeLog, run)) {
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isZero();
		}
		assertThat(psql(script)).doesNotContain("ERROR");
		assertThat(stateOf(this.database)).isEqualTo(stateOf(run)).hasSizeGreaterThan(50);
	}

	private static String[] disturbing(String role) {
		String see = "\ninsert into public.seen select '%s', current_setting('search_path'), "
				+ "current_setting('TimeZone'), 'a\\\\b';";
		List<String> changeSets = new ArrayList<>(List.of("gate\ncreate table gate (id int);",
				"dump\nselect pg_catalog.set_config('search_path', '', false);",
				"after-dump\ncreate table after_dump as select * from gate;", "path\nset search_path to side;",
				"after-path\ncreate table after_path (id int);", "mixed\nset search_path to \"Mixed\", side;",
				"zone\nset time zone 'Asia/Tokyo';", "strings\nset standard_conforming_strings = off;",
				"local\nset local role ROLE;\nset local search_path to side;\ncreate table public.by_local (id int);",
				"role\nset role ROLE;\ncreate table by_role (id int);", "kept\ncreate table by_kept (id int);",
				"apart runInTransaction:false\ncreate index concurrently by_role_id on public.by_role (id);",
				"reset\nreset role;\ncreate table by_reset (id int);",
				"authorization\nset session authorization ROLE;\ncreate table by_authorization (id int);",
				"no-authorization\nreset session authorization;",
				"constraints\nset constraints all deferred;\ninsert into child values (1);\ninsert into parent values (1);",
				"serializable\nset transaction isolation level serializable;\ninsert into gate values (1);",
				"read-only\nset transaction read only;\nselect count(*) from gate;",
				"commits\ninsert into gate values (2);\ncommit;\ninsert into public.gate values (3);",
				"reset-all\nset search_path to side;\nreset all;", "last\ncreate table last (id int);"));
		return changeSets.stream().map((text) -> {
			String id = text.substring(0, text.indexOf('\n')).replaceFirst(" .*", "");
			boolean writes = !List.of("read-only", "apart", "commits").contains(id);
			return "me:" + text.replace("ROLE", role) + (writes ? see.formatted(id) : "");
		}).toArray(String[]::new);
	}

	private static List<String> stateOf(TestDatabase database) {
		List<String> state = new ArrayList<>(database
			.query("SELECT concat_ws('|', id, author, filename, orderexecuted, "
					+ "exectype, md5sum, description, comments, tag, liquibase, contexts, labels) FROM databasechangelog "
					+ "ORDER BY orderexecuted"));
		state.addAll(database.query("SELECT concat_ws('|', id, path, zone, word) FROM seen ORDER BY 1"));
		state.addAll(database.query("SELECT concat_ws('|', nspname, relname, relkind, rolname) FROM pg_class c "
				+ "JOIN pg_namespace n ON n.oid = relnamespace JOIN pg_roles r ON r.oid = relowner "
				+ "WHERE nspname IN ('public', 'side') AND relname !~ '^(lockkeeper_|databasechangeloglock)' ORDER BY 1"));
		state.addAll(database.query("SELECT id FROM gate ORDER BY 1"));
		// Written by the clock of one zone, or by that of another
		state.addAll(database.query("SELECT id || ' ' || round(extract(epoch FROM dateexecuted "
				+ "- timezone('UTC', now())) / 3600) FROM databasechangelog ORDER BY orderexecuted"));
		return state;
	}

	@Test
	@FullTier
	void aChangeThatNoScriptCanMakeStopsIt() throws Exception {
		Path changeLog = Applications.write(this.directory.resolve("java.yaml"), """
				databaseChangeLog:
				- changeSet: {id: java, author: me, changes: [{customChange: {class: %s}}]}
				""".formatted(Writing.class.getName()));
		String script;
		try (JavaProcess process = start(changeLog, "--dry-run")) {
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
		try (JavaProcess process = start(changeLog, "--dry-run")) {
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

	private JavaProcess start(Path changeLog, String question, String... arguments) {
		return startAt(changeLog, this.database.getUrl(), question, arguments);
	}

	private static JavaProcess startAt(Path changeLog, String url, String question, String... arguments) {
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
