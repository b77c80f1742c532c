// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

import dev.lockkeeper.transaction.RunningEngine;
import org.jspecify.annotations.Nullable;

/**
 * What Flyway does at this moment of a run. It announces each migration, and shows by its
 * statement when it writes the row of one. Used by the thread that runs.
 */
final class FlywayActivity implements RunningEngine {

	private static final String LOCK = "SELECT pg_try_advisory_lock(";

	private final List<FlywayMigration> announced = new ArrayList<>();

	private @Nullable String record;

	private Consumer<List<FlywayMigration>> recorded = (migrations) -> {
	};

	private LockAttempts attempts = () -> {
	};

	private boolean recording;

	/**
	 * Begin to observe a run.
	 * @param history the qualified name of the history
	 * @param recorded receives the migrations whose rows were committed; none when Flyway
	 * has written a row without executing the migration
	 * @param attempts is called before Flyway tries to take its lock
	 */
	void begin(String history, Consumer<List<FlywayMigration>> recorded, LockAttempts attempts) {
		this.record = "INSERT INTO %s (".formatted(history);
		this.recorded = recorded;
		this.attempts = attempts;
	}

	/**
	 * Note that Flyway has announced a migration.
	 */
	void announce(FlywayMigration migration) {
		this.announced.add(migration);
	}

	/**
	 * Forget the migrations whose rows were not committed.
	 * @return these migrations
	 */
	List<FlywayMigration> abandon() {
		List<FlywayMigration> abandoned = List.copyOf(this.announced);
		this.announced.clear();
		return abandoned;
	}

	@Override
	public String getName() {
		return "Flyway";
	}

	@Override
	public Activity getActivity() {
		return this.recording ? Activity.RECORDING : Activity.EXECUTING;
	}

	// A baseline is a row as well, but none of a migration: its values are in the text
	@Override
	public void executing(String sql) {
		String beginning = this.record;
		this.recording = beginning != null && sql.startsWith(beginning) && sql.contains("?");
		if (sql.startsWith(LOCK)) {
			this.attempts.attempted();
		}
		else if (!this.recording) {
			this.attempts.over();
		}
	}

	@Override
	public boolean restoresSession() {
		return true;
	}

	@Override
	public void recorded() {
		this.recording = false;
		this.recorded.accept(abandon());
	}

	@Override
	public void requireAnnounced() {
	}

	/**
	 * Receives the attempts to take Flyway's own lock.
	 */
	@FunctionalInterface
	interface LockAttempts {

		void attempted();

		default void over() {
		}

	}

}
