// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Change sets that set something for their transaction or for the session find what they
 * find with stock Liquibase, and leave what they leave there.
 */
@ExtendWith(OutputCaptureExtension.class)
class ChangeSetSessionIT {

	private static final Duration LONG = Duration.ofMinutes(1);

	private static final String NOT_COVERED = "lockkeeper - not in one transaction with its row in the history";

	private static final String GATE = "select pg_advisory_lock(15);\nselect pg_advisory_unlock(15);";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final TestDatabase stock = TestPostgres.shared().createDatabase();

	@ParameterizedTest
	@ValueSource(strings = { "isolation level serializable", "isolation level repeatable read, deferrable",
			"read write, isolation level serializable" })
	@FullTier
	void setTransactionMayBeTheFirstStatement(String mode) {
		String[] changeSets = { "me:one\ncreate table one (id int);",
				"me:two\nset transaction %s;\ninsert into one values (1);\ncreate table two (level text);\n"
					.formatted(mode) + "insert into two values (current_setting('transaction_isolation'));",
				"me:three\ninsert into two values (current_setting('transaction_isolation'));" };
		runAsStockDoes(changeSets);
		assertThat(this.database.query("SELECT level FROM two")).isEqualTo(this.stock.query("SELECT level FROM two"))
			.hasSize(2);
		String row = this.database.query("SELECT xmin FROM databasechangelog WHERE id = 'two'").get(0);
		assertThat(this.database.query("SELECT xmin FROM one")).containsExactly(row);
		assertThat(this.database.query("SELECT xmin FROM pg_class WHERE relname = 'two'")).containsExactly(row);
	}

	@Test
	@FullTier
	void setTransactionMayBeTheFirstStatementInASchemaThatLiquibaseSets() {
		for (TestDatabase each : List.of(this.database, this.stock)) {
			each.execute("CREATE SCHEMA side");
		}
		runAsStockDoes(
				new String[] { "me:one\ncreate table one (id int);",
						"me:two\nset transaction isolation level serializable;\ninsert into one values (1);" },
				"spring.liquibase.default-schema=side");
		assertThat(this.database.query("SELECT id FROM side.one")).containsExactly("1");
	}

	@Test
	@FullTier
	void aReadOnlyTransactionIsFollowedByThatOfItsRow(CapturedOutput output) {
		runAsStockDoes("me:one\ncreate table one (id int);",
				"me:two\nset transaction read only;\nselect count(*) from one;",
				"me:three\nset transaction isolation level serializable, read only, deferrable;\nselect count(*) from one;",
				"me:four\nselect count(*) from one;\nset local transaction_read_only = on;",
				"me:five\ninsert into one values (1);");
		assertThat(output).doesNotContain(NOT_COVERED);
	}

	@Test
	void aTransactionThatIsReadOnlyOnceItHasWrittenIsFollowedByThatOfItsRow(CapturedOutput output) {
		runAsStockDoes("me:one\ncreate table one (id int);\nset transaction read only;",
				"me:two\nset transaction isolation level serializable;\ninsert into one values (1);\nset transaction read only;",
				"me:three\ninsert into one values (1);");
		assertThat(output.getOut().lines().filter((line) -> line.contains(NOT_COVERED))).hasSize(2)
			.allSatisfy((line) -> assertThat(line).contains("it makes its transaction read-only after it has written"));
	}

	@Test
	@FullTier
	void aTransactionMayHaveTheSnapshotOfAnotherOne() throws Exception {
		String[] changeSets = { "me:one\ncreate table one (id int);",
				"me:two\nset transaction isolation level repeatable read;\nset transaction snapshot '${snapshot}';\n"
						+ "insert into one values (1);" };
		for (TestDatabase each : List.of(this.database, this.stock)) {
			assertThat(run(each, changeSets[0])).isNull();
		}
		try (Connection ours = this.database.open(); Connection theirs = this.stock.open()) {
			assertThat(run(this.database, changeSets, "spring.liquibase.parameters.snapshot=" + export(ours))).isNull();
			assertThat(run(this.stock, changeSets, "lockkeeper.enabled=false",
					"spring.liquibase.parameters.snapshot=" + export(theirs)))
				.isNull();
		}
		// The snapshot is part of what the checksum is about
		String rows = "SELECT concat_ws(' ', id, orderexecuted, exectype) FROM databasechangelog ORDER BY 1";
		assertThat(this.database.query(rows)).isEqualTo(this.stock.query(rows)).hasSize(2);
		assertThat(this.database.query("SELECT id FROM one")).containsExactly("1");
	}

	private static String export(Connection connection) throws Exception {
		connection.setAutoCommit(false);
		try (Statement statement = connection.createStatement()) {
			statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
			try (ResultSet rows = statement.executeQuery("SELECT pg_export_snapshot()")) {
				rows.next();
				return rows.getString(1);
			}
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "serializable", "repeatable read" })
	@FullTier
	void theLeaseIsProvedAlthoughItWasRenewedSinceTheSnapshot(String level) throws Exception {
		try (Connection gate = this.database.open(); Statement statement = gate.createStatement()) {
			statement.execute("SELECT pg_advisory_lock(15)");
			CompletableFuture<@Nullable LockkeeperException> run = CompletableFuture
				.supplyAsync(() -> run(this.database, gated(level), "lockkeeper.lock.lease=5s"));
			awaitAtTheGate();
			for (int renewal = 0; renewal < 2; renewal++) {
				awaitRenewal();
			}
			statement.execute("SELECT pg_advisory_unlock(15)");
			assertThat(run).succeedsWithin(LONG).isNull();
		}
		assertThat(this.database.query("SELECT xmin FROM gated"))
			.isEqualTo(this.database.query("SELECT xmin FROM databasechangelog WHERE id = 'gated'"));
	}

	@Test
	void aLeaseThatWasTakenAfterTheSnapshotIsLost() throws Exception {
		try (Connection gate = this.database.open(); Statement statement = gate.createStatement()) {
			statement.execute("SELECT pg_advisory_lock(15)");
			CompletableFuture<@Nullable LockkeeperException> run = CompletableFuture
				.supplyAsync(() -> run(this.database, gated("serializable"), "lockkeeper.lock.lease=60s"));
			awaitAtTheGate();
			this.database.execute("UPDATE lockkeeper_lock SET locked_by = 'thief', "
					+ "lock_until = timezone('utc', clock_timestamp()) + interval '1 h'");
			statement.execute("SELECT pg_advisory_unlock(15)");
			assertThat(run).succeedsWithin(LONG).satisfies((failure) -> {
				assertThat(failure).isNotNull();
				assertThat(failure.getStatus()).isEqualTo(ExitStatus.TEMPORARY);
				assertThat(failure).hasMessageContaining("the lease was lost");
			});
		}
		assertThat(this.database.query("SELECT id FROM databasechangelog")).containsExactly("before");
		assertThat(this.database.query("SELECT to_regclass('gated')")).containsExactly("null");
		assertThat(this.database.query("SELECT locked_by FROM lockkeeper_lock")).containsExactly("thief");
	}

	private static String[] gated(String level) {
		return new String[] { "me:before\ncreate table before (id int);",
				"me:gated\nset transaction isolation level %s;\ncreate table gated (id int);\n".formatted(level)
						+ "insert into gated values (1);\n" + GATE };
	}

	private void awaitAtTheGate() {
		Awaitility.await("the change set is at the gate")
			.atMost(LONG)
			.until(() -> this.database
				.query("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'")
				.size() == 1);
	}

	private void awaitRenewal() {
		String before = this.database.query("SELECT lock_until FROM lockkeeper_lock").get(0);
		Awaitility.await("the lease is renewed")
			.atMost(LONG)
			.until(() -> !this.database.query("SELECT lock_until FROM lockkeeper_lock").contains(before));
	}

	@Test
	void aRoleThatOneChangeSetTakesOnIsThatOfTheNextUntilItIsReset() {
		String role = role();
		runAsStockDoes(
				"me:rights\ngrant all on databasechangelog to %s;\ngrant usage, create on schema public to %1$s;"
					.formatted(role),
				"me:set\nset role %s;\ncreate table one as select current_user::text as name;".formatted(role),
				"me:kept\ncreate table two as select current_user::text as name;",
				"me:reset\nreset role;\ncreate table three as select current_user::text as name;",
				"me:after\ncreate table four as select current_user::text as name;");
		assertThat(owners(this.database)).isEqualTo(owners(this.stock)).contains("one " + role, "two " + role);
		assertUnlocked();
	}

	// Stock Liquibase cannot write the row of the first one then
	@ParameterizedTest
	@ValueSource(strings = { "role", "session authorization" })
	void aRoleThatMayNotWriteTheHistoryIsNoObstacle(String what) {
		String role = role();
		this.database.execute("GRANT CREATE ON SCHEMA public TO " + role);
		assertThat(run(this.database, "me:set\nset %s %s;\ncreate table one (id int);".formatted(what, role),
				"me:kept\ncreate table two (id int);", "me:fails failOnError:false\ncreate table two (id int);",
				"me:apart runInTransaction:false\ncreate index concurrently one_id on one (id);",
				"me:local\nset local role none;\ncreate table three (id int);",
				"me:begins runInTransaction:false\nstart transaction;\ncreate table four (id int);\ncommit;",
				"me:reset\nreset %s;\ncreate table five (id int);".formatted(what),
				"me:again\nset %s %s;".formatted(what, role)))
			.isNull();
		assertThat(this.database.query("SELECT id FROM databasechangelog ORDER BY orderexecuted"))
			.containsExactly("set", "kept", "apart", "local", "begins", "reset", "again");
		assertThat(owners(this.database)).contains("one " + role, "two " + role, "four " + role)
			.doesNotContain("five " + role);
		assertUnlocked();
	}

	@Test
	void theLockIsReleasedWhenTheRoleMayNotGoOn() {
		String role = role();
		LockkeeperException failure = run(this.database, "me:set\nset role %s;".formatted(role),
				"me:refused\ncreate table refused (id int);");
		assertThat(failure).isNotNull()
			.satisfies((ex) -> assertThat(ex.getStatus()).isEqualTo(ExitStatus.PERMISSION))
			.satisfies((ex) -> assertThat(ex.getAction()).contains(role));
		assertThat(this.database.query("SELECT id FROM databasechangelog")).containsExactly("set");
		assertUnlocked();
	}

	@Test
	void settingsOfOneChangeSetForTheSessionApplyToTheNext() {
		for (TestDatabase each : List.of(this.database, this.stock)) {
			each.execute("CREATE SCHEMA side", "CREATE TABLE side.seen (id text, path text, zone text, strings text)");
		}
		String see = "insert into side.seen select '%s', current_setting('search_path'), current_setting('TimeZone'), "
				+ "current_setting('standard_conforming_strings');";
		runAsStockDoes("me:dump\nselect pg_catalog.set_config('search_path', '', false);\n" + see.formatted("dump"),
				"me:after-dump\n" + see.formatted("after-dump") + "\ncreate table after_dump (id int);",
				"me:path\nset search_path to side;\nset standard_conforming_strings = off;",
				"me:after-path\n" + see.formatted("after-path"),
				"me:local\nset local search_path to side;\nset local time zone 'Asia/Tokyo';\n"
						+ see.formatted("local"),
				"me:after-local\n" + see.formatted("after-local"),
				"me:reset\nreset search_path;\nreset standard_conforming_strings;\n" + see.formatted("reset"),
				"me:after-reset\n" + see.formatted("after-reset"));
		String seen = "SELECT concat_ws('|', id, path, zone, strings) FROM side.seen ORDER BY id";
		assertThat(this.database.query(seen)).isEqualTo(this.stock.query(seen)).hasSize(7);
	}

	@Test
	@FullTier
	void aTransactionWithinAChangeSetMayBeginWithSetTransaction() {
		runAsStockDoes("me:one\ncreate table one (id int);", """
				me:two runInTransaction:false
				start transaction;
				set transaction isolation level serializable;
				insert into one values (1);
				commit;
				start transaction read only;
				select count(*) from one;
				commit;
				insert into one values (2);""");
	}

	private String role() {
		return this.database.getServer().createRole("secret");
	}

	private static List<String> owners(TestDatabase database) {
		return database.query("SELECT tablename || ' ' || tableowner FROM pg_tables WHERE schemaname = 'public' "
				+ "AND tablename NOT LIKE 'lockkeeper%' ORDER BY 1");
	}

	private void assertUnlocked() {
		assertThat(
				this.database.query("SELECT concat_ws(' ', locked, lockedby, lockgranted) FROM databasechangeloglock"))
			.containsExactly("f");
	}

	private void runAsStockDoes(String... changeSets) {
		runAsStockDoes(changeSets, new String[0]);
	}

	private void runAsStockDoes(String[] changeSets, String... properties) {
		assertThat(run(this.database, changeSets, properties)).isNull();
		String[] withoutUs = Arrays.copyOf(properties, properties.length + 1);
		withoutUs[properties.length] = "lockkeeper.enabled=false";
		assertThat(run(this.stock, changeSets, withoutUs)).isNull();
		assertSame();
	}

	private void assertSame() {
		assertThat(content(this.database)).isEqualTo(content(this.stock)).isNotEmpty();
	}

	private static List<String> content(TestDatabase database) {
		String history = database
			.query("SELECT table_schema || '.databasechangelog' FROM information_schema.tables "
					+ "WHERE table_name = 'databasechangelog'")
			.get(0);
		return database.query(
				"SELECT concat_ws('|', id, author, filename, orderexecuted, exectype, md5sum, description, comments, "
						+ "tag, liquibase, contexts, labels) FROM %s ORDER BY orderexecuted, id".formatted(history));
	}

	private @Nullable LockkeeperException run(TestDatabase database, String... changeSets) {
		return run(database, changeSets, new String[0]);
	}

	/**
	 * Migrate, and return why that failed, if it did.
	 */
	private @Nullable LockkeeperException run(TestDatabase database, String[] changeSets, String... properties) {
		LockkeeperException[] failure = new LockkeeperException[1];
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class,
					LiquibaseAutoConfiguration.class, DataSourceAutoConfiguration.class))
			.withPropertyValues("spring.datasource.url=" + database.getUrl(),
					"spring.liquibase.change-log=" + write(changeSets))
			.withPropertyValues(properties)
			.run((context) -> {
				failure[0] = LockkeeperException.findIn(context.getStartupFailure());
				if (failure[0] == null) {
					assertThat(context).hasNotFailed();
				}
			});
		return failure[0];
	}

	private String write(String... changeSets) {
		try {
			return "file:" + Files.writeString(this.directory.resolve("changelog.sql"),
					"--liquibase formatted sql\n\n--changeset " + String.join("\n\n--changeset ", changeSets) + "\n");
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
