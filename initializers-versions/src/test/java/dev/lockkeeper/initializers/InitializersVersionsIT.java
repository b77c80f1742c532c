// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initializers;

import dev.lockkeeper.testsupport.FullTier;
import org.junit.jupiter.api.Test;

import org.springframework.boot.SpringBootVersion;
import org.springframework.boot.batch.jdbc.autoconfigure.BatchJdbcAutoConfiguration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The six initializers of another Spring Boot than that of the build.
 */
@FullTier
class InitializersVersionsIT extends SixInitializersIT {

	@Test
	void springBootIsTheSelectedOne() {
		String version = System.getProperty("tested.spring-boot");
		assertThat(SpringBootVersion.getVersion()).isEqualTo(version);
		assertThat(BatchJdbcAutoConfiguration.class.getProtectionDomain().getCodeSource().getLocation().getPath())
			.endsWith("-" + version + ".jar");
	}

}
