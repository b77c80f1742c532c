// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.TerminatedException;
import dev.lockkeeper.lock.MigrationLocks;
import dev.lockkeeper.logging.LogContext;
import dev.lockkeeper.progress.Progress;
import dev.lockkeeper.schema.InspectionConnection;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaUnreadableException;
import dev.lockkeeper.waiting.Polling;
import dev.lockkeeper.waiting.TimeBudget;

/**
 * Migrates schemas: brings each one to where the code expects it, in one {@link Run}. A
 * run that finds nothing to migrate takes no lock. The runs of one JVM migrate one after
 * another.
 *
 * @since 0.1.0
 */
public final class Migrator {

	private final RunEnvironment environment;

	private final Map<String, Run> running = new ConcurrentHashMap<>();

	/**
	 * Create a migrator.
	 * @param settings how long it waits
	 * @param locks the locks of the schemas
	 * @param polling how it waits
	 * @param progress receives the progress of the process
	 * @param listeners receive the events of the runs
	 * @param report shows how far the runs are
	 */
	public Migrator(MigratorSettings settings, MigrationLocks locks, Polling polling, Progress progress,
			MigrationListeners listeners, ProgressReport report) {
		this.environment = new RunEnvironment(settings, locks, polling, progress, listeners, report,
				new TimeBudget(settings.maxDuration()), ConcurrentHashMap.newKeySet());
	}

	/**
	 * Inspect one schema and its runs. Waits for the database as a run does, and changes
	 * nothing.
	 * @param target the schema
	 * @return what was found
	 * @throws SchemaUnreadableException when the database did not answer in time, or
	 * refused
	 */
	public SchemaInspection inspect(MigrationTarget target) {
		try (InspectionConnection connection = new InspectionConnection()) {
			return new RunInspection(this.environment, target).await(() -> target.inspectWithRuns(connection));
		}
	}

	/**
	 * Ask for something of one schema. Waits for the database as a run does.
	 * @param <T> the type of the answer
	 * @param target the schema
	 * @param question the question
	 * @return the answer
	 * @throws SchemaUnreadableException when the database did not answer in time, or
	 * refused
	 */
	public <T> T ask(MigrationTarget target, Supplier<T> question) {
		return new RunInspection(this.environment, target).await(question);
	}

	/**
	 * Migrate one schema. Blocks until it is migrated, by this process or by another one.
	 * @param target the schema
	 * @return how the run ended, which had no error
	 * @throws MigrationFailedException when the run did not succeed, or the process was
	 * asked to end
	 * @throws SharedSessionsException when there is nothing to do, and the database
	 * cannot be migrated through the connections that there are; only if the settings
	 * want it, or something else than the database has answered
	 * @throws SchemaUnreadableException when the database did not answer in time, or
	 * refused, before it was known what is to do
	 */
	public MigrationOutcome migrate(MigrationTarget target) {
		Run run = new Run(this.environment, target);
		try (LogContext runId = LogContext.with(LogContext.RUN_ID, run.getRunId());
				LogContext changeSet = LogContext.with(LogContext.CHANGE_SET, null)) {
			this.running.put(target.getName(), run);
			return run.execute();
		}
		finally {
			this.running.remove(target.getName());
		}
	}

	/**
	 * Return what is known of a run that has not stopped although the process was asked
	 * to end. May be called on any thread.
	 * @param schema the name of the schema
	 * @return what the process ends with
	 */
	public LockkeeperException endInTheMiddle(String schema) {
		Run run = this.running.get(schema);
		return (run != null) ? run.endInTheMiddle()
				: new TerminatedException(schema, "The process was asked to end, and ended in the middle of its work.");
	}

}
