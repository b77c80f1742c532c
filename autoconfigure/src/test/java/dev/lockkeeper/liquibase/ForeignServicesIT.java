// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import liquibase.Scope;
import liquibase.changelog.ChangeLogHistoryService;
import liquibase.changelog.ChangeLogHistoryServiceFactory;
import liquibase.changelog.StandardChangeLogHistoryService;
import liquibase.database.Database;
import liquibase.lockservice.LockService;
import liquibase.lockservice.LockServiceFactory;
import liquibase.lockservice.StandardLockService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Libraries that bring a lock service or a history service of their own to Liquibase.
 */
@ExtendWith(OutputCaptureExtension.class)
class ForeignServicesIT {

	private static final String HELD = "CREATE TABLE databasechangeloglock (id INTEGER NOT NULL, "
			+ "locked BOOLEAN NOT NULL, lockgranted TIMESTAMP WITHOUT TIME ZONE, lockedby VARCHAR(255), "
			+ "CONSTRAINT databasechangeloglock_pkey PRIMARY KEY (id)); "
			+ "INSERT INTO databasechangeloglock VALUES (1, true, now(), 'pod-7 (10.9.8.7)')";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final ClassLoader classLoader = Thread.currentThread().getContextClassLoader();

	@BeforeEach
	@AfterEach
	void reset() {
		Thread.currentThread().setContextClassLoader(this.classLoader);
		LockServiceFactory.getInstance().resetAll();
		Scope.getCurrentScope().getSingleton(ChangeLogHistoryServiceFactory.class).resetAll();
	}

	@Test
	@FullTier
	void aLockServiceOfTheHighestPriorityDoesNotLetARunGoBeforeStockLiquibase(CapturedOutput output) {
		bring(LockService.class, NoLock.class);
		this.database.execute(HELD);
		run((context) -> assertThat(LockkeeperException.findIn(context.getStartupFailure()))
			.isInstanceOfSatisfying(LockkeeperException.class, (failure) -> {
				assertThat(failure.getStatus()).isEqualTo(ExitStatus.TEMPORARY);
				assertThat(failure.getMessage()).contains("databasechangeloglock was still held by pod-7");
			}), "lockkeeper.lock.wait-timeout=0s");
		assertThat(this.database.query("SELECT to_regclass('one')")).containsExactly("null");
		assertThat(output).containsPattern("WARN.*lockkeeper - the lock of this run is .*NoLock.*schema liquibase");
	}

	@Test
	void aRunThatDropsEverythingAndTestsItsRollbackKeepsItsLockBesideAnotherLockService() {
		bring(LockService.class, NoLock.class);
		run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(this.database.query("SELECT to_regclass('one')")).containsExactly("one");
			assertThat(this.database.query("SELECT locked FROM databasechangeloglock")).containsExactly("f");
		}, "spring.liquibase.drop-first=true", "spring.liquibase.test-rollback-on-update=true");
	}

	@Test
	void aLockServiceThatWasRegisteredByHandIsRefused() {
		LockServiceFactory.getInstance().register(new NoLock());
		run((context) -> assertRefused(context, "its lock from " + NoLock.class.getName()));
	}

	@Test
	void aHistoryServiceWithPrecedenceIsRefused() {
		Scope.getCurrentScope().getSingleton(ChangeLogHistoryServiceFactory.class).register(new FirstHistory());
		run((context) -> assertRefused(context, "its history from " + FirstHistory.class.getName()));
	}

	@Test
	void aHistoryServiceOfALowerPriorityIsIgnoredAndNamed(CapturedOutput output) {
		bring(ChangeLogHistoryService.class, OtherHistory.class);
		run((context) -> assertThat(context).hasNotFailed());
		assertThat(this.database.query("SELECT id FROM databasechangelog")).containsExactly("one");
		assertThat(output)
			.containsPattern("WARN.*lockkeeper - the history of this run is .*OtherHistory.*schema liquibase");
	}

	private void assertRefused(AssertableApplicationContext context, String message) {
		assertThat(LockkeeperException.findIn(context.getStartupFailure()))
			.isInstanceOfSatisfying(LockkeeperException.class, (failure) -> {
				assertThat(failure.getStatus()).isEqualTo(ExitStatus.CONFIG);
				assertThat(failure.getMessage()).contains("Bean liquibase", message);
				assertThat(failure.getAction()).contains("class path");
			});
		assertThat(this.database.query("SELECT coalesce(to_regclass('one'), to_regclass('databasechangelog'))"))
			.containsExactly("null");
	}

	private <T> void bring(Class<T> type, Class<? extends T> service) {
		Path services = this.directory.resolve("META-INF/services");
		try {
			Files.createDirectories(services);
			Files.writeString(services.resolve(type.getName()), service.getName());
			Thread.currentThread()
				.setContextClassLoader(
						new URLClassLoader(new URL[] { this.directory.toUri().toURL() }, this.classLoader));
		}
		catch (MalformedURLException ex) {
			throw new IllegalStateException(ex);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private void run(Consumer<AssertableApplicationContext> consumer, String... properties) {
		Path changeLog = this.directory.resolve("one.sql");
		try {
			Files.writeString(changeLog, """
					--liquibase formatted sql

					--changeset me:one
					create table one (id int primary key);
					--rollback drop table one;
					""");
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class,
					LiquibaseAutoConfiguration.class, DataSourceAutoConfiguration.class))
			.withClassLoader(Thread.currentThread().getContextClassLoader())
			.withPropertyValues("spring.datasource.url=" + this.database.getUrl(),
					"spring.liquibase.change-log=file:" + changeLog)
			.withPropertyValues(properties)
			.run(consumer::accept);
	}

	/**
	 * Takes no lock, as that of Keycloak.
	 */
	public static class NoLock extends StandardLockService {

		@Override
		public int getPriority() {
			return Integer.MAX_VALUE;
		}

		@Override
		public void init() {
			// Nothing
		}

		@Override
		public void waitForLock() {
			// Nothing
		}

		@Override
		public void releaseLock() {
			// Nothing
		}

	}

	/**
	 * A history as Liquibase's own.
	 */
	public static class OtherHistory extends StandardChangeLogHistoryService {

		@Override
		public boolean supports(Database database) {
			return true;
		}

		@Override
		public int getPriority() {
			return 1_000;
		}

	}

	/**
	 * Has the highest priority, and a name that comes before that of Lockkeeper's:
	 * Liquibase goes by names then.
	 */
	public static class FirstHistory extends OtherHistory {

		@Override
		public int getPriority() {
			return Integer.MAX_VALUE;
		}

	}

}
