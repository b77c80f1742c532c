// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import dev.lockkeeper.dialect.DatabaseServers;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.JdbcDatabase;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The modes as real processes on databases that are not PostgreSQL.
 */
@FullTier
class OtherDatabasesIT {

	private static final String ONE = "me:one\ncreate table one (id int primary key);";

	private static final String TWO = "me:two\ninsert into one values (2);";

	@TempDir
	Path directory;

	@ParameterizedTest
	@EnumSource
	void eachModeWorks(Kind kind) {
		JdbcDatabase database = kind.create(this.directory);
		Path changeLog = Applications.changeLog(this.directory.resolve("modes.sql"), ONE, TWO);
		assertEnd(database, changeLog, 4, "PENDING", "--migrate-only", "--status");
		try (JavaProcess deferring = process(database, changeLog).onKubernetes().start()) {
			deferring.awaitLine("lockkeeper - waiting for the schema", Applications.START);
			assertThat(deferring.getOutput()).contains("2 pending: ");
			assertEnd(database, changeLog, 0, "CURRENT, 2 change sets applied", "--migrate-only");
			awaitReady(deferring);
		}
		assertEnd(database, changeLog, 0, "CURRENT", "--migrate-only", "--status");
		assertEnd(database, changeLog, 0, "nothing to do", "--migrate-only");
		Path next = Applications.changeLog(this.directory.resolve("modes.sql"), ONE, TWO,
				"me:three\ninsert into one values (3);");
		try (JavaProcess self = process(database, next).start()) {
			awaitReady(self);
			assertThat(self.getOutput()).contains("CURRENT, one change set applied");
		}
		assertThat(database.query("SELECT id FROM one ORDER BY id")).containsExactly("2", "3");
		assertThat(database.query("SELECT ID FROM DATABASECHANGELOG ORDER BY ORDEREXECUTED")).containsExactly("one",
				"two", "three");
		assertThat(database.query("SELECT status FROM lockkeeper_run ORDER BY run_number")).containsExactly("DONE",
				"DONE");
	}

	@ParameterizedTest
	@EnumSource
	void aChangeSetThatMissesATableIsAFailureOfTheMigration(Kind kind) {
		JdbcDatabase database = kind.create(this.directory);
		Path changeLog = Applications.changeLog(this.directory.resolve("missing.sql"), ONE,
				"me:missing\ninsert into nowhere values (1);");
		assertEnd(database, changeLog, 70, "::missing::me", "--migrate-only");
		assertThat(database.query("SELECT ID FROM DATABASECHANGELOG")).containsExactly("one");
		assertThat(database.query("SELECT count(*) FROM DATABASECHANGELOGLOCK WHERE LOCKEDBY IS NOT NULL"))
			.containsExactly("0");
		assertThat(database.query("SELECT status FROM lockkeeper_run")).containsExactly("MIGRATION");
	}

	@Test
	void aKilledRunOnMariaDbIsTakenOver() {
		JdbcDatabase database = Kind.MARIADB_SERVER.create(this.directory);
		Path changeLog = Applications.changeLog(this.directory.resolve("kill.sql"), ONE,
				"me:long\ninsert into one select 2 + 0 * sleep(min(seconds)) from pause;",
				"me:three\ninsert into one values (3);");
		database.execute("CREATE TABLE pause (seconds int)", "INSERT INTO pause VALUES (600)");
		try (JavaProcess killed = process(database, changeLog).arguments("--migrate-only", "--lockkeeper.lock.lease=5s")
			.start()) {
			Awaitility.await("the change set sleeps")
				.atMost(Applications.START)
				.until(() -> !sleeping(database).isEmpty());
			killed.kill();
			assertThat(killed.awaitExit(Duration.ofSeconds(30))).isEqualTo(137);
		}
		// The server would go on with the statement of the dead process to its end
		sleeping(database).forEach((id) -> database.execute("KILL " + id));
		database.execute("UPDATE pause SET seconds = 0");
		try (JavaProcess next = process(database, changeLog).arguments("--migrate-only", "--lockkeeper.lock.lease=5s")
			.start()) {
			assertThat(next.awaitExit(Applications.START)).as(next::getOutput).isZero();
		}
		assertThat(database.query("SELECT id FROM one ORDER BY id")).containsExactly("2", "3");
		assertThat(database.query("SELECT ID FROM DATABASECHANGELOG ORDER BY ORDEREXECUTED")).containsExactly("one",
				"long", "three");
		assertThat(database.query("SELECT status FROM lockkeeper_run ORDER BY run_number")).containsExactly("CRASHED",
				"DONE");
	}

	private static List<String> sleeping(JdbcDatabase database) {
		return database.query("SELECT id FROM information_schema.processlist WHERE db = database() "
				+ "AND info LIKE 'insert into one select%'");
	}

	private static void awaitReady(JavaProcess process) {
		int port = process.awaitPort(Applications.START);
		Awaitility.await()
			.atMost(Applications.START)
			.until(() -> Http.get(port, "/actuator/health/readiness").status() == 200);
	}

	private static void assertEnd(JdbcDatabase database, Path changeLog, int code, String text, String... arguments) {
		try (JavaProcess process = process(database, changeLog).arguments(arguments).start()) {
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isEqualTo(code);
			assertThat(process.getOutput()).contains(text);
		}
	}

	private static JavaProcess.Builder process(JdbcDatabase database, Path changeLog) {
		return Applications.plain(changeLog).arguments("--spring.datasource.url=" + database.url());
	}

	/**
	 * Where the database is.
	 */
	enum Kind {

		H2_FILE, HSQLDB_SERVER, MARIADB_SERVER;

		JdbcDatabase create(Path directory) {
			return switch (this) {
				case H2_FILE -> new JdbcDatabase(
						"jdbc:h2:file:%s;AUTO_SERVER=TRUE;USER=sa;PASSWORD=secret".formatted(directory.resolve("h2")));
				case HSQLDB_SERVER -> DatabaseServers.hsqldb();
				case MARIADB_SERVER -> DatabaseServers.mariaDb();
			};
		}

	}

}
