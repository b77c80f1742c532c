// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility;

import dev.lockkeeper.compatibility.plain.PlainApplication;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.postgresql.PostgreSQLContainer;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A user's test on a PostgreSQL of Testcontainers works with the starter; where no Docker
 * daemon answers it is skipped.
 */
@EnabledIf(value = "dockerAnswers", disabledReason = "No Docker daemon answers, and Testcontainers needs one")
@SpringBootTest(classes = PlainApplication.class, webEnvironment = WebEnvironment.NONE)
@Import(TestcontainersIT.Containers.class)
class TestcontainersIT {

	static boolean dockerAnswers() {
		return DockerClientFactory.instance().isDockerAvailable();
	}

	@Test
	void theContainerIsMigrated(@Autowired JdbcTemplate jdbc) {
		assertThat(jdbc.queryForList("select name from ship", String.class)).containsExactly("Aurora");
		assertThat(jdbc.queryForObject("select count(*) from lockkeeper_lock", Integer.class)).isPositive();
	}

	@TestConfiguration(proxyBeanMethods = false)
	static class Containers {

		@Bean
		@ServiceConnection
		PostgreSQLContainer postgres() {
			return new PostgreSQLContainer(System.getProperty("testcontainers.postgres.image", "postgres:18"));
		}

	}

}
