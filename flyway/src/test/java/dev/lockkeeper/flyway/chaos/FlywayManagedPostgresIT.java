// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway.chaos;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import dev.lockkeeper.flyway.chaos.Runs.Outcome;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Flyway on a server that gives a login less than a superuser has.
 */
@FullTier
class FlywayManagedPostgresIT {

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final String login = TestPostgres.shared().createRole("secret");

	@TempDir
	Path directory;

	@ParameterizedTest
	@EnumSource(names = { "TRANSACTIONAL", "NON_TRANSACTIONAL", "GROUP" })
	void theOwnerOfTheDatabaseMigrates(CountedMigrations migrations) {
		ownDatabase();
		Path location = migrations.write(this.directory.resolve("migrations"));
		succeed(location, this.login, migrations.getSettings());
		migrations.assertDone(this.database, location);
	}

	@ParameterizedTest
	@ValueSource(strings = { "SELECT ON pg_catalog.pg_roles, pg_catalog.pg_database",
			"EXECUTE ON FUNCTION pg_catalog.pg_stat_get_activity(integer)" })
	void aServerThatHidesWhatOthersDoIsMigrated(String hidden) {
		ownDatabase();
		this.database.execute("REVOKE %s FROM PUBLIC".formatted(hidden));
		Path location = CountedMigrations.NON_TRANSACTIONAL.write(this.directory.resolve("migrations"));
		succeed(location, this.login, List.of());
		CountedMigrations.NON_TRANSACTIONAL.assertDone(this.database, location);
	}

	@Test
	void theTimeoutsOfTheLoginDoNotEndAMigration() {
		ownDatabase();
		for (String timeout : List.of("statement_timeout = '500ms'", "idle_in_transaction_session_timeout = '500ms'",
				"idle_session_timeout = '1min'")) {
			this.database.execute("ALTER ROLE %s SET %s".formatted(this.login, timeout));
		}
		Path location = CountedMigrations.write(this.directory.resolve("migrations"),
				Map.of("V1__slow.sql", """
						create table seen as select current_setting('statement_timeout') || ' '
						|| current_setting('idle_in_transaction_session_timeout') as timeouts;
						select pg_sleep(2);
						""", "V2__apart.sql",
						"select pg_sleep(2);\ncreate index concurrently seen_timeouts on seen (timeouts);\n",
						"V2__apart.sql.conf", "executeInTransaction=false\n"));
		succeed(location, this.login, List.of());
		assertThat(this.database.query("SELECT timeouts FROM seen")).containsExactly("0 0");
		assertThat(this.database.query("SELECT script FROM flyway_schema_history WHERE success ORDER BY 1"))
			.containsExactly("V1__slow.sql", "V2__apart.sql");
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void whateverLoginMigratesEverythingBelongsToTheOwner(boolean inherits) {
		String owner = TestPostgres.shared().createRole("secret");
		String second = TestPostgres.shared().createRole("secret");
		this.database.execute("GRANT CREATE ON SCHEMA public TO " + owner);
		for (String each : List.of(this.login, second)) {
			this.database.execute("ALTER ROLE %s %s".formatted(each, inherits ? "INHERIT" : "NOINHERIT"),
					"GRANT %s TO %s".formatted(owner, each), "ALTER ROLE %s SET role = '%s'".formatted(each, owner));
		}
		Path location = CountedMigrations.NON_TRANSACTIONAL.write(this.directory.resolve("migrations"));
		succeed(location, this.login, List.of("spring.flyway.target=2"));
		succeed(location, second, List.of("spring.flyway.target=3"));
		succeed(location, this.login, List.of());
		assertThat(this.database.query("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"))
			.containsExactly(owner);
		CountedMigrations.NON_TRANSACTIONAL.assertDone(this.database, location);
	}

	@Test
	void aLoginWithTheRightsOfTheOneBeforeGoesOn() {
		ownDatabase();
		Path location = CountedMigrations.NON_TRANSACTIONAL.write(this.directory.resolve("migrations"));
		succeed(location, this.login, List.of("spring.flyway.target=2"));
		String next = TestPostgres.shared().createRole("secret");
		this.database.execute("GRANT %s TO %s".formatted(this.login, next));
		succeed(location, next, List.of());
		CountedMigrations.NON_TRANSACTIONAL.assertDone(this.database, location);
	}

	private void ownDatabase() {
		this.database.execute("ALTER DATABASE %s OWNER TO %s".formatted(this.database.getName(), this.login));
	}

	private void succeed(Path location, String as, List<String> settings) {
		Outcome outcome = new Runs(this.directory, location, settings).run(this.database.getPlainUrl(),
				"spring.datasource.username=" + as, "spring.datasource.password=secret");
		assertThat(outcome.code()).as(outcome.message()).isZero();
	}

}
