// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import dev.lockkeeper.compatibility.jooq.JooqApplication;
import dev.lockkeeper.compatibility.jpa.JpaApplication;
import dev.lockkeeper.compatibility.jpa.Ship;
import dev.lockkeeper.compatibility.jpa.Ships;
import dev.lockkeeper.compatibility.quartz.QuartzApplication;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.SampledCases;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.quartz.Scheduler;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Libraries that need the schema while the application starts find it.
 */
@ExtendWith(OutputCaptureExtension.class)
class PersistenceIT {

	private static final String[] SETTINGS = { "--spring.main.web-application-type=none",
			"--spring.jpa.hibernate.ddl-auto=validate" };

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@ParameterizedTest
	@ValueSource(classes = { JpaApplication.class, JooqApplication.class, QuartzApplication.class })
	@FullTier
	void findTheSchemaThatTheProcessItselfMigrates(Class<?> application) {
		try (ConfigurableApplicationContext context = Contexts.run(application, this.database,
				with(Contexts.OFF_ANY_PLATFORM))) {
			assertThat(context.getBean(ModeDecision.class).mode()).isEqualTo(Mode.SELF);
			assertThatTheSchemaIsUsed(context);
		}
	}

	@ParameterizedTest
	@SampledCases
	@ValueSource(classes = { JpaApplication.class, JooqApplication.class, QuartzApplication.class })
	@FullTier
	void waitForTheSchemaThatAnotherProcessMigrates(Class<?> application, CapturedOutput output) {
		CompletableFuture<ConfigurableApplicationContext> starting = Contexts.start(application, this.database, with());
		Awaitility.await()
			.atMost(Contexts.START)
			.until(() -> starting.isDone() || output.getAll().contains("lockkeeper - waiting for the schema"));
		assertThat(starting).isNotDone();
		assertThat(this.database.query("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))
			.containsExactly("0");
		Contexts.migrate(this.database);
		try (ConfigurableApplicationContext context = starting.orTimeout(2, TimeUnit.MINUTES).join()) {
			assertThat(context.getBean(ModeDecision.class).mode()).isEqualTo(Mode.DEFER);
			assertThatTheSchemaIsUsed(context);
		}
	}

	@Test
	@FullTier
	void findTheSchemaAlsoWhenBeansAreLazy() {
		try (ConfigurableApplicationContext context = Contexts.run(JpaApplication.class, this.database,
				with(Contexts.OFF_ANY_PLATFORM, "--spring.main.lazy-initialization=true"))) {
			assertThatTheSchemaIsUsed(context);
		}
	}

	private void assertThatTheSchemaIsUsed(ConfigurableApplicationContext context) {
		context.getBeanProvider(Ships.class)
			.ifAvailable((ships) -> assertThat(ships.findAll()).extracting(Ship::getName).containsExactly("Aurora"));
		context.getBeanProvider(JooqApplication.Fleet.class)
			.ifAvailable((fleet) -> assertThat(fleet.names()).containsExactly("Aurora"));
		boolean quartz = context.getBeanProvider(Scheduler.class).getIfAvailable() != null;
		assertThat(this.database.query("SELECT job_name FROM qrtz_job_details"))
			.isEqualTo(quartz ? List.of("inspection") : List.of());
	}

	private static String[] with(String... more) {
		return Stream.of(SETTINGS, more).flatMap(Arrays::stream).toArray(String[]::new);
	}

}
