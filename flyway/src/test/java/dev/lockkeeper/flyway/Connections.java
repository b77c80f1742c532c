// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.testsupport.TestDatabase;

import org.springframework.jdbc.datasource.DriverManagerDataSource;

/**
 * Connections to a database of a test.
 */
final class Connections {

	private Connections() {
	}

	static OwnConnections of(TestDatabase database) {
		return OwnConnections.of(new DriverManagerDataSource(database.getUrl()), "lockkeeper test");
	}

}
