// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

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
	 * See what is cheap to see.
	 * @param connection the connection of the call
	 * @return the mark
	 * @throws SchemaUnreadableException when the database does not answer or refuses
	 */
	HistoryMark mark(LookConnection connection);

}
