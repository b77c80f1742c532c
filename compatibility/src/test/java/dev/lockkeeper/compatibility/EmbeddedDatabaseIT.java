// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility;

import java.sql.Connection;
import java.sql.SQLException;

import javax.sql.DataSource;

import dev.lockkeeper.compatibility.jpa.JpaApplication;
import dev.lockkeeper.compatibility.jpa.Ship;
import dev.lockkeeper.compatibility.jpa.Ships;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A user's test on H2 works with the starter.
 */
@SpringBootTest(classes = JpaApplication.class, webEnvironment = WebEnvironment.NONE,
		properties = "spring.jpa.hibernate.ddl-auto=validate")
class EmbeddedDatabaseIT {

	private final DataSource dataSource;

	private final Ships ships;

	EmbeddedDatabaseIT(@Autowired DataSource dataSource, @Autowired Ships ships) {
		this.dataSource = dataSource;
		this.ships = ships;
	}

	@Test
	void isMigrated() throws SQLException {
		try (Connection connection = this.dataSource.getConnection()) {
			assertThat(connection.getMetaData().getDatabaseProductName()).isEqualTo("H2");
		}
		assertThat(this.ships.findAll()).extracting(Ship::getName).containsExactly("Aurora");
	}

}
