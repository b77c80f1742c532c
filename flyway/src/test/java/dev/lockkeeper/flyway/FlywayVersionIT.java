// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import org.flywaydb.core.internal.license.VersionPrinter;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The tests run with the Flyway that the build asks for.
 */
class FlywayVersionIT {

	/** The one that Spring Boot manages. */
	private static final String MANAGED = "12.4.0";

	@Test
	void theVersionIsTheOneThatTheBuildAsksFor() {
		assertThat(VersionPrinter.getVersion()).isEqualTo(System.getProperty("tested.flyway", MANAGED));
	}

}
