// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility;

import java.io.IOException;
import java.nio.file.Path;

import dev.lockkeeper.compatibility.plain.PlainApplication;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A library that takes Liquibase's lock away from each application it is in: the lock
 * service of Keycloak takes none, and has the highest priority that there is.
 */
@FullTier
class OtherLockServiceIT {

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	void theLockIsTakenAllTheSameBesideKeycloakAndItIsSaid() throws IOException {
		try (JavaProcess process = JavaProcess
			.ofMainClassWith(PlainApplication.class.getName(), "devtools|webflux|testcontainers",
					Contexts.jarsOf("keycloak.directory").toArray(Path[]::new))
			.database(this.database)
			.arguments("--migrate-only")
			.start()) {
			assertThat(process.awaitExit(Contexts.START)).as(process::getOutput).isZero();
			assertThat(process.getStory()).anySatisfy((line) -> assertThat(line).contains("WARN",
					"the lock of this run is Liquibase's own table",
					"not org.keycloak.connections.jpa.updater.liquibase.lock.DummyLockService of keycloak-model-jpa-"));
		}
		assertThat(this.database.query("SELECT name FROM ship")).containsExactly("Aurora");
		// Keycloak's own service creates no table
		assertThat(this.database.query("SELECT id || ' ' || locked FROM databasechangeloglock"))
			.containsExactly("1 false");
	}

}
