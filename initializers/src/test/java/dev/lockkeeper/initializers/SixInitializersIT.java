// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initializers;

import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A process that migrates makes the tables of all six script initializers.
 */
class SixInitializersIT {

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	/**
	 * Return what the JVM of each process gets.
	 */
	String[] jvmArguments() {
		return new String[0];
	}

	@Test
	void aProcessThatMigratesItselfServesEachFeature() {
		try (JavaProcess process = Harbour.process(this.database).jvmArguments(jvmArguments()).start()) {
			Harbour.useEachFeature(Harbour.awaitReady(process), "Aurora");
		}
		assertThat(Harbour.tables(this.database)).containsAll(Harbour.TABLES);
	}

}
