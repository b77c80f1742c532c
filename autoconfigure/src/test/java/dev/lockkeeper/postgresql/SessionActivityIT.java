// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

import dev.lockkeeper.schema.RunActivity;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The progress that the server shows of a statement, of each kind that it counts.
 */
class SessionActivityIT {

	private static final Duration TIMEOUT = Duration.ofMinutes(1);

	// A page is some milliseconds, whatever the machine
	private static final String SLOWLY = "SET vacuum_cost_limit = 1; SET vacuum_cost_delay = '10ms'";

	private static final String WAITING = """
			CREATE FUNCTION turn(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
			BEGIN
				IF i IN (1000, 10000) THEN
					PERFORM pg_advisory_lock_shared(i);
					PERFORM pg_advisory_unlock_shared(i);
				END IF;
				RETURN (i * 7919) % 20011;
			END $$""";

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private Connection working;

	private Connection observer;

	private Connection gates;

	private Backend backend;

	@BeforeEach
	void open() throws SQLException {
		this.working = this.database.open();
		this.observer = this.database.open();
		this.gates = this.database.open();
		this.backend = Backend.of(this.working);
	}

	@AfterEach
	void close() throws SQLException {
		this.gates.close();
		this.observer.close();
		this.working.close();
		this.database.drop();
	}

	@Test
	@FullTier
	void vacuumCountsThePagesThatItScansAndThoseThatItCleans() throws SQLException {
		createTable("id int PRIMARY KEY", 2000, 500);
		this.database.execute("DELETE FROM big WHERE id % 2 = 0");
		List<Double> seen = seenDuring("VACUUM big", "VACUUM");
		assertThat(seen).as("it begins again with each phase").filteredOn((progress) -> progress < 0.5).isNotEmpty();
		assertThat(descents(seen)).as("scanning, cleaning: %s", seen).isOne();
	}

	@Test
	@FullTier
	void analyzeCountsThePagesOfItsSample() throws SQLException {
		createTable("id int", 2000, 500);
		List<Double> seen = seenDuring("ANALYZE big", "ANALYZE");
		assertThat(seen).isSorted().first().satisfies((progress) -> assertThat(progress).isLessThan(0.5));
	}

	@Test
	void analyzeDoesNotCountWhatItComputesAfterwards() throws SQLException {
		createTable("id int", 2000, 500);
		this.database.execute(WAITING, "CREATE INDEX turning ON big (turn(id))");
		execute(this.gates, "SELECT pg_advisory_lock(1000)");
		CompletableFuture<Void> work = start("ANALYZE big");
		assertUncounted(awaitHeld(1000), "ANALYZE");
		execute(this.gates, "SELECT pg_advisory_unlock(1000)");
		work.join();
	}

	@Test
	@FullTier
	void clusterCountsThePagesThatItReadsAndTheRowsThatItWrites() throws SQLException {
		createTable("id int", 20_000, 200);
		this.database.execute(WAITING, "CREATE INDEX turning ON big (turn(id))");
		// It sorts what it reads in several pieces, and merges them as it writes
		execute(this.working, "SET enable_indexscan = off", "SET maintenance_work_mem = '1MB'");
		execute(this.gates, "SELECT pg_advisory_lock(10000)");
		CompletableFuture<Void> work = start("CLUSTER big USING turning");
		assertCounted(awaitHeld(10000), "CLUSTER", 0.4, 0.95);
		execute(this.gates, "SELECT pg_advisory_lock(1000)", "SELECT pg_advisory_unlock(10000)");
		// The 14655th in the order of the index
		assertCounted(awaitHeld(1000), "CLUSTER", 0.7, 0.76);
		execute(this.gates, "SELECT pg_advisory_unlock(1000)");
		work.join();
	}

	@Test
	void vacuumFullDoesNotCountTheIndexesThatItBuilds() throws SQLException {
		createTable("id int", 2000, 500);
		this.database.execute(WAITING, "CREATE INDEX turning ON big (turn(id))");
		execute(this.gates, "SELECT pg_advisory_lock(1000)");
		CompletableFuture<Void> work = start("VACUUM FULL big");
		assertUncounted(awaitHeld(1000), "VACUUM");
		execute(this.gates, "SELECT pg_advisory_unlock(1000)");
		work.join();
	}

	@Test
	void theBuildOfAnIndexDoesNotCountThatItWaitsForOthers() throws SQLException {
		createTable("id int", 2000, 500);
		this.gates.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
		this.gates.setAutoCommit(false);
		execute(this.gates, "SELECT 1");
		CompletableFuture<Void> work = start("CREATE INDEX CONCURRENTLY big_id ON big (id)");
		Awaitility.await()
			.atMost(TIMEOUT)
			.until(() -> this.database
				.query("SELECT phase FROM pg_stat_progress_create_index WHERE pid = " + this.backend.pid())
				.contains("waiting for old snapshots"));
		assertUncounted(inspect(), "CREATE INDEX");
		this.gates.rollback();
		work.join();
	}

	@Test
	@FullTier
	void copyCountsTheBytesOfAFile() throws SQLException {
		createTable("id int", 20_000, 200);
		this.database.execute("CREATE TABLE copied (LIKE big)",
				"CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
						+ "PERFORM pg_advisory_xact_lock(42); RETURN NEW; END $$",
				"CREATE TRIGGER hold BEFORE INSERT ON copied FOR EACH ROW WHEN (NEW.id = 10000) EXECUTE FUNCTION hold()");
		String file = "'%s/%s.copy'".formatted(this.database.query("SHOW data_directory").get(0),
				this.database.getName());
		this.database.execute("COPY big TO " + file);
		execute(this.gates, "SELECT pg_advisory_lock(42)");
		CompletableFuture<Void> work = start("COPY copied FROM " + file);
		assertCounted(awaitHeld(42), "COPY", 0.4, 0.6);
		execute(this.gates, "SELECT pg_advisory_unlock(42)");
		work.join();
	}

	@Test
	void copyFromAClientHasNoKnownEnd() throws SQLException, IOException {
		this.database.execute("CREATE TABLE copied (id int)");
		CopyIn copy = this.working.unwrap(PGConnection.class).getCopyAPI().copyIn("COPY copied FROM STDIN");
		byte[] row = "1\n".getBytes(StandardCharsets.US_ASCII);
		copy.writeToCopy(row, 0, row.length);
		copy.flushCopy();
		Awaitility.await()
			.atMost(TIMEOUT)
			.until(() -> this.database
				.query("SELECT count(*) FROM pg_stat_progress_copy WHERE bytes_processed > 0 AND pid = "
						+ this.backend.pid())
				.equals(List.of("1")));
		assertUncounted(inspect(), "COPY");
		assertThat(copy.endCopy()).isOne();
	}

	private void createTable(String column, int rows, int width) {
		this.database.execute("CREATE TABLE big (%s, filler text)".formatted(column),
				"INSERT INTO big SELECT i, repeat('x', %d) FROM generate_series(1, %d) i".formatted(width, rows));
	}

	/**
	 * Execute something slowly, and observe it until it is over.
	 * @return how far it was at each observation with a result
	 */
	private List<Double> seenDuring(String sql, String kind) throws SQLException {
		execute(this.working, SLOWLY);
		CompletableFuture<Void> work = start(sql);
		List<Double> seen = new ArrayList<>();
		Awaitility.await(sql).pollInterval(Duration.ofMillis(5)).atMost(TIMEOUT).until(() -> {
			RunActivity activity = inspect();
			Double progress = activity.progress();
			if (progress != null) {
				assertThat(activity.statement()).isEqualTo(kind);
				assertThat(progress).isBetween(0.0, 1.0);
				seen.add(progress);
			}
			return work.isDone();
		});
		work.join();
		assertThat(seen.stream().distinct()).as("how far it was seen to be").hasSizeGreaterThan(5);
		return seen;
	}

	private static void assertCounted(RunActivity activity, String kind, double from, double to) {
		assertThat(activity.statement()).isEqualTo(kind);
		assertThat(activity.progress()).isBetween(from, to);
	}

	private static void assertUncounted(RunActivity activity, String kind) {
		assertThat(activity.statement()).isEqualTo(kind);
		assertThat(activity.progress()).isNull();
	}

	private static int descents(List<Double> values) {
		int descents = 0;
		for (int i = 1; i < values.size(); i++) {
			descents += (values.get(i) < values.get(i - 1)) ? 1 : 0;
		}
		return descents;
	}

	/**
	 * Wait until the statement waits at a gate.
	 * @return what is seen of it then
	 */
	private RunActivity awaitHeld(int gate) {
		Awaitility.await("waits at gate " + gate)
			.atMost(TIMEOUT)
			.until(() -> this.database.query(
					"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = %d AND pid = %d"
						.formatted(gate, this.backend.pid()))
				.equals(List.of("1")));
		return inspect();
	}

	private RunActivity inspect() {
		return SessionActivity.read(this.observer, this.backend);
	}

	private CompletableFuture<Void> start(String sql) {
		return CompletableFuture.runAsync(() -> {
			try {
				execute(this.working, sql);
			}
			catch (SQLException ex) {
				throw new CompletionException(ex);
			}
		});
	}

	private static void execute(Connection connection, String... statements) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			for (String sql : statements) {
				statement.execute(sql);
			}
		}
	}

}
