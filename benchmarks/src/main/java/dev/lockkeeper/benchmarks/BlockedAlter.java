// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.Locale;

import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.Onlooker;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;

/**
 * A migration adds a column to a table that clients read, while a transaction that has
 * read the table stays open for a while.
 */
final class BlockedAlter {

	private static final int READERS = 10;

	private static final Duration IN_THE_WAY = Duration.ofSeconds(20);

	private static final Duration TIMEOUT = Duration.ofMinutes(10);

	private static final String TABLE = """
			--liquibase formatted sql
			--changeset me:table
			CREATE TABLE ship (id int PRIMARY KEY, name text);
			INSERT INTO ship SELECT i, 'ship ' || i FROM generate_series(1, 10000) i;
			""";

	private static final String COLUMN = """
			--changeset me:column
			ALTER TABLE ship ADD COLUMN imo int;
			""";

	private final TestPostgres postgres;

	private final Path directory;

	BlockedAlter(TestPostgres postgres, Path directory) {
		this.postgres = postgres;
		this.directory = directory;
	}

	String measure() throws Exception {
		Measured stock = measure(false);
		Measured governed = measure(true);
		double ratio = (double) governed.worst().toMillis() / stock.worst().toMillis();
		return """
				| One `ALTER TABLE … ADD COLUMN` behind a transaction of %d s, %d readers | Stock | Lockkeeper | Goal |
				|---|---|---|---|
				| Worst reader | %s | %s | 2.5 s |
				| … as a ratio | 1 | %s | 0.13 |
				| Readers are served, until the column is there | %s | %s | 80 %% |
				| The column is there after | %s | %s | |
				| Exit code | %d | %d | 0 |
				""".formatted(IN_THE_WAY.toSeconds(), READERS, seconds(stock.worst()), seconds(governed.worst()),
				number("%.2f", ratio), percent(stock.served()), percent(governed.served()), seconds(stock.done()),
				seconds(governed.done()), stock.exitCode(), governed.exitCode());
	}

	private Measured measure(boolean governed) throws Exception {
		TestDatabase database = this.postgres.createDatabase();
		migrate(governed, database, TABLE);
		try (Onlooker onlooker = new Onlooker(database);
				Readers readers = Readers.start(database, "SELECT name FROM ship WHERE id = 7", READERS);
				Connection inTheWay = database.open();
				Statement statement = inTheWay.createStatement()) {
			inTheWay.setAutoCommit(false);
			statement.execute("SELECT count(*) FROM ship");
			try (JavaProcess process = MeasuredApplication.process(governed, database, write(TABLE + COLUMN)).start()) {
				await(onlooker, "SELECT 1 FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'");
				long began = System.nanoTime();
				Awaitility.await().atMost(TIMEOUT).pollDelay(IN_THE_WAY).until(() -> true);
				inTheWay.commit();
				await(onlooker, "SELECT 1 FROM pg_attribute WHERE attrelid = 'ship'::regclass AND attname = 'imo'");
				long done = System.nanoTime();
				int exitCode = process.awaitExit(TIMEOUT);
				return new Measured(readers.worst(), readers.served(began, done), Duration.ofNanos(done - began),
						exitCode);
			}
		}
	}

	private void migrate(boolean governed, TestDatabase database, String changeLog) throws IOException {
		try (JavaProcess process = MeasuredApplication.process(governed, database, write(changeLog)).start()) {
			int code = process.awaitExit(TIMEOUT);
			if (code != 0) {
				throw new IllegalStateException("Exit code " + code + ":\n" + process.getOutput());
			}
		}
	}

	private Path write(String changeLog) throws IOException {
		return Files.writeString(this.directory.resolve("changelog.sql"), changeLog);
	}

	private static void await(Onlooker onlooker, String sql) {
		Awaitility.await(sql)
			.atMost(TIMEOUT)
			.pollInterval(Duration.ofMillis(20))
			.until(() -> !onlooker.query(sql).isEmpty());
	}

	private static String seconds(Duration duration) {
		return number("%.1f s", duration.toMillis() / 1000.0);
	}

	private static String percent(double share) {
		return number("%.0f %%", share * 100);
	}

	private static String number(String format, double value) {
		return String.format(Locale.ROOT, format, value);
	}

	private record Measured(Duration worst, double served, Duration done, int exitCode) {
	}

}
