// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.progress;

import java.time.Instant;
import java.util.function.BooleanSupplier;

import dev.lockkeeper.schema.SchemaInspection;
import org.jspecify.annotations.Nullable;

/**
 * Receives the progress of a starting process, from whatever waits or works in it. Every
 * call counts as progress. Called on any thread; returns at once, and never throws.
 *
 * @since 0.1.0
 */
public interface Progress {

	/**
	 * Discards what it receives.
	 */
	Progress NONE = new Progress() {
	};

	/**
	 * Report what the process does, repeatedly while it goes on with that.
	 * @param activity what it does, as in "waiting for the lock"; {@code null} when it
	 * goes on starting
	 */
	default void does(@Nullable String activity) {
	}

	/**
	 * Report that what the process does has made progress.
	 */
	default void moves() {
	}

	/**
	 * Report an inspection of a schema.
	 * @param schema the name of the schema
	 * @param inspection the inspection
	 */
	default void found(String schema, SchemaInspection inspection) {
	}

	/**
	 * Report that an inspection of a schema has failed.
	 * @param schema the name of the schema
	 * @param at when the inspection began
	 * @param problem why it failed, without SQL
	 */
	default void failed(String schema, Instant at, String problem) {
	}

	/**
	 * Return whether what {@link #watch} receives may be called.
	 * @return whether it is worth preparing
	 */
	default boolean isWatching() {
		return false;
	}

	/**
	 * Set how to find out whether the database is at work for this process, which itself
	 * reports nothing until the database answers.
	 * @param work returns whether it is, on the thread of the caller; {@code null} when
	 * the process no longer waits for the database
	 */
	default void watch(@Nullable BooleanSupplier work) {
	}

}
