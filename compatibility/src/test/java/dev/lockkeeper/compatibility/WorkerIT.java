// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility;

import java.util.concurrent.CompletableFuture;

import dev.lockkeeper.compatibility.plain.PlainApplication;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A worker, which has no web server, and creates its beans only on demand, starts with
 * its schema.
 */
@ExtendWith(OutputCaptureExtension.class)
class WorkerIT {

	private static final String[] WORKER = { "--spring.main.web-application-type=none",
			"--spring.main.lazy-initialization=true" };

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	void migratesWithoutABeanThatNeedsIt(CapturedOutput output) {
		try (ConfigurableApplicationContext context = Contexts.run(PlainApplication.class, this.database, WORKER[0],
				WORKER[1], "--lockkeeper.mode=self")) {
			assertThat(context).isNotInstanceOf(WebServerApplicationContext.class);
			assertThat(this.database.query("SELECT name FROM ship")).containsExactly("Aurora");
			assertThat(output).contains("lockkeeper - migrated");
		}
	}

	@Test
	void waitsForTheSchemaWithoutABeanThatNeedsIt(CapturedOutput output) {
		CompletableFuture<ConfigurableApplicationContext> starting = Contexts.start(PlainApplication.class,
				this.database, WORKER);
		Awaitility.await()
			.atMost(Contexts.START)
			.until(() -> output.getOut().contains("lockkeeper - waiting for the schema (schema liquibase"));
		assertThat(starting).isNotDone();
		assertThat(this.database.query("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"))
			.isEmpty();
		Contexts.migrate(this.database);
		try (ConfigurableApplicationContext context = starting.join()) {
			assertThat(context.isRunning()).isTrue();
			assertThat(context.getBean(SchemaGate.class).isOpen()).isTrue();
			assertThat(this.database.query("SELECT run_mode FROM lockkeeper_run")).as("the process that migrated")
				.containsExactly("SELF");
		}
	}

}
