// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.engine;

import java.sql.Connection;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

import javax.sql.DataSource;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.engine.Engine.Phase;
import dev.lockkeeper.engine.LockingEngine.HeldLock;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.ledger.LevelTable;
import dev.lockkeeper.ledger.RunTable;
import dev.lockkeeper.ledger.ScriptTable;
import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.lock.lease.LeaseLocks;
import dev.lockkeeper.migration.Diagnosis;
import dev.lockkeeper.migration.MigrationTarget;
import dev.lockkeeper.migration.Preview;
import dev.lockkeeper.migration.PreviewLimits;
import dev.lockkeeper.migration.RunControl;
import dev.lockkeeper.postgresql.Login;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.HistoryMark;
import dev.lockkeeper.schema.RunOrigin;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.schema.SchemaVersion;
import dev.lockkeeper.governed.DatabaseRoles;
import dev.lockkeeper.governed.GovernedSchemas;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assertions.catchException;

/**
 * What every engine promises.
 */
public abstract class EngineContract {

	private static final String TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
			+ "AND relkind = 'r'";

	private static final String WAITING = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
			+ "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

	private static final Duration TIMEOUT = Duration.ofMinutes(3);

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	/**
	 * The data source of the user.
	 */
	protected final DataSource dataSource = new DriverManagerDataSource(this.database.getUrl());

	private final GovernedSchemas schemas = new GovernedSchemas(
			new GovernedSchemas.Settings(new LeaseLocks(Duration.ofMinutes(1), "shop"), new LevelTable(),
					new RunTable(100), new ScriptTable(), new RunOrigin("SELF", "shop", null, "here"), false,
					Duration.ofSeconds(2), true, DatabaseRoles.NONE, "lockkeeper shop here", Clock.systemUTC()));

	/**
	 * Opens connections to its database.
	 */
	protected final OwnConnections connections = this.schemas.connect(this.dataSource);

	/**
	 * Create an engine.
	 * @param dataSource the data source of the user
	 * @param connections opens connections to its database
	 * @param statements the statements that it executes, each a change set of its own
	 */
	protected abstract Engine create(DataSource dataSource, OwnConnections connections, List<String> statements);

	/**
	 * Return the optional capabilities of the engine.
	 */
	protected abstract Set<Class<?>> capabilities();

	/**
	 * Return what SQL assigns to a column of the history to clear a checksum.
	 */
	protected abstract String changeByHand();

	@Test
	void anEngineHasTheCapabilitiesThatItIsSaidToHave() {
		Engine engine = engine("CREATE TABLE ship (id int)");
		for (Class<?> capability : List.of(PreviewingEngine.class, LockingEngine.class)) {
			assertThat(capability.isInstance(engine)).as(capability.getSimpleName())
				.isEqualTo(capabilities().contains(capability));
		}
	}

	@Test
	void anEmptyDatabaseMissesEachChangeSetInItsOrderAndIsLeftEmpty() throws Exception {
		Engine engine = engine("CREATE TABLE ship (id int)", "CREATE TABLE port (id int)");
		try (Connection connection = this.connections.openStateless()) {
			SchemaTables tables = engine.locate(connection);
			Comparison comparison = engine.compare(connection);
			assertThat(comparison.tables()).isEqualTo(tables);
			assertThat(comparison.missing()).hasSize(2).doesNotHaveDuplicates();
			assertThat(comparison.unknown()).isEmpty();
			assertThat(comparison.changed()).isEmpty();
			assertThat(comparison.version()).isNull();
			assertThat(comparison.applied()).isZero();
			assertThat(engine.mark(connection)).isEqualTo(new HistoryMark(0, 0, null, null));
			assertThat(engine.readHistory(connection)).isEmpty();
			assertThat(connection.getAutoCommit()).isTrue();
		}
		assertThat(this.database.query(TABLES)).isEmpty();
	}

	@Test
	void aMigrationAppliesWhatIsMissingAndTheHistoryHasIt() throws Exception {
		Engine engine = engine("CREATE TABLE ship (id int)", "CREATE TABLE port (id int)");
		MigrationTarget schema = govern(engine);
		List<ChangeSetReference> missing = schema.inspect().pending();
		HistoryMark before = mark(engine);
		schema.migrate(Lease.local(), new RunControl());
		assertThat(schema.inspect().status()).isEqualTo(SchemaStatus.CURRENT);
		assertThat(this.database.query(TABLES)).contains("ship", "port");
		assertThat(mark(engine)).isNotEqualTo(before);
		try (Connection connection = this.connections.openStateless()) {
			Comparison comparison = engine.compare(connection);
			assertThat(comparison.missing()).isEmpty();
			assertThat(comparison.applied()).isEqualTo(2);
			List<SchemaVersion> history = engine.readHistory(connection);
			assertThat(history).extracting(SchemaVersion::changeSet).containsExactlyElementsOf(missing);
			assertThat(comparison.version()).isEqualTo(history.get(1));
		}
	}

	@Test
	void aComparisonAfterTheCodeWasForgottenFindsTheSame() throws Exception {
		Engine engine = migrated("CREATE TABLE ship (id int)", "CREATE TABLE port (id int)");
		try (Connection connection = this.connections.openStateless()) {
			Comparison before = engine.compare(connection);
			HistoryMark mark = engine.mark(connection);
			engine.forgetCode();
			assertThat(engine.locate(connection)).isEqualTo(before.tables());
			assertThat(engine.mark(connection)).isEqualTo(mark);
			assertThat(engine.readHistory(connection)).hasSize(2);
			assertThat(engine.compare(connection)).isEqualTo(before);
		}
	}

	@Test
	void aRowThatWasChangedByHandChangesTheMark() throws Exception {
		Engine engine = migrated("CREATE TABLE ship (id int)", "CREATE TABLE port (id int)");
		HistoryMark before = mark(engine);
		assertThat(mark(engine)).isEqualTo(before);
		try (Connection connection = this.connections.openStateless()) {
			this.database.execute("UPDATE %s SET %s".formatted(engine.locate(connection).history(), changeByHand()));
		}
		assertThat(mark(engine)).isNotEqualTo(before)
			.extracting(HistoryMark::rows, HistoryMark::highestOrder)
			.containsExactly(before.rows(), before.highestOrder());
	}

	@Test
	void codeWithFewerChangeSetsFindsTheRestUnknown() throws Exception {
		govern(migrated("CREATE TABLE ship (id int)", "CREATE TABLE port (id int)"));
		MigrationTarget older = govern(engine("CREATE TABLE ship (id int)"));
		assertThat(older.inspect().status()).isEqualTo(SchemaStatus.AHEAD);
		assertThat(older.inspect().unknown()).hasSize(1);
		assertThat(older.needsRun(older.inspect())).isFalse();
	}

	@Test
	void theSameCodeExpectsTheSameLevelAndMoreCodeAnotherOne() throws Exception {
		try (Connection connection = this.connections.openStateless()) {
			String level = engine("CREATE TABLE ship (id int)").compare(connection).level().digest();
			assertThat(engine("CREATE TABLE ship (id int)").compare(connection).level().digest()).isEqualTo(level);
			assertThat(engine("CREATE TABLE ship (id int)", "CREATE TABLE port (id int)").compare(connection)
				.level()
				.digest()).isNotEqualTo(level);
		}
	}

	@Test
	void aFailedChangeSetIsRolledBackAndDiagnosedAsOne() throws Exception {
		Engine engine = engine("CREATE TABLE ship (id int)",
				"CREATE TABLE port (id int); INSERT INTO nowhere VALUES (1)");
		MigrationTarget schema = govern(engine);
		schema.inspect();
		Exception failure = catchException(() -> schema.migrate(Lease.local(), new RunControl()));
		Diagnosis diagnosis = Objects.requireNonNull(engine.diagnose(failure, Phase.RUN, Login.UNKNOWN));
		assertThat(diagnosis.status()).isEqualTo(ExitStatus.MIGRATION);
		assertThat(diagnosis.sqlState()).isEqualTo("42P01");
		assertThat(diagnosis.ofChangeSet()).isTrue();
		assertThat(this.database.query(TABLES)).contains("ship").doesNotContain("port");
		assertThat(schema.inspect().pending()).hasSize(1);
	}

	@Test
	void aFailureOfOtherCodeIsNotDiagnosed() {
		Engine engine = engine("CREATE TABLE ship (id int)");
		for (Phase phase : Phase.values()) {
			assertThat(engine.diagnose(new IllegalStateException("a bug"), phase, Login.UNKNOWN)).as("%s", phase)
				.isNull();
		}
	}

	@Test
	void aRunThatIsStoppedAppliesNothing() throws Exception {
		MigrationTarget schema = govern(engine("CREATE TABLE ship (id int)"));
		schema.inspect();
		RunControl control = new RunControl();
		control.stop(RunControl.StopReason.TERMINATED);
		assertThatException().isThrownBy(() -> schema.migrate(Lease.local(), control));
		assertThat(this.database.query(TABLES)).doesNotContain("ship");
	}

	@Test
	void aPreviewShowsTheStatementsAndWritesNothing() throws Exception {
		Engine engine = engine("CREATE TABLE ship (id int)", "CREATE TABLE port (id int)");
		if (engine instanceof PreviewingEngine previewing) {
			try (Connection connection = this.connections.openStateless()) {
				engine.compare(connection);
				Preview preview = previewing.preview(connection, List.of(), PreviewLimits.NONE);
				assertThat(preview.sql()).containsSubsequence("CREATE TABLE ship", "CREATE TABLE port");
			}
			assertThat(this.database.query(TABLES)).isEmpty();
		}
	}

	@Test
	void theLockOfTheEngineIsHeldWhileItMigratesAndFreeAfterwards() throws Exception {
		Engine engine = engine("SELECT pg_advisory_lock(1)", "SELECT pg_advisory_unlock(1)");
		if (!(engine instanceof LockingEngine locking)) {
			return;
		}
		MigrationTarget schema = govern(engine);
		schema.inspect();
		CompletableFuture<Void> run;
		try (Connection holder = this.database.open(); Connection connection = this.connections.openStateless()) {
			holder.createStatement().execute("SELECT pg_advisory_lock(1)");
			run = CompletableFuture.runAsync(() -> assertThatCode(() -> schema.migrate(Lease.local(), new RunControl()))
				.doesNotThrowAnyException());
			Awaitility.await("the change set waits")
				.atMost(TIMEOUT)
				.until(() -> !this.database.query(WAITING).isEmpty());
			HeldLock held = Objects.requireNonNull(locking.findLock(connection));
			assertThat(held.run()).isEqualTo(Lease.local().getHolder());
			holder.createStatement().execute("SELECT pg_advisory_unlock(1)");
			assertThat(run).succeedsWithin(TIMEOUT);
			assertThat(locking.findLock(connection)).isNull();
		}
	}

	private Engine engine(String... statements) {
		return create(this.dataSource, this.connections, List.of(statements));
	}

	private MigrationTarget govern(Engine engine) {
		return this.schemas.govern("shop", engine, this.dataSource, this.connections);
	}

	private Engine migrated(String... statements) throws Exception {
		Engine engine = engine(statements);
		MigrationTarget schema = govern(engine);
		schema.inspect();
		schema.migrate(Lease.local(), new RunControl());
		return engine;
	}

	private HistoryMark mark(Engine engine) throws Exception {
		try (Connection connection = this.connections.openStateless()) {
			return engine.mark(connection);
		}
	}

}
