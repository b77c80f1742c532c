// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initializers;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The scripts run with the login of the migration, in the schema of the application.
 */
@FullTier
class TwoRolesIT {

	private static final String OWNERS = "SELECT DISTINCT schemaname || ' ' || tableowner FROM pg_tables "
			+ "WHERE tablename ~ '^(port|batch_|spring_session|qrtz_|int_|event_publication)'";

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	void aJobMakesTablesOfTheOwnerWhereTheApplicationFindsThem() {
		Roles roles = roles();
		// The schema is that of the pool
		String[] arguments = { "--spring.datasource.hikari.schema=harbour",
				"--spring.liquibase.url=" + this.database.getPlainUrl() };
		Harbour.run(process(roles, arguments).arguments("--migrate-only"), 0);
		serves(process(roles, arguments).onKubernetes(), roles);
	}

	@Test
	void aStartMakesTablesOfTheOwnerWhereTheApplicationFindsThem() {
		Roles roles = roles();
		// The schema is that of the role
		this.database.execute("ALTER ROLE %s SET search_path = harbour".formatted(roles.application()));
		serves(process(roles), roles);
	}

	private Roles roles() {
		Roles roles = Roles.create(this.database);
		this.database.execute("CREATE SCHEMA harbour AUTHORIZATION " + roles.owner(),
				"GRANT USAGE ON SCHEMA harbour TO " + roles.application());
		return roles;
	}

	private JavaProcess.Builder process(Roles roles, String... arguments) {
		return Harbour.process(this.database, roles.application())
			.arguments("--spring.liquibase.user=" + roles.owner(), "--spring.liquibase.password=" + Harbour.PASSWORD,
					"--spring.liquibase.default-schema=harbour")
			.arguments(arguments);
	}

	private void serves(JavaProcess.Builder builder, Roles roles) {
		try (JavaProcess process = builder.start()) {
			Harbour.useEachFeature(Harbour.awaitReady(process), "Aurora");
		}
		assertThat(this.database.query(OWNERS)).containsExactly("harbour " + roles.owner());
	}

}
