// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import dev.lockkeeper.exit.ExitStatus;

/**
 * A setting names a schema of the database that does not exist. Nothing was written.
 *
 * @since 0.1.0
 */
public class MissingSchemaException extends SchemaUnreadableException {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception.
	 * @param schema the name of the governed schema
	 * @param identifier the schema of the database, as SQL writes it
	 * @param setting what names it
	 */
	public MissingSchemaException(String schema, String identifier, String setting) {
		super(schema, ExitStatus.CONFIG, null, false, messageOf(identifier, setting), actionOf(identifier, setting),
				null);
	}

	/**
	 * Return the message that a schema does not exist.
	 * @param identifier the schema of the database, as SQL writes it
	 * @param setting what names it
	 * @return one sentence
	 */
	public static String messageOf(String identifier, String setting) {
		return "The database schema %s does not exist: %s names it.".formatted(identifier, setting);
	}

	/**
	 * Return what to do about it.
	 * @param identifier the schema of the database, as SQL writes it
	 * @param setting what names it
	 * @return the ways there are
	 */
	public static String actionOf(String identifier, String setting) {
		return ("Create it: CREATE SCHEMA %s; and let the role that migrates own it, or grant that role USAGE and "
				+ "CREATE on it. If the name is wrong, correct %s.")
			.formatted(identifier, setting);
	}

}
