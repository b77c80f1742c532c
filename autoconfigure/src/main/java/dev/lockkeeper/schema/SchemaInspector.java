// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Looks at one schema. Nothing is written, and no connection is held between two calls
 * but by who makes them. Implementations may be used by several threads, one at a time.
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
	 * Compare what the code expects with the history, exactly.
	 * @return the state, never {@link SchemaStatus#UNREADABLE}
	 * @throws SchemaUnreadableException when the database does not answer or refuses
	 */
	SchemaState inspect();

	/**
	 * Compare exactly, and see which runs there were and are.
	 * @param connection the connection of the call
	 * @return what was found
	 * @throws SchemaUnreadableException when the database does not answer or refuses. The
	 * runs do not matter for that: what may not be read of them is left out.
	 */
	default SchemaLook look(LookConnection connection) {
		return SchemaLook.of(inspect());
	}

	/**
	 * Look again while a process waits. The runs are read at the first look, when the
	 * holder of the lock changes, and once in a while, because that costs more than the
	 * state.
	 * @param state what was found just now
	 * @param before what was known before, or {@code null} when nothing was
	 * @param again whether the runs are to be read although the holder is the same
	 * @return what is known now
	 * @throws SchemaUnreadableException when the database does not answer or refuses
	 */
	default SchemaLook watch(SchemaState state, @Nullable SchemaLook before, boolean again) {
		if (before != null && !again && isKnown(state.lock(), before)) {
			return before.seenAgain(state);
		}
		try (LookConnection connection = new LookConnection()) {
			return look(connection);
		}
	}

	private static boolean isKnown(@Nullable LockHolder holder, SchemaLook before) {
		LockHolder known = before.state().lock();
		if (holder == null || known == null) {
			return holder == null && known == null;
		}
		// A process that has just taken the lock has not written yet which run that is
		// for
		return known.holder().equals(holder.holder()) && (before.isHeldByRun() || holder.ofEngine());
	}

	/**
	 * Read the whole history.
	 * @param connection the connection of the call
	 * @return every change set that has been executed, in the order of execution
	 * @throws SchemaUnreadableException when the database does not answer or refuses
	 */
	List<SchemaVersion> readHistory(LookConnection connection);

	/**
	 * See what is cheap to see.
	 * @param connection the connection of the call
	 * @return the mark
	 * @throws SchemaUnreadableException when the database does not answer or refuses
	 */
	HistoryMark mark(LookConnection connection);

}
