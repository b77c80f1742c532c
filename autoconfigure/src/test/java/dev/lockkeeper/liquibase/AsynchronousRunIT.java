// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

import javax.sql.DataSource;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.ExitStrategy;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import liquibase.integration.spring.SpringLiquibase;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.env.SimpleCommandLinePropertySource;
import org.springframework.core.task.SimpleAsyncTaskExecutor;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A subclass of {@link SpringLiquibase} that migrates on a thread of its own: its run is
 * governed as any other is, and the process is not ready before it is over.
 */
@FullTier
@ExtendWith(OutputCaptureExtension.class)
class AsynchronousRunIT {

	private static final String ONE = "me:one\ncreate table one (id int primary key);";

	private static final String SEEN = "me:seen\ncreate table seen as select locked_by, lock_until > "
			+ "timezone('utc', now()) as held from lockkeeper_lock;";

	private static final String BAD = "me:bad\ncreate table half (id int);\ncreate wrong;";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@ParameterizedTest
	@EnumSource
	void theRunHoldsTheLeaseAndTheProcessIsReadyWhenItIsOver(Threads threads, CapturedOutput output) {
		runner(threads, ONE, SEEN).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean(SchemaGate.class).isOpen()).isTrue();
			assertThat(context.getBean(SchemaGate.class).getStates().values())
				.allSatisfy((state) -> assertThat(state.status()).isEqualTo(SchemaStatus.CURRENT));
			assertThat(context.getBean(AsynchronousLiquibase.class).over.await(1, TimeUnit.MINUTES)).isTrue();
			assertThat(context.getBean(SpringLiquibase.class).getDataSource())
				.isSameAs(context.getBean(DataSource.class));
		});
		assertThat(this.database.query("SELECT held FROM seen")).containsExactly("t");
		assertThat(this.database.query("SELECT status || ' ' || applied FROM lockkeeper_run"))
			.containsExactly("DONE 2");
		assertThat(this.database.query("SELECT locked FROM databasechangeloglock")).containsExactly("f");
		// Change set and row are of one transaction
		assertThat(this.database.query("SELECT c.xmin = t.xmin FROM databasechangelog c JOIN pg_class t ON t.relname = "
				+ "c.id WHERE c.id = 'one'"))
			.containsExactly("t");
		assertThat(output).contains("lockkeeper - migrated (schema liquibase, CURRENT, 2 change sets applied");
		this.database.awaitNoSessions();
	}

	@ParameterizedTest
	@EnumSource
	void aRunThatFailsEndsTheStart(Threads threads, CapturedOutput output) {
		LockkeeperException failure = failure(runner(threads, ONE, BAD));
		assertThat(failure.getStatus()).isEqualTo(ExitStatus.MIGRATION);
		assertThat(failure).hasMessageContaining("::bad::me failed: ERROR: syntax error");
		assertThat(failure.toVerdict().applied()).isOne();
		assertThat(this.database.query("SELECT id FROM databasechangelog")).containsExactly("one");
		assertThat(this.database.query("SELECT tablename FROM pg_tables WHERE tablename = 'half'")).isEmpty();
		assertThat(this.database.query("SELECT status || ' ' || code || ' ' || applied FROM lockkeeper_run"))
			.containsExactly("MIGRATION 70 1");
		assertThat(output).doesNotContain("lockkeeper - migrated");
	}

	@ParameterizedTest
	@EnumSource
	void anEmbeddedDatabaseIsThereWhenTheStartGoesOn(Threads threads) {
		runner(threads, ONE).withPropertyValues("spring.datasource.url=jdbc:h2:mem:asynchronous" + threads)
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(context.getBean(SchemaGate.class).isOpen()).isTrue();
			});
	}

	@Test
	void aPreconditionThatHaltsEndsTheStart() {
		LockkeeperException failure = failure(runner(Threads.EXECUTOR, ONE,
				"me:halt\n--preconditions onFail:HALT\n--precondition-sql-check expectedResult:1 select 0\nselect 1;"));
		assertThat(failure.getStatus()).isEqualTo(ExitStatus.CHANGELOG);
		assertThat(failure).hasMessageContaining("SQL Precondition failed");
	}

	@Test
	void anEditedChangeSetEndsTheStart() {
		runner(Threads.EXECUTOR, ONE).run((context) -> assertThat(context).hasNotFailed());
		LockkeeperException failure = failure(
				runner(Threads.EXECUTOR, "me:one\ncreate table one (id bigint primary key);"));
		assertThat(failure.getStatus()).isEqualTo(ExitStatus.CHANGELOG);
		assertThat(failure).hasMessageContaining("::one::me");
	}

	@Test
	void theLockOfAnotherLiquibaseIsWaitedForAndEndsTheStart() {
		runner(Threads.EXECUTOR, ONE).run((context) -> assertThat(context).hasNotFailed());
		this.database.execute(
				"UPDATE databasechangeloglock SET locked = true, lockgranted = now(), lockedby = 'gone (10.0.0.1)'");
		LockkeeperException failure = failure(
				runner(Threads.EXECUTOR, ONE, SEEN).withPropertyValues("lockkeeper.lock.wait-timeout=1s"));
		assertThat(failure.getStatus()).isEqualTo(ExitStatus.TEMPORARY);
		assertThat(failure).hasMessageContaining("gone (10.0.0.1)");
		assertThat(this.database.query("SELECT id FROM databasechangelog")).containsExactly("one");
	}

	@Test
	void aChangeSetThatIsNotValidEndsTheStart() throws IOException {
		LockkeeperException failure = failure(of(Threads.EXECUTOR::create, new AtomicReference<>(),
				"file:" + Files.writeString(this.directory.resolve("incomplete.yaml"), """
						databaseChangeLog:
						  - changeSet:
						      id: incomplete
						      author: me
						      changes:
						        - createTable:
						            columns:
						              - column: {name: id, type: int}
						""")));
		assertThat(failure.getStatus()).isEqualTo(ExitStatus.CHANGELOG);
		assertThat(failure).hasMessageContaining("tableName is required");
	}

	@Test
	void aLockTableThatMayNotBeWrittenEndsTheStart() {
		runner(Threads.EXECUTOR, ONE).run((context) -> assertThat(context).hasNotFailed());
		String role = this.database.getServer().createRole("secret");
		this.database.execute("GRANT USAGE, CREATE ON SCHEMA public TO " + role,
				"GRANT ALL ON ALL TABLES IN SCHEMA public TO " + role,
				"REVOKE UPDATE, INSERT ON databasechangeloglock FROM " + role);
		LockkeeperException failure = failure(runner(Threads.EXECUTOR, ONE, SEEN).withPropertyValues(
				"spring.datasource.url=" + this.database.getPlainUrl(), "spring.datasource.username=" + role,
				"spring.datasource.password=secret"));
		assertThat(failure.getStatus()).isEqualTo(ExitStatus.PERMISSION);
		assertThat(failure).hasMessageContaining("databasechangeloglock");
	}

	@Test
	void aRunThatTakesTooLongIsStoppedAndReleasesTheLockOfLiquibase() {
		LockkeeperException failure = failure(runner(Threads.EXECUTOR, ONE, "me:long\nselect pg_sleep(300);")
			.withPropertyValues("lockkeeper.max-duration=15s", "lockkeeper.shutdown-grace=0s"));
		assertThat(failure.getStatus()).isEqualTo(ExitStatus.TEMPORARY);
		assertThat(failure).hasMessageContaining("lockkeeper.max-duration was reached");
		assertThat(this.database.query("SELECT locked FROM databasechangeloglock")).containsExactly("f");
		this.database.awaitNoSessions();
	}

	@ParameterizedTest
	@EnumSource
	void migrateOnlyEndsWhenTheRunIsOver(Threads threads) {
		assertThat(migrateOnly(runner(threads, ONE, SEEN))).contains("\"code\":0", "2 change sets applied");
		assertThat(this.database.query("SELECT held FROM seen")).containsExactly("t");
		assertThat(migrateOnly(runner(threads, ONE, SEEN, BAD))).contains("\"code\":70", "::bad::me");
	}

	@Test
	void deferWaitsAndNeverRuns() {
		AtomicInteger handed = new AtomicInteger();
		ApplicationContextRunner defer = runner(() -> (task) -> handed.incrementAndGet(), ONE)
			.withPropertyValues("lockkeeper.mode=defer", "lockkeeper.defer.wait-timeout=1s");
		assertThat(failure(defer).getStatus()).isEqualTo(ExitStatus.TEMPORARY);
		runner(Threads.EXECUTOR, ONE).run((context) -> assertThat(context).hasNotFailed());
		defer.run((context) -> assertThat(context).hasNotFailed());
		assertThat(handed).hasValue(0);
	}

	@Test
	void statusRunsNothing() {
		AtomicInteger handed = new AtomicInteger();
		assertThat(migrateOnly(withCommand("--status", runner(() -> (task) -> handed.incrementAndGet(), ONE))))
			.contains("\"code\":4");
		assertThat(handed).hasValue(0);
		assertThat(this.database.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).isEmpty();
	}

	@ParameterizedTest
	@EnumSource
	void theDryRunWritesWhatTheRunWouldDo(Threads threads, CapturedOutput output) throws Exception {
		AtomicReference<@Nullable AsynchronousLiquibase> bean = new AtomicReference<>();
		assertThat(migrateOnly(withCommand("--dry-run", runner(threads::create, bean, ONE)))).contains("\"code\":0");
		assertThat(output.getOut()).contains("create table one (id int primary key);");
		assertThat(Objects.requireNonNull(bean.get()).over.await(1, TimeUnit.MINUTES)).isTrue();
		assertThat(this.database.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).isEmpty();
	}

	private static LockkeeperException failure(ApplicationContextRunner runner) {
		AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();
		runner.run((context) -> failed.set(context.getStartupFailure()));
		return Objects.requireNonNull(LockkeeperException.findIn(failed.get()), () -> "no failure: " + failed.get());
	}

	private String migrateOnly(ApplicationContextRunner runner) {
		Path verdict = this.directory.resolve("verdict");
		runner.withBean(ExitStrategy.class, () -> (code) -> {
		})
			.withPropertyValues("lockkeeper.mode=migrate-only", "lockkeeper.termination-message-path=" + verdict)
			.run((context) -> assertThat(context).hasFailed());
		try {
			return Files.readString(verdict);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static ApplicationContextRunner withCommand(String question, ApplicationContextRunner runner) {
		return runner.withInitializer((context) -> context.getEnvironment()
			.getPropertySources()
			.addFirst(new SimpleCommandLinePropertySource(question)));
	}

	private ApplicationContextRunner runner(Threads threads, String... changeSets) {
		return runner(threads::create, changeSets);
	}

	private ApplicationContextRunner runner(Supplier<Executor> executor, String... changeSets) {
		return runner(executor, new AtomicReference<>(), changeSets);
	}

	private ApplicationContextRunner runner(Supplier<Executor> executor,
			AtomicReference<@Nullable AsynchronousLiquibase> created, String... changeSets) {
		return of(executor, created, write(changeSets));
	}

	private ApplicationContextRunner of(Supplier<Executor> executor,
			AtomicReference<@Nullable AsynchronousLiquibase> created, String changeLog) {
		return new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(LockkeeperAutoConfiguration.class, DataSourceAutoConfiguration.class))
			.withPropertyValues("spring.datasource.url=" + this.database.getUrl(),
					"lockkeeper.database-wait=" + Duration.ofSeconds(30))
			.withInitializer((context) -> ((GenericApplicationContext) context).registerBean("liquibase",
					AsynchronousLiquibase.class, () -> {
						AsynchronousLiquibase liquibase = new AsynchronousLiquibase(executor.get());
						liquibase.setDataSource(context.getBean(DataSource.class));
						liquibase.setChangeLog(changeLog);
						created.set(liquibase);
						return liquibase;
					}));
	}

	private String write(String... changeSets) {
		try {
			return "file:" + Files.writeString(this.directory.resolve("asynchronous.sql"),
					"--liquibase formatted sql\n\n--changeset " + String.join("\n\n--changeset ", changeSets) + "\n");
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Where the run comes from.
	 */
	enum Threads {

		/** A task executor of Spring. */
		EXECUTOR {

			@Override
			Executor create() {
				return new SimpleAsyncTaskExecutor("async-");
			}

		},

		/** A pool whose thread was there before, and inherits nothing. */
		POOL {

			@Override
			Executor create() {
				Executor pool = Executors.newSingleThreadExecutor((task) -> {
					Thread thread = new Thread(task, "async-pool");
					thread.setDaemon(true);
					return thread;
				});
				pool.execute(() -> {
				});
				return pool;
			}

		},

		/** A thread of its own. */
		THREAD {

			@Override
			Executor create() {
				return (task) -> new Thread(task, "async-thread").start();
			}

		};

		abstract Executor create();

	}

}
