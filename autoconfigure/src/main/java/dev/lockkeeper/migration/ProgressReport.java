// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.time.Duration;
import java.util.function.Supplier;

import dev.lockkeeper.schema.ChangeSetReference;
import org.jspecify.annotations.Nullable;

/**
 * Shows people how far a run is, while it lasts.
 *
 * @since 0.1.0
 */
@FunctionalInterface
public interface ProgressReport {

	/**
	 * Begin to show it.
	 * @param state returns how far the run is, on any thread
	 * @return ends that
	 */
	Showing begin(Supplier<State> state);

	/**
	 * What is shown of one run.
	 */
	@FunctionalInterface
	interface Showing extends AutoCloseable {

		/**
		 * Show nothing more, for the run is over.
		 */
		@Override
		void close();

	}

	/**
	 * How far a run is.
	 *
	 * @param schema the schema
	 * @param applied how many change sets it has applied
	 * @param pending how many were pending when it began
	 * @param running the change set that runs, or {@code null} between two
	 * @param since for how long that has been running
	 */
	record State(String schema, int applied, int pending, @Nullable ChangeSetReference running, Duration since) {

		/**
		 * Return how many change sets there are. What always runs was not pending, and is
		 * applied all the same.
		 * @return the number
		 */
		public int total() {
			return Math.max(this.pending, this.applied);
		}

		/**
		 * Return what happens now.
		 * @return the change set that runs, for how long
		 */
		public String now() {
			return (this.running != null) ? "'%s' running for %d s".formatted(this.running.id(), this.since.toSeconds())
					: "between two change sets";
		}

		@Override
		public String toString() {
			// All of it is done only when it is
			long rounded = (total() > 0) ? Math.round(this.applied * 100.0 / total()) : 0;
			long percent = (this.applied < total()) ? Math.min(rounded, 99) : rounded;
			return "%d/%d change sets, %d %%, %s (schema %s)".formatted(this.applied, total(), percent, now(),
					this.schema);
		}

	}

}
