// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Inspects one schema. Nothing is written, and no connection is held between two calls,
 * except by the caller. Implementations may be used by several threads, one at a time.
 *
 * @since 0.1.0
 */
public interface SchemaInspector {

	/**
	 * Return the name of the schema for people: the name of the bean that migrates it.
	 * @return the name
	 */
	String getName();

	/**
	 * Return the tool that migrates the schema.
	 * @return the tool, or {@code null} when it is not known
	 */
	default @Nullable SchemaEngine getEngine() {
		return null;
	}

	/**
	 * Compare what the code expects with the history, exactly.
	 * @return the state, never {@link SchemaStatus#UNREADABLE}
	 * @throws SchemaUnreadableException when the database does not answer or refuses
	 */
	SchemaState inspect();

	/**
	 * Compare exactly, and read the run in progress and the ended runs.
	 * @param connection the connection of the call
	 * @return what was found
	 * @throws SchemaUnreadableException when the database does not answer or refuses.
	 * Runs that may not be read are left out without an exception.
	 */
	default SchemaInspection inspectWithRuns(InspectionConnection connection) {
		return SchemaInspection.of(inspect());
	}

	/**
	 * Confirm an inspection whose mark is still the same: read only what no mark shows,
	 * which is the holder of the lock, and what the run in progress does.
	 * @param connection the connection of the call
	 * @param known what was found before
	 * @return what is known now
	 * @throws SchemaUnreadableException when the database does not answer or refuses
	 */
	default SchemaInspection confirm(InspectionConnection connection, SchemaInspection known) {
		return inspectWithRuns(connection);
	}

	/**
	 * Forget what only an exact inspection needs, until the next one.
	 */
	default void forgetCode() {
	}

	/**
	 * Inspect again while a process waits. The runs are read at the first inspection,
	 * when the lock holder changes, and every n-th time, because reading them costs more
	 * than the state.
	 * @param state what was found just now
	 * @param before what was known before, or {@code null} when nothing was
	 * @param again whether the runs are to be read although the holder is the same
	 * @return what is known now
	 * @throws SchemaUnreadableException when the database does not answer or refuses
	 */
	default SchemaInspection watch(SchemaState state, @Nullable SchemaInspection before, boolean again) {
		if (before != null && !again && isKnown(state.lock(), before)) {
			return before.withState(state);
		}
		try (InspectionConnection connection = new InspectionConnection()) {
			return inspectWithRuns(connection);
		}
	}

	private static boolean isKnown(@Nullable LockHolder holder, SchemaInspection before) {
		LockHolder known = before.state().lock();
		if (holder == null || known == null) {
			return holder == null && known == null;
		}
		// A process that has just taken the lock has not recorded its run yet
		return known.holder().equals(holder.holder()) && (before.isHeldByRun() || holder.ofEngine());
	}

	/**
	 * Read the whole history.
	 * @param connection the connection of the call
	 * @return every change set that has been executed, in the order of execution
	 * @throws SchemaUnreadableException when the database does not answer or refuses
	 */
	List<SchemaVersion> readHistory(InspectionConnection connection);

	/**
	 * Read what is cheap to read, and changes when the result of an inspection would.
	 * @param connection the connection of the call
	 * @return the mark
	 * @throws SchemaUnreadableException when the database does not answer or refuses
	 */
	HistoryMark mark(InspectionConnection connection);

}
