// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.traffic;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import dev.lockkeeper.sample.traffic.Step.ChangeSet;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.SampledCases;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * Every change set of {@code docs/zero-downtime.md} takes the locks that the page names,
 * while the table is read and written.
 */
class ZeroDowntimePageIT {

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

	private static final String LOCKS = "What a lock keeps waiting";

	private static final String WAITING = "A lock that has to wait";

	private static final String BATCHES = "Filling a column in batches";

	private static final String RENAMING = "Renaming a column";

	private static final ChangeSet BEGINNING = new ChangeSet("beginning", "",
			Step.all().get(0).blocks("sql").get(0) + """
					INSERT INTO port SELECT i, 'port ' || i FROM generate_series(1, 10) i;
					INSERT INTO ship SELECT i, 'ship ' || i, i, 1 + i % 10 FROM generate_series(1, 1000) i;""");

	private static final String SETTINGS = Step.of(BATCHES).blocks("properties").get(0);

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	static Stream<Arguments> steps() {
		return Step.all()
			.stream()
			.filter((step) -> !step.changeSets().isEmpty() && !step.title().equals(WAITING))
			.flatMap((step) -> Stream.of(Tool.values()).map((tool) -> Arguments.of(step, tool)));
	}

	@ParameterizedTest
	@SampledCases(2)
	@MethodSource("steps")
	void eachChangeSetTakesTheLocksThatThePageNames(Step step, Tool tool) {
		List<ChangeSet> changeSets = step.changeSets();
		begin(tool);
		TakenLocks locks = TakenLocks.observe(this.database);
		try (Traffic traffic = Traffic.start(this.database)) {
			ApplicationContextRunner application = application(tool, changeSets);
			ChangeSet held = changeSets.stream()
				.filter((changeSet) -> !changeSet.isTransaction() && !step.title().equals(RENAMING))
				.findFirst()
				.orElse(null);
			Map<String, Map<String, String>> found = new HashMap<>();
			if (held == null) {
				migrate(application);
			}
			else {
				found.put(held.id(), Map.of("Lock on ship", holdAndMigrate(application, held, locks, traffic)));
			}
			found.putAll(locks.read(tool.history()));
			traffic.awaitService();
			assertThat(found).isNotEmpty().isEqualTo(named(step));
		}
	}

	private static Map<String, Map<String, String>> named(Step step) {
		Map<String, Map<String, String>> named = step.statements();
		named.values().forEach((cells) -> cells.values().removeIf(String::isEmpty));
		return named;
	}

	/**
	 * Hold a change set that is not one transaction: the traffic goes on meanwhile.
	 * @return the lock that the change set has
	 */
	private String holdAndMigrate(ApplicationContextRunner application, ChangeSet held, TakenLocks locks,
			Traffic traffic) {
		String gate = held.isConcurrent() ? "LOCK TABLE ship IN ROW EXCLUSIVE MODE"
				: "SELECT 1 FROM ship WHERE id = 300 FOR UPDATE";
		try (Connection writer = this.database.open(); Statement statement = writer.createStatement()) {
			writer.setAutoCommit(false);
			statement.execute(gate);
			CompletableFuture<Void> migration = CompletableFuture.runAsync(() -> migrate(application));
			String pid = Awaitility.await("the change set is held")
				.atMost(TIMEOUT)
				.until(() -> this.database.query("SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
						+ "AND application_name <> '%s' AND wait_event_type = 'Lock'".formatted(Traffic.NAME)),
						(pids) -> pids.size() == 1)
				.get(0);
			String lock = locks.of(pid);
			traffic.awaitService();
			if (!held.isConcurrent()) {
				assertThat(this.database.query("SELECT count(*) FROM ship WHERE tonnage = 0")).containsExactly("250");
			}
			writer.commit();
			migration.join();
			return lock;
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Test
	@FullTier
	void theSameStepsAreWrittenInYaml() throws IOException {
		int written = 0;
		for (Step step : Step.all()) {
			for (String block : step.blocks("yaml")) {
				begin(Tool.LIQUIBASE);
				TakenLocks locks = TakenLocks.observe(this.database);
				Path file = Files.writeString(this.directory.resolve("changelog.yaml"), block);
				try (Traffic traffic = Traffic.start(this.database)) {
					migrate(Tool.LIQUIBASE.application(this.database, "spring.liquibase.change-log=file:" + file));
					traffic.awaitService();
				}
				assertThat(locks.read(Tool.LIQUIBASE.history())).isNotEmpty().isEqualTo(named(step));
				written++;
			}
		}
		assertThat(written).isOne();
	}

	@Test
	void aLockKeepsWaitingWhatThePageSays() throws SQLException {
		begin(Tool.FLYWAY);
		try (Connection holder = this.database.open();
				Statement holding = holder.createStatement();
				Connection other = this.database.open();
				Statement using = other.createStatement()) {
			holder.setAutoCommit(false);
			using.execute("SET lock_timeout = '10ms'");
			for (Map.Entry<String, Map<String, String>> row : Step.of(LOCKS).statements().entrySet()) {
				holding.execute("LOCK TABLE ship IN %s MODE".formatted(row.getKey()));
				assertThat(row.getValue().values()).as(row.getKey())
					.containsExactly(isServed(using, "SELECT 1 FROM ship WHERE id = 1"),
							isServed(using, "UPDATE ship SET imo = imo WHERE id = 1"));
				holder.rollback();
			}
		}
	}

	private static String isServed(Statement statement, String sql) {
		try {
			statement.execute(sql);
			return "go on";
		}
		catch (SQLException ex) {
			assertThat(ex.getSQLState()).isEqualTo("55P03");
			return "wait";
		}
	}

	@ParameterizedTest
	@FullTier
	@EnumSource
	void aLockThatHasToWaitKeepsReadersWaitingUntilItsTimeout(Tool tool) throws SQLException {
		begin(tool);
		TakenLocks locks = TakenLocks.observe(this.database);
		ApplicationContextRunner application = application(tool, Step.of(WAITING).changeSets())
			.withPropertyValues("lockkeeper.postgresql.lock-timeout=500ms");
		CompletableFuture<Void> run;
		try (Connection inTheWay = this.database.open(); Statement statement = inTheWay.createStatement()) {
			inTheWay.setAutoCommit(false);
			statement.execute("SELECT 1 FROM ship");
			run = CompletableFuture.runAsync(() -> migrate(application));
			awaitThatAReader("wait");
			awaitThatAReader("go on");
			assertThat(run).isNotDone();
		}
		run.join();
		assertThat(locks.timeouts(tool.history())).containsExactly("500ms", "3s");
	}

	@Test
	void aScriptOfFlywayHasTheSameSetting() {
		Step step = Step.of(WAITING);
		assertThat(step.blocks("sql")).hasSize(2).last().isEqualTo(step.changeSets().get(1).toScript() + "\n");
	}

	private void awaitThatAReader(String word) {
		Awaitility.await("a reader must " + word)
			.atMost(TIMEOUT)
			.pollInterval(Duration.ofMillis(20))
			.until(() -> isServed("SELECT 1 FROM ship WHERE id = 1").equals(word));
	}

	private String isServed(String sql) throws SQLException {
		try (Connection connection = this.database.open(); Statement statement = connection.createStatement()) {
			statement.execute("SET lock_timeout = '10ms'");
			return isServed(statement, sql);
		}
	}

	@ParameterizedTest
	@FullTier
	@EnumSource
	void eachBatchIsATransaction(Tool tool) {
		begin(tool);
		List<ChangeSet> changeSets = Step.of(BATCHES).changeSets();
		migrate(application(tool, changeSets));
		assertThat(this.database.query("SELECT count(*) FROM ship WHERE tonnage IS NULL")).containsExactly("0");
		assertThat(this.database.query("SELECT DISTINCT xmin FROM ship"))
			.hasSize(changeSets.get(0).sql().split("\n").length);
	}

	@Test
	@FullTier
	void bothReleasesUseTheColumnByTheirOwnName() throws SQLException {
		List<ChangeSet> changeSets = new ArrayList<>(Step.of(RENAMING).changeSets());
		ChangeSet contraction = changeSets.remove(changeSets.size() - 1);
		begin(Tool.LIQUIBASE);
		migrate(application(Tool.LIQUIBASE, changeSets));
		assertThat(this.database.query("SELECT 1 FROM ship WHERE title IS DISTINCT FROM name")).isEmpty();
		this.database.execute("UPDATE ship SET name = 'old' WHERE id = 1", "UPDATE ship SET title = 'new' WHERE id = 2",
				"INSERT INTO ship (id, name) VALUES (2001, 'old')",
				"INSERT INTO ship (id, title) VALUES (2002, 'new')");
		assertThat(
				this.database.query("SELECT name || ' ' || title FROM ship WHERE id IN (1, 2, 2001, 2002) ORDER BY id"))
			.containsExactly("old old", "new new", "old old", "new new");
		changeSets.add(contraction);
		migrate(application(Tool.LIQUIBASE, changeSets));
		this.database.execute("INSERT INTO ship (id, title) VALUES (2003, 'new')");
		assertThat(this.database.query("SELECT title FROM ship WHERE id IN (1, 2003) ORDER BY id"))
			.containsExactly("old", "new");
	}

	@Test
	@FullTier
	void theNewConstraintsAndIndexesHold() {
		for (String title : List.of("NOT NULL", "Unique constraints", "Foreign keys")) {
			TestDatabase own = TestPostgres.shared().createDatabase();
			List<ChangeSet> all = new ArrayList<>(List.of(BEGINNING));
			all.addAll(Step.of(title).changeSets());
			migrate(Tool.LIQUIBASE.application(own, this.directory.resolve(title), all, SETTINGS));
			assertThat(own.query("SELECT conname FROM pg_constraint WHERE NOT convalidated")).isEmpty();
			assertThat(own.query("SELECT indexrelid FROM pg_index WHERE NOT indisvalid")).isEmpty();
			String refused = switch (title) {
				case "NOT NULL" -> "UPDATE ship SET port_id = NULL WHERE id = 1";
				case "Unique constraints" -> "UPDATE ship SET imo = 2 WHERE id = 1";
				default -> "UPDATE ship SET port_id = 99 WHERE id = 1";
			};
			assertThatExceptionOfType(IllegalStateException.class).as(title).isThrownBy(() -> own.execute(refused));
		}
	}

	@Test
	@FullTier
	void aCachedPlanFailsATransactionOnce() throws SQLException {
		begin(Tool.LIQUIBASE);
		try (Connection connection = this.database.open()) {
			prepare(connection, "SELECT * FROM ship WHERE id = ?");
			migrate(application(Tool.LIQUIBASE, Step.of("Adding a column").changeSets()));
			String expected = Step.of("Cached plans").blocks("text").get(0).strip();
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> select(connection, "SELECT * FROM ship WHERE id = ?"))
				.withMessageContaining(expected);
			connection.rollback();
			assertThatNoException().isThrownBy(() -> select(connection, "SELECT * FROM ship WHERE id = ?"));
		}
	}

	@ParameterizedTest
	@FullTier
	@ValueSource(strings = { "", "autosave=conservative", "prepareThreshold=0", "named columns" })
	void aCachedPlanFailsNoTransaction(String way) throws SQLException {
		assertThat(Step.of("Cached plans").text()).containsIgnoringCase(way.replace("named", "Name the"));
		begin(Tool.LIQUIBASE);
		String sql = way.equals("named columns") ? "SELECT id, name FROM ship WHERE id = ?"
				: "SELECT * FROM ship WHERE id = ?";
		String url = this.database.getUrl() + (way.contains("=") ? "&" + way : "");
		try (Connection connection = DriverManager.getConnection(url)) {
			prepare(connection, sql);
			migrate(application(Tool.LIQUIBASE, Step.of("Adding a column").changeSets()));
			connection.setAutoCommit(way.isEmpty());
			if (!way.isEmpty()) {
				// The transaction has begun already
				select(connection, "SELECT 1 FROM port WHERE id = ?");
			}
			assertThatNoException().isThrownBy(() -> select(connection, sql));
		}
	}

	// As often as the driver wants before it prepares a statement on the server
	private static void prepare(Connection connection, String sql) throws SQLException {
		connection.setAutoCommit(false);
		for (int i = 0; i < 6; i++) {
			select(connection, sql);
		}
		connection.commit();
	}

	private static void select(Connection connection, String sql) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(sql)) {
			statement.setInt(1, 1);
			try (ResultSet rows = statement.executeQuery()) {
				assertThat(rows.next()).isTrue();
			}
		}
	}

	private void begin(Tool tool) {
		migrate(application(tool, List.of()));
	}

	private ApplicationContextRunner application(Tool tool, List<ChangeSet> changeSets) {
		List<ChangeSet> all = new ArrayList<>(List.of(BEGINNING));
		all.addAll(changeSets);
		return tool.application(this.database, this.directory, all, SETTINGS);
	}

	private static void migrate(ApplicationContextRunner application) {
		application.run((context) -> assertThat(context).hasNotFailed());
	}

}
