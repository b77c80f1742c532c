// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.util.Properties;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * How connections to PostgreSQL are opened.
 */
class PostgreSqlTests {

	@Test
	void connectionsAreKeptAliveUnlessTheUserSetsOtherwise() {
		Properties mine = new Properties();
		mine.setProperty("ssl", "true");
		assertThat(PostgreSql.keepAlive("jdbc:postgresql://db/harbour", mine)).containsEntry("ssl", "true")
			.containsEntry("tcpKeepAlive", "true");
		assertThat(mine).containsOnlyKeys("ssl");
		mine.setProperty("tcpKeepAlive", "false");
		assertThat(PostgreSql.keepAlive("jdbc:postgresql://db/harbour", mine)).containsEntry("tcpKeepAlive", "false");
		assertThat(PostgreSql.keepAlive("jdbc:mariadb://db/harbour", null)).isEmpty();
	}

}
