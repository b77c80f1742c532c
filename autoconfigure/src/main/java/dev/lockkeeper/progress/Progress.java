// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.progress;

import java.time.Instant;
import java.util.function.BooleanSupplier;

import dev.lockkeeper.schema.SchemaLook;
import org.jspecify.annotations.Nullable;

/**
 * Is told how a starting process gets on, by whoever waits or works in it. Every call
 * says that something moved. Called on any thread; returns at once, and never throws.
 *
 * @since 0.1.0
 */
public interface Progress {

	/**
	 * Nobody wants to know.
	 */
	Progress UNTOLD = new Progress() {
	};

	/**
	 * Say what the process does, and say so again while it goes on with that.
	 * @param activity what it does, as in "waiting for the lock"; {@code null} when it
	 * goes on starting
	 */
	default void does(@Nullable String activity) {
	}

	/**
	 * Say that what the process does has moved.
	 */
	default void moves() {
	}

	/**
	 * Say what a look at a schema has found.
	 * @param schema the name of the schema
	 * @param look what was found
	 */
	default void found(String schema, SchemaLook look) {
	}

	/**
	 * Say that a look at a schema has failed.
	 * @param schema the name of the schema
	 * @param at when the look began
	 * @param problem why it failed, for everybody who may ask for the state of the schema
	 */
	default void failed(String schema, Instant at, String problem) {
	}

	/**
	 * Return whether somebody may ask what {@link #watch} is given.
	 * @return whether it is worth while to find out how to tell
	 */
	default boolean isWatching() {
		return false;
	}

	/**
	 * Say how to tell whether the database is at work for this process, which says
	 * nothing itself until the database answers.
	 * @param work tells, on a thread of the one who asks; {@code null} when there is
	 * nothing to tell any more
	 */
	default void watch(@Nullable BooleanSupplier work) {
	}

}
