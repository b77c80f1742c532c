// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import java.nio.file.Path;
import java.util.Objects;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * With PostgreSQL's default search path ({@code "$user", public}) a new schema with the
 * name of the login becomes the current schema. Stock Flyway finds no history there, and
 * applies every migration again.
 */
@FullTier
@ExtendWith(OutputCaptureExtension.class)
class MovedFlywayHistoryIT {

	private static final String PASSWORD = "owns-it";

	private static final String SHIP = "V1__ship.sql\nCREATE TABLE ship (id int);";

	private static final String PORT = "V2__port.sql\nCREATE TABLE port (id int);";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final String role = TestPostgres.shared().createRole(PASSWORD);

	MovedFlywayHistoryIT() {
		this.database.execute("GRANT CREATE, USAGE ON SCHEMA public TO " + this.role,
				"GRANT CREATE ON DATABASE %s TO %s".formatted(this.database.getName(), this.role));
	}

	@Test
	void aSchemaNamedLikeTheLoginIsRefusedUntilASettingNamesTheSchema() {
		run(application(SHIP));
		this.database.execute("CREATE SCHEMA %1$s AUTHORIZATION %1$s".formatted(this.role));
		application(SHIP, PORT).run((context) -> {
			LockkeeperException failure = Objects
				.requireNonNull(LockkeeperException.findIn(context.getStartupFailure()));
			assertThat(failure.getStatus()).isEqualTo(ExitStatus.CHANGELOG);
			assertThat(failure).hasMessageContaining("The history of these change sets is in schema public.");
			assertThat(failure.getAction()).contains("set spring.flyway.default-schema=public");
		});
		assertThat(this.database
			.query("SELECT relname FROM pg_class WHERE relnamespace = '%s'::regnamespace".formatted(this.role)))
			.isEmpty();
		run(application(SHIP, PORT).withPropertyValues("spring.flyway.default-schema=public"));
		assertThat(this.database.query("SELECT version FROM public.flyway_schema_history ORDER BY 1"))
			.containsExactly("1", "2");
	}

	@Test
	void aReaderWithASchemaOfItsOwnReadsWhatTheMigratorWrites(CapturedOutput output) {
		run(application(SHIP));
		String reader = TestPostgres.shared().createRole(PASSWORD);
		this.database.execute("CREATE SCHEMA %1$s AUTHORIZATION %1$s".formatted(reader),
				"GRANT SELECT ON ALL TABLES IN SCHEMA public TO " + reader);
		run(files(SHIP).application(this.database, reader, PASSWORD).withPropertyValues("lockkeeper.mode=defer"));
		assertThat(output).contains("the migrator works in another schema than the current one of this role");
	}

	private ApplicationContextRunner application(String... files) {
		return files(files).application(this.database, this.role, PASSWORD);
	}

	private MigrationFiles files(String... files) {
		return MigrationFiles.in(this.directory.resolve("release" + files.length), files);
	}

	private static void run(ApplicationContextRunner application) {
		application.run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(MigrationFiles.state(context).status()).isEqualTo(SchemaStatus.CURRENT);
		});
	}

}
