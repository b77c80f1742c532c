// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.stock;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Processes with stock Liquibase and processes that Lockkeeper governs, on one database:
 * one at a time, and each change set once.
 */
@FullTier
class MixedIT {

	private static final Duration START = Duration.ofMinutes(2);

	private static final String STOCK_WAITS = "Waiting for changelog lock";

	private static final String OURS_WAITS = "lockkeeper - waiting for a Liquibase that is not governed";

	private static final String AT_THE_GATE = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'advisory' "
			+ "AND datname = current_database()";

	/**
	 * What no two may do at once; it goes on when the gate is open.
	 */
	private static final String ALONE = """
			--changeset me:%1$s splitStatements:false
			do $$ begin
				if not pg_try_advisory_xact_lock(1) then raise exception 'two at once'; end if;
				create table %1$s (id int primary key);
				perform pg_sleep(0.3);
				perform %2$s;
			end $$;
			""";

	private static final String PASS = "1";

	private static final String GATE = "pg_advisory_xact_lock_shared(2)";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final List<JavaProcess> started = new ArrayList<>();

	@AfterEach
	void closeWhatWasStarted() {
		this.started.forEach(JavaProcess::close);
	}

	@ParameterizedTest
	@CsvSource({ "stock, empty", "stock, migrated", "ours, empty", "ours, migrated" })
	void theSecondProcessWaits(String first, String before) throws SQLException {
		Path changeLog = changeLog("one", PASS);
		if (before.equals("migrated")) {
			run(stock(changeLog));
		}
		changeLog = changeLog("one", PASS, "two", GATE, "three", PASS);
		boolean stockFirst = first.equals("stock");
		try (Connection gate = close();
				JavaProcess earlier = (stockFirst ? stock(changeLog) : ours(changeLog)).start()) {
			awaitAProcessAtTheGate();
			try (JavaProcess later = (stockFirst ? ours(changeLog) : stock(changeLog)).start()) {
				later.awaitLine(stockFirst ? OURS_WAITS : STOCK_WAITS, START);
				gate.close();
				assertThat(earlier.awaitExit(START)).as(earlier::getOutput).isZero();
				assertThat(later.awaitExit(START)).as(later::getOutput).isZero();
			}
		}
		assertThat(history()).containsExactly("one", "two", "three");
		assertThat(lock()).isEqualTo("free");
	}

	@Test
	void manyAtOnceOnAnEmptyDatabaseTakeTurns() {
		Path changeLog = changeLog("one", PASS, "two", PASS, "three", PASS);
		int each = "full".equals(System.getProperty("chaos")) ? 3 : 1;
		List<JavaProcess> governed = start(ours(changeLog), each);
		List<JavaProcess> stock = start(stock(changeLog), each);
		governed.forEach((process) -> assertThat(process.awaitExit(START)).as(process::getOutput).isZero());
		for (JavaProcess process : stock) {
			if (process.awaitExit(START) != 0) {
				// Stock Liquibase creates its table before it takes its lock, and fails
				// when another process was faster: the operator starts it again
				assertThat(process.getOutput()).contains("attempting to create the database changelog table");
				run(stock(changeLog));
			}
		}
		assertThat(history()).containsExactly("one", "two", "three");
		assertThat(lock()).isEqualTo("free");
	}

	@Test
	void theLockOfAKilledStockProcessIsWaitedForAndBrokenAtItsAge() throws SQLException {
		Path changeLog = changeLog("one", PASS, "two", GATE);
		try (Connection gate = close(); JavaProcess killed = stock(changeLog).start()) {
			awaitAProcessAtTheGate();
			killed.kill();
			killed.awaitExit(START);
			gate.close();
		}
		// Its backend goes on until it notices that its client is gone
		this.database.awaitNoSessions();
		String holder = lock();
		assertThat(holder).matches(".+ \\(.+\\)");
		try (JavaProcess waiting = ours(changeLog).arguments("--lockkeeper.lock.wait-timeout=2s").start()) {
			assertThat(waiting.awaitExit(START)).as(waiting::getOutput).isEqualTo(75);
			assertThat(waiting.getOutput()).contains(OURS_WAITS, "held by " + holder + " since 2",
					"the database sees no session of that host");
		}
		assertThat(history()).containsExactly("one");
		try (JavaProcess breaking = ours(changeLog).arguments("--lockkeeper.lock.break-foreign-after=5s").start()) {
			assertThat(breaking.awaitExit(START)).as(breaking::getOutput).isZero();
			assertThat(breaking.getOutput()).containsPattern("WARN.*lockkeeper - broke the changelog lock")
				.contains("held by " + holder + " since 2");
		}
		assertThat(history()).containsExactly("one", "two");
	}

	@Test
	void theLockOfAKilledProcessOfOursIsTakenOverByTheNextAndStockWaitsUntilThen() throws SQLException {
		Path changeLog = changeLog("one", PASS, "two", GATE, "three", PASS);
		try (Connection gate = close(); JavaProcess killed = ours(changeLog).start()) {
			awaitAProcessAtTheGate();
			killed.kill();
			killed.awaitExit(START);
			gate.close();
		}
		assertThat(lock()).startsWith("lockkeeper:");
		try (JavaProcess stock = stock(changeLog).start()) {
			stock.awaitLine(STOCK_WAITS, START);
			run(ours(changeLog));
			assertThat(stock.awaitExit(START)).as(stock::getOutput).isZero();
		}
		assertThat(history()).containsExactly("one", "two", "three");
		assertThat(lock()).isEqualTo("free");
	}

	private JavaProcess.Builder stock(Path changeLog) {
		return settings(JavaProcess.ofJar(Path.of(System.getProperty("stock.jar"))), changeLog);
	}

	private JavaProcess.Builder ours(Path changeLog) {
		return settings(JavaProcess.ofMainClass(StockApplication.class.getName()), changeLog)
			// The gate stays closed for longer than a change set waits for a lock
			.arguments("--lockkeeper.lock.lease=5s", "--lockkeeper.postgresql.lock-timeout=0");
	}

	private JavaProcess.Builder settings(JavaProcess.Builder builder, Path changeLog) {
		return builder.database(this.database)
			.jvmArguments("-Dliquibase.changelogLockPollRate=1")
			.arguments("--spring.main.banner-mode=off", "--spring.liquibase.change-log=file:" + changeLog);
	}

	private static void run(JavaProcess.Builder builder) {
		try (JavaProcess process = builder.start()) {
			assertThat(process.awaitExit(START)).as(process::getOutput).isZero();
		}
	}

	private List<JavaProcess> start(JavaProcess.Builder builder, int count) {
		List<JavaProcess> processes = IntStream.range(0, count).mapToObj((number) -> builder.start()).toList();
		this.started.addAll(processes);
		return processes;
	}

	private Path changeLog(String... namesWithGates) {
		List<String> text = new ArrayList<>(List.of("--liquibase formatted sql\n"));
		for (int i = 0; i < namesWithGates.length; i += 2) {
			text.add(ALONE.formatted(namesWithGates[i], namesWithGates[i + 1]));
		}
		try {
			return Files.write(this.directory.resolve("changelog.sql"), text);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private List<String> history() {
		return this.database.query("SELECT id FROM databasechangelog ORDER BY orderexecuted");
	}

	private String lock() {
		return this.database.query("SELECT CASE WHEN locked THEN lockedby ELSE 'free' END FROM databasechangeloglock")
			.get(0);
	}

	private Connection close() throws SQLException {
		Connection gate = this.database.open();
		try (Statement statement = gate.createStatement()) {
			statement.execute("SELECT pg_advisory_lock(2)");
		}
		return gate;
	}

	private void awaitAProcessAtTheGate() {
		Awaitility.await().atMost(START).until(() -> !this.database.query(AT_THE_GATE).isEmpty());
	}

}
