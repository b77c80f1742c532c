// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.nio.file.Path;

import dev.lockkeeper.app.PlainApplication;
import dev.lockkeeper.command.AdvisedCommand;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A process that an operator starts to decide about the statement in which another
 * process died.
 */
class ResolveIT {

	private static final String CHANGE_SET = "me:fill runInTransaction:false\ncall fill();";

	private static final String OUTCOME = "SELECT coalesce(outcome, 'none') FROM lockkeeper_intent";

	private static final String EXPIRE = "UPDATE lockkeeper_lock SET lock_until = timezone('utc', now()) - interval '1 s'";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	void theCommandLineOfTheFailureIsTheWayOn() {
		Path changeLog = changeLog();
		createProcedure("PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(60);");
		String advice;
		try (JavaProcess process = start(changeLog, "--migrate-only")) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isEqualTo(75);
		}
		try (JavaProcess process = start(changeLog, "--migrate-only")) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isEqualTo(65);
			advice = process.getOutput() + process.getErrors();
		}
		createProcedure("");
		try (JavaProcess process = start(changeLog, AdvisedCommand.with("--resolve=again", advice))) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isZero();
			assertThat(process.getOutput().lines()).hasSize(4)
				.startsWith("schema:         liquibase")
				.contains("statement 1:    call fill()", "resolved:       again (the next run executes it again)");
		}
		try (JavaProcess process = start(changeLog, "--migrate-only")) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isZero();
		}
		assertThat(this.database.query("SELECT what FROM tally")).containsExactly("called", "called");
		assertThat(this.database.query("SELECT id FROM lockkeeper_intent")).isEmpty();
	}

	@Test
	@FullTier
	void nothingIsAnsweredForAStatementThatTheServerMayStillExecute() {
		Path changeLog = changeLog();
		createProcedure("PERFORM pg_sleep(3600);");
		String working = "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'call fill%'";
		String[] resolve = { "--migrate-only", "--resolve=done",
				"--change-set=file:%s::fill::me".formatted(changeLog) };
		try (JavaProcess run = start(changeLog, "--migrate-only", "--lockkeeper.lock.lease=1h")) {
			Awaitility.await().atMost(Applications.START).until(() -> !this.database.query(working).isEmpty());
			String holder = this.database.query("SELECT locked_by FROM lockkeeper_lock").get(0);
			try (JavaProcess process = start(changeLog, resolve)) {
				assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isEqualTo(75);
				assertThat(process.getOutput()).isEmpty();
				assertThat(process.getErrors()).contains("is held by " + holder);
			}
			run.kill();
			assertThat(run.awaitExit(Applications.START)).isEqualTo(137);
		}
		this.database.execute(EXPIRE);
		try (JavaProcess process = start(changeLog, resolve)) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isEqualTo(75);
			assertThat(process.getErrors()).contains("its session may have worked until now");
		}
		assertThat(this.database.query(working)).isEmpty();
		assertThat(this.database.query(OUTCOME)).containsExactly("none");
		try (JavaProcess process = start(changeLog, resolve)) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isZero();
		}
		assertThat(this.database.query(OUTCOME)).containsExactly("done");
	}

	@Test
	@FullTier
	void aProcessThatIsKilledWhileItAnswersLeavesTheQuestionAsItWas() {
		Path changeLog = changeLog();
		createProcedure("PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(60);");
		try (JavaProcess process = start(changeLog, "--migrate-only")) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isEqualTo(75);
		}
		this.database.execute(
				"CREATE FUNCTION stall() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(3600); RETURN NEW; END $$",
				"CREATE TRIGGER stalls BEFORE UPDATE ON lockkeeper_intent FOR EACH ROW EXECUTE FUNCTION stall()");
		String[] resolve = { "--migrate-only", "--resolve=done",
				"--change-set=file:%s::fill::me".formatted(changeLog) };
		try (JavaProcess process = start(changeLog, resolve)) {
			Awaitility.await()
				.atMost(Applications.START)
				.until(() -> !this.database
					.query("SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'UPDATE%outcome%'")
					.isEmpty());
			// Another operator sees which process holds the lock
			try (JavaProcess second = start(changeLog, resolve)) {
				assertThat(second.awaitExit(Applications.START)).as(second::getErrors).isEqualTo(75);
				assertThat(second.getErrors()).contains("is held by ");
			}
			process.kill();
			assertThat(process.awaitExit(Applications.START)).isEqualTo(137);
		}
		this.database.execute(EXPIRE);
		// The session of the dead one is ended first, which gives its row lock back
		try (JavaProcess process = start(changeLog, resolve)) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isEqualTo(75);
		}
		assertThat(this.database.query(OUTCOME)).containsExactly("none");
		this.database.execute("DROP TRIGGER stalls ON lockkeeper_intent");
		try (JavaProcess process = start(changeLog, resolve)) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isZero();
		}
		assertThat(this.database.query(OUTCOME)).containsExactly("done");
	}

	@Test
	@FullTier
	void anEmptyDatabaseHasNoQuestionAndStaysEmpty() {
		try (JavaProcess process = start(changeLog(), "--migrate-only", "--resolve=done", "--change-set=a::b::c")) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isEqualTo(65);
			assertThat(process.getErrors()).contains("No pending change set is shown as a::b::c.");
			assertThat(process.getOutput()).isEmpty();
		}
		assertThat(this.database.query("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"))
			.isEmpty();
	}

	private void createProcedure(String end) {
		this.database.execute("CREATE TABLE IF NOT EXISTS tally (what text)",
				"CREATE OR REPLACE PROCEDURE fill() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO tally VALUES ('called'); "
						+ "COMMIT; %s END $$".formatted(end));
	}

	private Path changeLog() {
		return Applications.changeLog(this.directory.resolve("bob's change log.sql"), CHANGE_SET);
	}

	private JavaProcess start(Path changeLog, String... arguments) {
		return JavaProcess.ofMainClass(PlainApplication.class.getName())
			.database(this.database)
			.arguments("--spring.liquibase.change-log=file:" + changeLog)
			.arguments(arguments)
			.separateStreams()
			.start();
	}

}
