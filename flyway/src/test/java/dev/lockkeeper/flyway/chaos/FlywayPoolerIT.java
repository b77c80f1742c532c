// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway.chaos;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

import dev.lockkeeper.flyway.chaos.Runs.Outcome;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.PgBouncer;
import dev.lockkeeper.testsupport.PgBouncer.Mode;
import dev.lockkeeper.testsupport.Requirement;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Flyway behind a real PgBouncer: refused before anything is written where sessions are
 * shared, and exact where they are not.
 */
@FullTier
class FlywayPoolerIT {

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@TempDir
	Path directory;

	@BeforeAll
	static void needsPgBouncer() {
		Requirement.require("pgbouncer", PgBouncer.findProgram().isPresent() ? Optional.empty()
				: Optional.of("pgbouncer, Debian's package of that name, is not installed"));
	}

	@ParameterizedTest
	@CsvSource({ "TRANSACTION,1", "TRANSACTION,20", "STATEMENT,1", "STATEMENT,20" })
	void aRunWithoutASessionOfItsOwnIsRefused(Mode mode, int size) {
		Path location = CountedMigrations.TRANSACTIONAL.write(this.directory.resolve("migrations"));
		try (PgBouncer pooler = PgBouncer.start(this.database, mode, size)) {
			Outcome outcome = new Runs(this.directory, location, List.of()).run(pooler.getUrl());
			assertThat(outcome.code()).as(outcome.message()).isEqualTo(78);
			assertThat(outcome.message()).contains("\"retryable\":false", "spring.flyway.url");
		}
		assertThat(this.database.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).isEmpty();
	}

	@ParameterizedTest
	@EnumSource(names = { "TRANSACTIONAL", "NON_TRANSACTIONAL", "GROUP" })
	void aSessionOfItsOwnIsEnough(CountedMigrations migrations) {
		Path location = migrations.write(this.directory.resolve("migrations"));
		try (PgBouncer pooler = PgBouncer.start(this.database, Mode.SESSION, 10)) {
			Outcome outcome = new Runs(this.directory, location, migrations.getSettings()).run(pooler.getUrl());
			assertThat(outcome.code()).as(outcome.message()).isZero();
		}
		migrations.assertDone(this.database, location);
	}

}
