// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility;

import java.sql.SQLException;

import dev.lockkeeper.compatibility.plain.PlainApplication;
import dev.lockkeeper.migration.MigrationFailedException;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestContextManager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * A user's test that runs in a pod migrates its database itself, and never ends the JVM.
 */
@SpringBootTest(classes = PlainApplication.class, webEnvironment = WebEnvironment.NONE)
class SpringBootTestIT {

	private static final TestDatabase database = TestPostgres.shared().createDatabase();

	private final ModeDecision decision;

	private final JdbcTemplate jdbc;

	SpringBootTestIT(@Autowired ModeDecision decision, @Autowired JdbcTemplate jdbc) {
		this.decision = decision;
		this.jdbc = jdbc;
	}

	@DynamicPropertySource
	static void database(DynamicPropertyRegistry registry) {
		registry.add("spring.datasource.url", database::getUrl);
	}

	@Test
	void migratesItselfInAPod() {
		assertThat(System.getenv()).as("the environment of a pod").containsKey("KUBERNETES_SERVICE_HOST");
		assertThat(this.decision.mode()).isEqualTo(Mode.SELF);
		assertThat(this.decision.platform()).isTrue();
		assertThat(this.jdbc.queryForList("select name from ship", String.class)).containsExactly("Aurora");
	}

	@Test
	void aFailedMigrationFailsTheTestAndNotTheJvm() {
		assertThatThrownBy(() -> new TestContextManager(Broken.class).prepareTestInstance(new Broken()))
			.hasRootCauseInstanceOf(SQLException.class)
			.hasStackTraceContaining(MigrationFailedException.class.getName());
	}

	@SpringBootTest(classes = PlainApplication.class, webEnvironment = WebEnvironment.NONE,
			properties = { "spring.liquibase.change-log=classpath:db/changelog/broken.sql",
					"lockkeeper.termination-message-path=target/verdict" })
	static class Broken {

		@DynamicPropertySource
		static void database(DynamicPropertyRegistry registry) {
			registry.add("spring.datasource.url", TestPostgres.shared().createDatabase()::getUrl);
		}

	}

}
