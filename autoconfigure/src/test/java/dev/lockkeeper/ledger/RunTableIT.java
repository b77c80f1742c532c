// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.ledger;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

import dev.lockkeeper.schema.LockContention;
import dev.lockkeeper.schema.RunEnd;
import dev.lockkeeper.schema.RunLedger;
import dev.lockkeeper.schema.RunOrigin;
import dev.lockkeeper.schema.RunRecord;
import dev.lockkeeper.schema.RunStart;
import dev.lockkeeper.schema.TimesBlocked;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The table of the runs on a real PostgreSQL.
 */
class RunTableIT {

	private static final RunLedger.Schema SCHEMA = new RunLedger.Schema("runs", "history", "history", "lock",
			(connection) -> Optional.empty());

	private final Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final RunTable table = new RunTable(10);

	@Test
	void aRunThatGoesOnAfterAnotherOneIsTheLast() throws Exception {
		this.database.execute("CREATE TABLE history (id int)");
		RunStart one = run("one", "first");
		RunStart two = run("two", "second");
		try (Connection connection = this.database.open()) {
			this.table.begin(connection, SCHEMA, one, this.now);
			this.table.begin(connection, SCHEMA, two, this.now);
			this.table.end(connection, SCHEMA, ended(two, "MIGRATION"));
			this.table.begin(connection, SCHEMA, one.heldBy("third"), this.now);
			this.table.end(connection, SCHEMA, ended(one.heldBy("third"), "DONE"));
			assertThat(this.table.read(connection, SCHEMA, new RunLedger.Found(0, null), 10))
				.extracting((run) -> run.start().runId())
				.containsExactly("one", "two");
			this.table.begin(connection, SCHEMA, one.heldBy("fourth"), this.now);
		}
		assertThat(this.database.query("SELECT run_id || ' ' || run_number FROM runs ORDER BY run_number"))
			.as("a number is given once")
			.containsExactly("two 2", "one 3");
	}

	@Test
	void howOftenOthersWereInTheWayOfARunStaysInItsRow() throws Exception {
		this.database.execute("CREATE TABLE history (id int)");
		RunStart one = run("one", "first");
		RunStart blocked = blocked(blocked(one, 1, "did not get a lock"), 2, "did not get a lock; " + "x".repeat(3000));
		try (Connection connection = this.database.open()) {
			this.table.begin(connection, SCHEMA, one, this.now);
			assertThat(read(connection)).isEqualTo(TimesBlocked.NONE);
			this.table.blocked(connection, SCHEMA, blocked);
			this.table.begin(connection, SCHEMA, blocked.heldBy("second"), this.now);
			this.table.end(connection, SCHEMA, ended(blocked, "DONE"));
			assertThat(read(connection).times()).isEqualTo(2);
			assertThat(read(connection).last())
				.startsWith("Attempt 2 at %s: it did not get a lock; x".formatted(this.now))
				.endsWith("x…")
				.hasSize(2000);
			this.database.execute("DELETE FROM runs");
			this.table.end(connection, SCHEMA, ended(blocked, "DONE"));
			assertThat(read(connection).times()).as("of a run whose row is missing").isEqualTo(2);
		}
	}

	@Test
	void aTableOfAnOlderVersionHasNoPlaceForHowOftenOthersWereInTheWay() throws Exception {
		this.database.execute("CREATE TABLE history (id int)");
		RunStart one = run("one", "first");
		try (Connection connection = this.database.open()) {
			this.table.begin(connection, SCHEMA, one, this.now);
			for (String column : List.of("last_blocked", "times_blocked", "fenced")) {
				this.database.execute("ALTER TABLE runs DROP COLUMN " + column);
				this.table.blocked(connection, SCHEMA, blocked(one, 1, "did not get a lock"));
				assertThat(read(connection)).as("without " + column).isEqualTo(TimesBlocked.NONE);
			}
			this.database.execute("DROP TABLE runs");
			this.table.blocked(connection, SCHEMA, blocked(one, 1, "did not get a lock"));
		}
	}

	private TimesBlocked read(Connection connection) throws SQLException {
		return this.table.read(connection, SCHEMA, new RunLedger.Found(0, null), 1).get(0).start().blocked();
	}

	private RunStart blocked(RunStart run, int attempt, String what) {
		return run.blockedBy(new LockContention(attempt, null, what, this.now));
	}

	private RunStart run(String id, String holder) {
		return new RunStart(id, "liquibase", new RunOrigin("SELF", "shop", null, "host"), holder, null, 1, 0, null,
				Duration.ZERO, this.now);
	}

	private RunRecord ended(RunStart run, String status) {
		return new RunRecord(run, RunEnd.read(status, 0, 0, null, null, null, null, run.at(), this.now));
	}

}
