// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.OtherSession;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A migration of Flyway waits for locks on tables only for a while, is rolled back then,
 * and is tried again.
 */
@ExtendWith(OutputCaptureExtension.class)
class FlywayTableLocksIT {

	private static final Duration LONG = Duration.ofMinutes(2);

	private static final String LONGER = "V2__longer.sql\n%sCREATE TABLE quay (id int);\nALTER TABLE ship ADD length int;";

	private static final String BLOCKED = "lockkeeper - change set 2 - longer was blocked (schema flywayInitializer, attempt 1 of";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private int releases;

	@BeforeEach
	void migrateFirstRelease() {
		assertThat(run("V1__ship.sql\nCREATE TABLE ship (id int);")).isNull();
	}

	@Test
	void aBlockedMigrationIsRolledBackAndAppliedOnceItsWayIsFree(CapturedOutput output) {
		runBlocked("", BLOCKED, output);
		assertThat(output).contains("it did not get a lock on a table within 400ms");
		assertThat(this.database.query("SELECT version FROM flyway_schema_history WHERE success ORDER BY 1"))
			.containsExactly("1", "2");
	}

	@Test
	@FullTier
	void aGroupIsTriedAgainAsAWhole(CapturedOutput output) {
		runBlocked("", BLOCKED, output, "spring.flyway.group=true", "V3__port.sql\nCREATE TABLE port (id int);");
		assertThat(this.database.query(
				"SELECT concat(count(DISTINCT xmin::text), ' of ', count(*)) FROM flyway_schema_history WHERE version > '1'"))
			.containsExactly("1 of 2");
	}

	@Test
	void aStatementOutsideOfATransactionIsTriedAgainByItself(CapturedOutput output) {
		runBlocked("", BLOCKED, output, "V2__longer.sql.conf\nexecuteInTransaction=false\n");
		assertThat(this.database.query("SELECT version FROM flyway_schema_history WHERE NOT success")).isEmpty();
		assertThat(this.database.query("SELECT 1 FROM pg_tables WHERE tablename = 'quay'")).hasSize(1);
	}

	@Test
	void aCommentAtTheHeadOfTheFileSetsTheTimeout(CapturedOutput output) {
		runBlocked("-- adds the length\n-- lockkeeper: lock-timeout=0\n\n", null, output);
		assertThat(output).doesNotContain("was blocked (schema");
	}

	@Test
	void aLineCountsInEachCommentBeforeTheFirstStatementAndIsNamedAfterIt(CapturedOutput output) {
		String note = "CREATE TABLE note%s AS SELECT current_setting('statement_timeout') AS timeout;\n";
		assertThat(run("V1__ship.sql\nCREATE TABLE ship (id int);",
				"V2__block.sql\n/* lockkeeper: statement-timeout=7min */\n" + note.formatted(2),
				"V3__words.sql\n" + "-- licence\n".repeat(2000) + "/*\n Why; lockkeeper: statement-timeout=8min */ "
						+ note.formatted(3),
				"V4__after.sql\n" + note.formatted(4) + "-- licence\n".repeat(2000)
						+ "-- lockkeeper: statement-timeout=9min\n"))
			.isNull();
		assertThat(this.database.query("SELECT timeout FROM note2 UNION ALL SELECT timeout FROM note3 UNION ALL SELECT "
				+ "timeout FROM note4"))
			.containsExactly("7min", "8min", "0");
		assertThat(output.getOut().lines().filter((line) -> line.contains("has no effect"))).singleElement()
			.asString()
			.contains("(change set 4 - after: statement-timeout=9min); it counts before the first statement only");
	}

	@Test
	void aCommentIsPartOfTheChecksumOfFlyway() {
		LockkeeperException failure = Objects.requireNonNull(LockkeeperException
			.findIn(run("V1__ship.sql\n-- lockkeeper: lock-timeout=10s\nCREATE TABLE ship (id int);")));
		assertThat(failure.getStatus()).isEqualTo(ExitStatus.CHANGELOG);
		assertThat(failure).hasMessageContaining("1 - ship");
	}

	@Test
	void aCommentThatCannotBeUnderstoodEndsTheRun() {
		LockkeeperException failure = Objects
			.requireNonNull(LockkeeperException.findIn(run("V1__ship.sql\nCREATE TABLE ship (id int);",
					LONGER.formatted("-- lockkeeper: lock-timeout=soon\n"))));
		assertThat(failure).hasMessageContaining("2 - longer");
		assertThat(failure.getAction()).contains("a part of the checksum");
		assertThat(failure.getStatus()).isEqualTo(ExitStatus.CHANGELOG);
		assertThat(this.database.query("SELECT version FROM flyway_schema_history")).containsExactly("1");
	}

	private void runBlocked(String head, @Nullable String awaited, CapturedOutput output, String... more) {
		try (OtherSession reader = OtherSession.begin(this.database, "reporting", "SELECT * FROM ship")) {
			String[] files = new String[2 + more.length];
			files[0] = "V1__ship.sql\nCREATE TABLE ship (id int);";
			files[1] = LONGER.formatted(head);
			System.arraycopy(more, 0, files, 2, more.length);
			CompletableFuture<@Nullable Throwable> run = CompletableFuture.supplyAsync(() -> run(files));
			if (awaited != null) {
				Awaitility.await().atMost(LONG).until(() -> output.getOut().contains(awaited));
			}
			else {
				Awaitility.await()
					.atMost(LONG)
					.until(() -> !this.database.query("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
							+ "AND query LIKE '%ALTER TABLE ship%' AND clock_timestamp() - query_start > interval '1 s'")
						.isEmpty());
			}
			reader.release();
			assertThat(run.join()).isNull();
		}
	}

	private @Nullable Throwable run(String... files) {
		List<String> settings = Arrays.stream(files).filter((file) -> file.startsWith("spring.")).toList();
		this.releases++;
		Throwable[] failure = new Throwable[1];
		MigrationFiles
			.in(this.directory.resolve("release" + this.releases),
					Arrays.stream(files).filter((file) -> !settings.contains(file)).toArray(String[]::new))
			.application(this.database)
			.withPropertyValues("lockkeeper.postgresql.lock-timeout=400ms",
					"lockkeeper.postgresql.lock-retry.max-attempts=1000")
			.withPropertyValues(settings.toArray(String[]::new))
			.run((context) -> failure[0] = context.getStartupFailure());
		return failure[0];
	}

}
