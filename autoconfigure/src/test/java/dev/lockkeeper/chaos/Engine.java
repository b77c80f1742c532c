// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.exit.ExitStrategy;
import liquibase.Liquibase;
import liquibase.Scope;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.ChangeSet.ExecType;
import liquibase.changelog.ChangeSet.RunStatus;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.changelog.FastCheckService;
import liquibase.changelog.visitor.AbstractChangeExecListener;
import liquibase.changelog.visitor.DefaultChangeExecListener;
import liquibase.database.Database;
import liquibase.integration.spring.Customizer;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.env.SimpleCommandLinePropertySource;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;

/**
 * What runs the changelog. A run happens in this JVM, and differs from the process of a
 * user only in how it ends. One at a time.
 */
enum Engine {

	/**
	 * Lockkeeper, in a process that migrates and does nothing else. Its lease is so long
	 * that no renewal falls into a run: points must not depend on the time.
	 */
	LOCKKEEPER {

		@Override
		ApplicationContextRunner runner() {
			return lockkeeper().withPropertyValues("lockkeeper.database-wait=1ms", "lockkeeper.retry.max-attempts=1");
		}

	},

	/** Lockkeeper, which goes on by itself when its connections are lost. */
	RECONNECTING {

		@Override
		ApplicationContextRunner runner() {
			return lockkeeper().withPropertyValues("lockkeeper.database-wait=5m", "lockkeeper.retry.max-duration=10m",
					"lockkeeper.wait.initial-interval=50ms");
		}

	},

	/** Liquibase as Spring Boot runs it, without a pool and without waiting. */
	STOCK {

		@Override
		ApplicationContextRunner runner() {
			return new ApplicationContextRunner()
				.withConfiguration(
						AutoConfigurations.of(LiquibaseAutoConfiguration.class, DataSourceAutoConfiguration.class))
				.withPropertyValues("spring.datasource.type=" + SimpleDriverDataSource.class.getName())
				.withSystemProperties("liquibase.changelogLockWaitTimeInMinutes=0",
						"liquibase.changelogLockPollRate=0");
		}

	};

	private static final Path VERDICT = newFile();

	abstract ApplicationContextRunner runner();

	private static ApplicationContextRunner lockkeeper() {
		return new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class,
					LiquibaseAutoConfiguration.class, DataSourceAutoConfiguration.class))
			.withPropertyValues("lockkeeper.mode=migrate-only", "HOSTNAME=here", "lockkeeper.lock.lease=5m",
					"lockkeeper.termination-message-path=" + VERDICT);
	}

	/**
	 * Run a release of the changelog.
	 * @param url the database
	 * @param release the release
	 * @return how it ended
	 */
	Outcome run(String url, Scenario.Release release) {
		return run(url, release, Duration.ofMinutes(5), (changeSet) -> {
		});
	}

	/**
	 * Run a release of the changelog.
	 * @param url the database
	 * @param release the release
	 * @param lockWait how long to wait for the lock
	 * @param underWay receives the id of the change set that is under way, and an empty
	 * text when it has ended
	 * @return how it ended
	 */
	Outcome run(String url, Scenario.Release release, Duration lockWait, Consumer<String> underWay) {
		return run(runner(), url, release, lockWait, underWay);
	}

	/**
	 * Carry out a command in place of a run.
	 * @param url the database
	 * @param release the release
	 * @param arguments the command line
	 * @return how it ended
	 */
	Outcome answer(String url, Scenario.Release release, String... arguments) {
		return run(
				runner().withInitializer((context) -> context.getEnvironment()
					.getPropertySources()
					.addFirst(new SimpleCommandLinePropertySource(arguments))),
				url, release, Duration.ZERO, (changeSet) -> {
				});
	}

	private Outcome run(ApplicationContextRunner runner, String url, Scenario.Release release, Duration lockWait,
			Consumer<String> underWay) {
		AtomicInteger code = new AtomicInteger(0);
		StringBuilder message = new StringBuilder();
		Listener listener = new Listener(underWay);
		ExitStrategy exit = code::set;
		// A process of its own would find it empty
		Scope.getCurrentScope().getSingleton(FastCheckService.class).clearCache();
		runner
			.withPropertyValues("spring.datasource.url=" + url, "spring.liquibase.change-log=" + release.changeLog(),
					"spring.liquibase.contexts=" + release.contexts(),
					"spring.liquibase.parameters.release=" + release.number())
			.withPropertyValues("lockkeeper.lock.wait-timeout=" + lockWait)
			.withBean("watch", Customizer.class, () -> listener)
			.withBean(ExitStrategy.class, () -> exit)
			.run((context) -> {
				Throwable failure = context.getStartupFailure();
				if (this == STOCK && failure != null) {
					code.set(1);
					message.append(rootOf(failure));
				}
			});
		if (this != STOCK && code.get() != 0) {
			message.append(read(VERDICT));
		}
		return new Outcome(code.get(), message.toString(), listener.recorded);
	}

	private static Path newFile() {
		try {
			Path file = Files.createTempFile("lockkeeper", "verdict");
			file.toFile().deleteOnExit();
			return file;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static String read(Path file) {
		try {
			return Files.readString(file);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static String rootOf(Throwable failure) {
		Throwable root = failure;
		while (root.getCause() != null) {
			root = root.getCause();
		}
		return String.valueOf(root.getMessage());
	}

	/**
	 * How a run ended.
	 *
	 * @param code the exit code; 0 when it succeeded
	 * @param message what went wrong, where it is known
	 * @param recorded the ids of the change sets that went into the history
	 */
	record Outcome(int code, String message, Set<String> recorded) {
	}

	private static final class Listener extends AbstractChangeExecListener implements Customizer<Liquibase> {

		private final Consumer<String> underWay;

		private final Set<String> recorded = new TreeSet<>();

		private Listener(Consumer<String> underWay) {
			this.underWay = underWay;
		}

		@Override
		public void customize(Liquibase liquibase) {
			liquibase.setChangeExecListener(new DefaultChangeExecListener(this));
		}

		@Override
		public void willRun(ChangeSet changeSet, DatabaseChangeLog changeLog, Database database, RunStatus runStatus) {
			this.underWay.accept(changeSet.getId());
		}

		@Override
		public void ran(ChangeSet changeSet, DatabaseChangeLog changeLog, Database database, ExecType execType) {
			this.underWay.accept("");
			if (execType.ran || execType == ExecType.MARK_RAN) {
				this.recorded.add(changeSet.getId());
			}
		}

		@Override
		public void runFailed(ChangeSet changeSet, DatabaseChangeLog changeLog, Database database,
				Exception exception) {
			this.underWay.accept("");
		}

	}

}
