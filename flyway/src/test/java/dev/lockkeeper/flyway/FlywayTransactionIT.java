// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.Objects;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.flywaydb.core.api.migration.BaseJavaMigration;
import org.flywaydb.core.api.migration.Context;
import org.flywaydb.core.api.migration.JavaMigration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A migration, its row in the history and the proof of the lease are one transaction. One
 * that cannot be leaves nothing that has to be repaired.
 */
@ExtendWith(OutputCaptureExtension.class)
class FlywayTransactionIT {

	private static final String SHIP = "V1__ship.sql\nCREATE TABLE ship (id int);\nINSERT INTO ship VALUES (1), (1);";

	private static final String PORT = "V2__port.sql\nCREATE TABLE port (id int);";

	private static final String UNIQUE = "V3__unique.sql\nCREATE UNIQUE INDEX CONCURRENTLY ship_id ON ship (id);";

	private static final String FAILED = "SELECT version FROM flyway_schema_history WHERE NOT success";

	private static final String INVALID = "SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private int releases;

	@Test
	void aMigrationAndItsRowAreOneTransaction() {
		run(application(SHIP, PORT));
		assertThat(transactions("ship")).isEqualTo(transactionOfRow("1"));
		assertThat(transactions("port")).isEqualTo(transactionOfRow("2"));
		assertThat(transactionOfRow("1")).isNotEqualTo(transactionOfRow("2"));
	}

	@Test
	void aGroupIsOneTransactionWithAllItsRows() {
		run(application(SHIP, PORT, "R__view.sql\nCREATE OR REPLACE VIEW everything AS SELECT id FROM ship;")
			.withPropertyValues("spring.flyway.group=true"));
		assertThat(List.of(transactions("ship"), transactions("port"), transactions("everything")))
			.containsOnly(transactionOfRow("1"))
			.containsOnly(transactionOfRow("2"));
	}

	@Test
	void aGroupThatFailsLeavesNothing() {
		application(SHIP, PORT, "V3__fails.sql\nSELECT 1/0;").withPropertyValues("spring.flyway.group=true")
			.run((context) -> {
				assertThat(failure(context).getStatus()).isEqualTo(ExitStatus.MIGRATION);
				assertThat(failure(context)).hasMessageContaining("3 - fails").hasMessageContaining("division by zero");
				assertThat(failure(context).toVerdict().applied()).isZero();
			});
		assertThat(this.database.query("SELECT version FROM flyway_schema_history")).isEmpty();
	}

	@Test
	void aCallbackBetweenVersionedAndRepeatableMigrationsKeepsTheTransaction() {
		run(application(SHIP, "afterVersioned.sql\nINSERT INTO ship VALUES (9);",
				"R__view.sql\nCREATE OR REPLACE VIEW everything AS SELECT id FROM ship;"));
		assertThat(transactions("everything"))
			.isEqualTo(this.database.query("SELECT xmin FROM flyway_schema_history WHERE description = 'view'").get(0));
		assertThat(this.database.query("SELECT xmin FROM ship WHERE id = 9"))
			.containsExactly(transactions("everything"));
	}

	@Test
	void aJavaMigrationThatCommitsStaysOneTransactionWithItsRow() {
		run(application(SHIP).withBean(JavaMigration.class, V2__Commits::new));
		assertThat(transactions("one")).isEqualTo(transactions("two")).isEqualTo(transactionOfRow("2"));
	}

	@Test
	void aMigrationThatEndsItsTransactionIsNamed(CapturedOutput output) {
		run(application("V1__commits.sql\nCREATE TABLE one (id int);\nCOMMIT;\nCREATE TABLE two (id int);"));
		assertThat(output)
			.contains("not in one transaction with its row in the history (change set 1 - commits: its SQL "
					+ "ends the transaction)");
	}

	@Test
	void aCopyOutsideOfATransactionIsNamed(CapturedOutput output) {
		run(application("V1__one.sql\nCREATE TABLE one (id int);\nCOPY one FROM STDIN;\n1\n\\.\n"));
		assertThat(output).doesNotContain("not in one transaction");
		run(application("V1__one.sql\nCREATE TABLE one (id int);\nCOPY one FROM STDIN;\n1\n\\.\n",
				"V2__two.sql\nCREATE TABLE two (id int);\nCOPY two FROM STDIN;\n2\n\\.\n",
				"V2__two.sql.conf\nexecuteInTransaction=false\n"));
		assertThat(output).contains("not in one transaction with its row in the history (change set 2 - two: it uses "
				+ "the connection of the driver, and what that executes is not noted)");
		assertThat(this.database.query("SELECT id FROM one UNION ALL SELECT id FROM two ORDER BY 1"))
			.containsExactly("1", "2");
	}

	@Test
	void aFailedIndexIsBuiltAgainWithoutARepair(CapturedOutput output) {
		application(SHIP, PORT, UNIQUE).run((context) -> {
			assertThat(failure(context).getStatus()).isEqualTo(ExitStatus.MIGRATION);
			assertThat(failure(context)).hasMessageContaining("3 - unique");
		});
		assertThat(this.database.query(FAILED)).containsExactly("3");
		assertThat(this.database.query(INVALID)).containsExactly("ship_id");
		this.database.execute("DELETE FROM ship");
		run(application(SHIP, PORT, UNIQUE));
		assertThat(output).contains("removed the row of a failure that this run goes on with");
		assertThat(this.database.query(FAILED)).isEmpty();
		assertThat(this.database.query(INVALID)).isEmpty();
		assertThat(this.database.query("SELECT installed_rank || ' ' || version FROM flyway_schema_history ORDER BY 1"))
			.containsExactly("1 1", "2 2", "3 3");
		assertThat(this.database.query("SELECT id FROM lockkeeper_intent")).isEmpty();
	}

	@Test
	void aMigrationThatFailsBeforeItHasDoneAnythingIsExecutedAgainWithoutARepair() {
		String fails = "V2__fails.sql\nINSERT INTO nowhere VALUES (1);";
		ApplicationContextRunner application = application(SHIP, fails)
			.withPropertyValues("spring.flyway.execute-in-transaction=false");
		application.run((context) -> assertThat(failure(context).getStatus()).isEqualTo(ExitStatus.MIGRATION));
		assertThat(this.database.query(FAILED)).containsExactly("2");
		this.database.execute("CREATE TABLE nowhere (id int)");
		run(application);
		assertThat(this.database.query(FAILED)).isEmpty();
		assertThat(this.database.query("SELECT id FROM nowhere")).containsExactly("1");
	}

	@Test
	void noStatementOfSeveralIsExecutedTwice() {
		String several = "V2__several.sql\nINSERT INTO ship VALUES (2);\nINSERT INTO nowhere VALUES (1);\nINSERT INTO ship VALUES (3);";
		ApplicationContextRunner application = application(SHIP, several)
			.withPropertyValues("spring.flyway.execute-in-transaction=false");
		application.run((context) -> assertThat(failure(context).getStatus()).isEqualTo(ExitStatus.MIGRATION));
		this.database.execute("CREATE TABLE nowhere (id int)");
		run(application);
		assertThat(this.database.query("SELECT id FROM ship WHERE id > 1 ORDER BY 1")).containsExactly("2", "3");
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void aRowOfAFailureOfAnotherFlywayStays(boolean validated) {
		run(application(SHIP));
		this.database.execute("INSERT INTO flyway_schema_history (installed_rank, version, description, type, script, "
				+ "installed_by, execution_time, success) VALUES (2, '2', 'port', 'SQL', 'V2__port.sql', 'me', 1, false)");
		application(SHIP, PORT).withPropertyValues("spring.flyway.validate-on-migrate=" + validated).run((context) -> {
			assertThat(failure(context).getStatus()).isEqualTo(ExitStatus.CHANGELOG);
			assertThat(failure(context)).hasMessageContaining("failed migration to version 2");
			assertThat(failure(context).getAction()).contains("flyway repair");
		});
		assertThat(this.database.query(FAILED)).containsExactly("2");
	}

	@Test
	void aConcurrentIndexDoesNotWaitForFlyway() {
		run(application("V1__ship.sql\nCREATE TABLE ship (id int);",
				"V2__index.sql\nCREATE INDEX CONCURRENTLY ship_id ON ship (id);",
				"V3__port.sql\nCREATE TABLE port (id int);"));
		assertThat(this.database.query("SELECT indisvalid FROM pg_index WHERE indexrelid = 'ship_id'::regclass"))
			.containsExactly("t");
		assertThat(this.database.query("SELECT id FROM lockkeeper_intent")).isEmpty();
	}

	@Test
	void aTransactionThatMayNotBeIdleSurvivesAMigration() {
		String role = TestPostgres.shared().createRole("secret");
		this.database.execute("ALTER ROLE %s SET idle_in_transaction_session_timeout = '200ms'".formatted(role),
				"GRANT CREATE, USAGE ON SCHEMA public TO " + role);
		run(files("V1__slow.sql\nSELECT pg_sleep(1);", PORT).application(this.database, role, "secret"));
		assertThat(this.database.query("SELECT DISTINCT installed_by FROM flyway_schema_history"))
			.containsExactly(role);
	}

	private String transactions(String table) {
		return this.database.query("SELECT xmin FROM pg_class WHERE oid = '%s'::regclass".formatted(table)).get(0);
	}

	private String transactionOfRow(String version) {
		return this.database.query("SELECT xmin FROM flyway_schema_history WHERE version = '%s'".formatted(version))
			.get(0);
	}

	private ApplicationContextRunner application(String... files) {
		return files(files).application(this.database);
	}

	private MigrationFiles files(String... files) {
		this.releases++;
		return MigrationFiles.in(this.directory.resolve("release" + this.releases), files);
	}

	private static void run(ApplicationContextRunner application) {
		application.run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(MigrationFiles.state(context).status()).isEqualTo(SchemaStatus.CURRENT);
		});
	}

	private static LockkeeperException failure(AssertableApplicationContext context) {
		return Objects.requireNonNull(LockkeeperException.findIn(context.getStartupFailure()));
	}

	// Flyway takes version and description from the name
	static class V2__Commits extends BaseJavaMigration {

		@Override
		public void migrate(Context context) throws Exception {
			Connection connection = context.getConnection();
			try (Statement statement = connection.createStatement()) {
				statement.execute("CREATE TABLE one (id int)");
				connection.commit();
				statement.execute("CREATE TABLE two (id int)");
			}
		}

	}

}
