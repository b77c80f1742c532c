// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.nio.file.Path;

import dev.lockkeeper.app.PlainApplication;
import dev.lockkeeper.app.RestoredApplication;
import dev.lockkeeper.app.simulated.Core;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.PostgresRelay;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Processes that are restored from a checkpoint. A stand-in for the JVM calls the hooks:
 * those that take checkpoints are not for every machine.
 */
class CheckpointIT {

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final PostgresRelay relay = PostgresRelay.to(this.database);

	private final int port = Http.freePort();

	private Path changeLog;

	private Path restore;

	@BeforeEach
	void writeChangeLog() {
		this.changeLog = Applications.changeLog(this.directory.resolve("checkpoint.sql"),
				"me:one\ncreate table one (id int);");
		this.restore = this.directory.resolve("restore");
	}

	@AfterEach
	void closeRelay() {
		this.relay.close();
	}

	@Test
	void aFunctionInspectsAfterTheRestoreAndItsHookFailsWhileChangeSetsAreMissing() {
		try (JavaProcess process = function().start()) {
			process.awaitLine(Core.TAKEN, Applications.START);
			assertThat(process.getOutput()).contains(
					"lockkeeper - mode DEFER (platform AWS_LAMBDA: AWS_LAMBDA_FUNCTION_NAME is set), startup fail "
							+ "(a function: AWS_LAMBDA_FUNCTION_NAME is set), no database is touched before the checkpoint "
							+ "(AWS_LAMBDA_INITIALIZATION_TYPE is snap-start)");
			assertThat(this.relay.getRequests()).isEmpty();
			restore();
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isEqualTo(99);
			assertThat(process.getOutput()).contains("lockkeeper - the process is restored and may not serve (",
					"lacks one change set", "exit code 75)", "SchemaNotReadyException");
		}
		assertThat(this.relay.getRequests()).isNotEmpty();
	}

	@Test
	@FullTier
	void aFunctionServesAfterTheRestoreWhenTheSchemaIsThere() {
		migrate();
		try (JavaProcess process = function().start()) {
			process.awaitLine(Core.TAKEN, Applications.START);
			assertThat(this.relay.getRequests()).isEmpty();
			restore();
			process.awaitLine("lockkeeper - the schema is there", Applications.START);
			awaitReady();
			// The refresh in the background begins only now
			int inspections = this.relay.getRequests().size();
			Awaitility.await().atMost(Applications.START).until(() -> this.relay.getRequests().size() > inspections);
		}
	}

	@Test
	@FullTier
	void theHookOfAFunctionFailsWhenNoDatabaseAnswers() {
		this.relay.close();
		try (JavaProcess process = function().arguments("--lockkeeper.defer.fail-after=1s").start()) {
			process.awaitLine(Core.TAKEN, Applications.START);
			restore();
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isEqualTo(99);
			assertThat(process.getOutput()).contains("exit code 69)", "SchemaUnreadableException");
		}
	}

	@Test
	@FullTier
	void aFunctionWithoutHooksIsRefused() {
		try (JavaProcess process = JavaProcess.ofMainClassWithout(PlainApplication.class.getName(), "crac-")
			.arguments("--server.port=0", "--spring.liquibase.change-log=file:" + this.changeLog,
					"--spring.datasource.url=" + this.relay.getUrl())
			.environment("AWS_LAMBDA_FUNCTION_NAME", "harbour")
			.environment("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
			.start()) {
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isEqualTo(78);
			assertThat(process.getOutput()).contains("Add the dependency org.crac:crac");
		}
		assertThat(this.relay.getRequests()).isEmpty();
	}

	@Test
	@FullTier
	void aCheckpointDuringTheRefreshIsTakenBeforeTheProcessWaits() {
		try (JavaProcess process = process(PlainApplication.class).onKubernetes()
			.jvmArguments("-Dspring.context.checkpoint=onRefresh")
			.start()) {
			process.awaitLine(Core.TAKEN, Applications.START);
			assertThat(this.relay.getRequests()).isEmpty();
			restore();
			process.awaitLine("lockkeeper - waiting for the schema", Applications.START);
			migrate();
			process.awaitLine("lockkeeper - the schema is there", Applications.START);
			awaitReady();
		}
	}

	@Test
	@FullTier
	void aProcessThatIsRestoredDuringTheRefreshEndsWithTheCodeOfItsSchema() {
		try (JavaProcess process = process(PlainApplication.class).onKubernetes()
			.jvmArguments("-Dspring.context.checkpoint=onRefresh")
			.arguments("--lockkeeper.defer.startup=fail")
			.start()) {
			process.awaitLine(Core.TAKEN, Applications.START);
			restore();
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isEqualTo(75);
			assertThat(process.getOutput()).contains("lacks one change set");
		}
	}

	@Test
	@FullTier
	void aProcessThatMigratesItselfDoesSoAfterTheRestore() {
		try (JavaProcess process = process(PlainApplication.class).jvmArguments("-Dspring.context.checkpoint=onRefresh")
			.start()) {
			process.awaitLine(Core.TAKEN, Applications.START);
			assertThat(this.relay.getRequests()).isEmpty();
			restore();
			process.awaitLine("lockkeeper - migrated", Applications.START);
			awaitReady();
		}
		assertThat(this.database.query("SELECT id FROM databasechangelog")).containsExactly("one");
	}

	@Test
	@FullTier
	void aProcessOfWhichACheckpointIsTakenOnDemandEndsWithTheCodeOfItsSchema() {
		try (JavaProcess process = process(RestoredApplication.class).onKubernetes()
			.jvmArguments("-XX:+IgnoreUnrecognizedVMOptions", "-XX:CRaCCheckpointTo=" + this.directory.resolve("image"))
			.arguments("--lockkeeper.defer.startup=fail")
			.start()) {
			process.awaitLine(Core.TAKEN, Applications.START);
			assertThat(this.relay.getRequests()).isEmpty();
			restore();
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isEqualTo(75);
		}
	}

	private void restore() {
		Applications.write(this.restore, "");
	}

	private void migrate() {
		try (JavaProcess migrating = Applications.migrateOnly(this.changeLog, this.database)) {
			assertThat(migrating.awaitExit(Applications.START)).as(migrating::getOutput).isZero();
		}
	}

	private JavaProcess.Builder function() {
		return process(RestoredApplication.class).environment("AWS_LAMBDA_FUNCTION_NAME", "harbour")
			.environment("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
			.arguments("--lockkeeper.readiness.refresh-interval=1s");
	}

	private JavaProcess.Builder process(Class<?> application) {
		return JavaProcess.ofMainClass(application.getName())
			.arguments("--server.port=" + this.port, "--spring.main.banner-mode=off",
					"--spring.liquibase.change-log=file:" + this.changeLog,
					"--spring.datasource.url=" + this.relay.getUrl())
			.jvmArguments("-D%s=%s".formatted(Core.PROPERTY, Core.class.getPackageName()),
					"-D%s=%s".formatted(Core.FILE, this.restore));
	}

	// A server that has been restored listens once more, and so its port must be known
	private void awaitReady() {
		Awaitility.await()
			.atMost(Applications.START)
			.ignoreExceptions()
			.until(() -> Http.get(this.port, "/actuator/health/readiness").status() == 200);
	}

}
