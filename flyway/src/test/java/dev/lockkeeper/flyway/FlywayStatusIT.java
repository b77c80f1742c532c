// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The state of a schema is what Flyway itself makes of code and history.
 */
@ExtendWith(OutputCaptureExtension.class)
class FlywayStatusIT {

	private static final String SHIP = "V1__ship.sql\nCREATE TABLE ship (id int);";

	private static final String PORT = "V3__port.sql\nCREATE TABLE port (id int);";

	private static final String BETWEEN = "V2__between.sql\nCREATE TABLE between_them (id int);";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private int releases;

	@Test
	void anEditedMigrationIsChangedAndARunRefusesIt() {
		run(application(SHIP, PORT));
		String edited = SHIP + "\nCREATE TABLE more (id int);";
		SchemaState state = defer(application(edited, PORT));
		assertThat(state.status()).isEqualTo(SchemaStatus.CHANGED);
		assertThat(state.changed()).containsExactly(reference("1 - ship"));
		LockkeeperException failure = failure(application(edited, PORT));
		assertThat(failure.getStatus()).isEqualTo(ExitStatus.CHANGELOG);
		assertThat(failure).hasMessageContaining("Migration checksum mismatch for migration version 1")
			.message()
			.doesNotContain("https://");
		assertThat(failure.getAction()).contains("Put the migration back as it was");
		assertThat(
				run(application(edited, PORT).withPropertyValues("spring.flyway.validate-on-migrate=false")).status())
			.isEqualTo(SchemaStatus.CURRENT);
	}

	@Test
	void aRenamedMigrationIsChanged() {
		run(application(SHIP, PORT));
		SchemaState state = defer(application("V1__vessel.sql\nCREATE TABLE ship (id int);", PORT));
		assertThat(state.status()).isEqualTo(SchemaStatus.CHANGED);
	}

	@Test
	void aRemovedMigrationIsRefusedUnlessItIsIgnored() {
		run(application(SHIP, BETWEEN, PORT));
		LockkeeperException failure = failure(application(SHIP, PORT));
		assertThat(failure.getStatus()).isEqualTo(ExitStatus.CHANGELOG);
		assertThat(failure).hasMessageContaining("not resolved locally: 2");
		assertThat(failure.getAction()).contains("spring.flyway.ignore-migration-patterns=*:missing");
		SchemaState ignored = run(
				application(SHIP, PORT).withPropertyValues("spring.flyway.ignore-migration-patterns=*:missing"));
		assertThat(ignored.status()).isEqualTo(SchemaStatus.AHEAD);
		assertThat(ignored.unknown()).containsExactly(reference("2 - between"));
	}

	@Test
	void aLateMigrationIsPendingAndRefusedUnlessItMayRunOutOfOrder() {
		run(application(SHIP, PORT));
		SchemaState state = defer(application(SHIP, BETWEEN, PORT));
		assertThat(state.pending()).containsExactly(reference("2 - between"));
		LockkeeperException failure = failure(application(SHIP, BETWEEN, PORT));
		assertThat(failure.getStatus()).isEqualTo(ExitStatus.CHANGELOG);
		assertThat(failure.getAction()).contains("spring.flyway.out-of-order=true");
		SchemaState late = run(application(SHIP, BETWEEN, PORT).withPropertyValues("spring.flyway.out-of-order=true"));
		assertThat(late.status()).isEqualTo(SchemaStatus.CURRENT);
		assertThat(Objects.requireNonNull(late.version()).changeSet()).isEqualTo(reference("2 - between"));
	}

	@Test
	void whatFlywayPassesOverIsNotPending() {
		run(application(SHIP, PORT));
		assertThat(run(application(SHIP, BETWEEN, PORT).withPropertyValues("spring.flyway.validate-on-migrate=false"))
			.status()).isEqualTo(SchemaStatus.CURRENT);
		assertThat(run(application(SHIP, BETWEEN, PORT)
			.withPropertyValues("spring.flyway.ignore-migration-patterns=*:ignored")).status())
			.isEqualTo(SchemaStatus.CURRENT);
		assertThat(run(application(SHIP, PORT, "V4__later.sql\nSELECT 1;").withPropertyValues("spring.flyway.target=3"))
			.pending()).isEmpty();
	}

	@Test
	void aRepeatableMigrationRunsAgainWhenItHasChanged() {
		run(application(SHIP, "R__view.sql\nCREATE OR REPLACE VIEW v AS SELECT 1 AS one;"));
		String changed = "R__view.sql\nCREATE OR REPLACE VIEW v AS SELECT 2 AS one;";
		assertThat(defer(application(SHIP, changed)).pending()).containsExactly(reference("view"));
		assertThat(run(application(SHIP, changed)).status()).isEqualTo(SchemaStatus.CURRENT);
		assertThat(this.database.query("SELECT one FROM v")).containsExactly("2");
	}

	@Test
	void anOlderReleaseDoesNotTakeARepeatableMigrationBack() {
		String old = "R__a_view.sql\nCREATE OR REPLACE VIEW v AS SELECT 1 AS one;";
		run(application(SHIP, old));
		run(application(SHIP, "R__a_view.sql\nCREATE OR REPLACE VIEW v AS SELECT 2 AS one;"));
		SchemaState state = run(application(SHIP, old));
		assertThat(state.status()).isEqualTo(SchemaStatus.AHEAD);
		assertThat(this.database.query("SELECT one FROM v")).containsExactly("2");
		// A run for another reason leaves it as it is, too
		this.database.execute("DELETE FROM flyway_schema_history WHERE version = '1'", "DROP TABLE ship");
		run(application(SHIP, old));
		assertThat(this.database.query("SELECT one FROM v")).containsExactly("2");
		assertThat(this.database.query("SELECT relname FROM pg_class WHERE relname = 'ship'")).containsExactly("ship");
	}

	@Test
	void skippedExecutionsAreRecorded(CapturedOutput output) {
		SchemaState state = run(
				application(SHIP, PORT).withPropertyValues("spring.flyway.skip-executing-migrations=true"));
		assertThat(state.applied()).isEqualTo(2);
		assertThat(this.database.query("SELECT relname FROM pg_class WHERE relname IN ('ship', 'port')")).isEmpty();
		assertThat(output).contains("2 change sets applied");
	}

	@Test
	void aRepairedHistoryCountsAsFlywayCountsIt() {
		run(application(SHIP, BETWEEN, PORT));
		MigrationFiles.in(this.directory.resolve("repaired"), SHIP, PORT).stock(this.database).load().repair();
		SchemaState state = run(application(SHIP, PORT));
		assertThat(state.status()).isEqualTo(SchemaStatus.CURRENT);
		assertThat(state.applied()).isEqualTo(2);
		assertThat(defer(application(SHIP, BETWEEN, PORT)).status()).isEqualTo(SchemaStatus.PENDING);
	}

	@Test
	void twoMigrationsOfOneVersionAreNamed() {
		LockkeeperException failure = failure(application(SHIP, "V1__port.sql\nSELECT 1;"));
		assertThat(failure.getStatus()).isEqualTo(ExitStatus.CHANGELOG);
		assertThat(failure).hasMessageContaining("Found more than one migration with version 1");
	}

	@Test
	void aMissingPlaceholderIsNamed() {
		LockkeeperException failure = failure(application("V1__ship.sql\nCREATE TABLE ${name} (id int);"));
		assertThat(failure).hasMessageContaining("No value provided for placeholder: ${name}");
		assertThat(List.of(ExitStatus.CHANGELOG, ExitStatus.MIGRATION)).contains(failure.getStatus());
	}

	@Test
	void aMissingLocationIsNamed() {
		LockkeeperException failure = failure(application(SHIP).withPropertyValues(
				"spring.flyway.locations=classpath:nowhere", "spring.flyway.fail-on-missing-locations=true"));
		assertThat(failure.getStatus()).isEqualTo(ExitStatus.CHANGELOG);
		assertThat(failure).hasMessageContaining("nowhere");
	}

	private static ChangeSetReference reference(String id) {
		return new ChangeSetReference(id, "", "");
	}

	private ApplicationContextRunner application(String... files) {
		this.releases++;
		return MigrationFiles.in(this.directory.resolve("release" + this.releases), files).application(this.database);
	}

	private static SchemaState run(ApplicationContextRunner application) {
		SchemaState[] state = new SchemaState[1];
		application.run((context) -> {
			assertThat(context).hasNotFailed();
			state[0] = MigrationFiles.state(context);
		});
		return state[0];
	}

	private static SchemaState defer(ApplicationContextRunner application) {
		SchemaState[] state = new SchemaState[1];
		application.withPropertyValues("lockkeeper.mode=defer", "lockkeeper.defer.startup=serve").run((context) -> {
			assertThat(context).hasNotFailed();
			context.getBean(SchemaGate.class).refresh();
			state[0] = MigrationFiles.state(context);
		});
		return state[0];
	}

	private static LockkeeperException failure(ApplicationContextRunner application) {
		LockkeeperException[] failure = new LockkeeperException[1];
		application.run((AssertableApplicationContext context) -> failure[0] = Objects
			.requireNonNull(LockkeeperException.findIn(context.getStartupFailure())));
		return failure[0];
	}

}
