// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.endpoint;

import java.util.Locale;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

/**
 * What a path below the endpoint asks for.
 *
 * @param schema the name of the schema, which may have several parts
 * @param view what is asked of it
 * @since 0.1.0
 */
public record SchemaPath(String schema, View view) {

	/**
	 * Read a path. A schema whose name ends like a view goes before that view of another
	 * schema.
	 * @param parts the parts of the path
	 * @param known whether a schema has a name
	 * @return what is asked for, or {@code null} when there is no such schema
	 */
	public static @Nullable SchemaPath of(String[] parts, Predicate<String> known) {
		String path = String.join("/", parts);
		for (View view : View.values()) {
			String name = path.endsWith(view.suffix()) ? path.substring(0, path.length() - view.suffix().length()) : "";
			if (known.test(name)) {
				return new SchemaPath(name, view);
			}
		}
		return null;
	}

	/**
	 * What the endpoint tells of one schema.
	 */
	public enum View {

		/** What it is. */
		SCHEMA,

		/** The runs that have ended. */
		RUNS,

		/** The change sets of its history. */
		APPLIED,

		/** The SQL of what is pending. */
		SQL;

		private String suffix() {
			return (this == SCHEMA) ? "" : "/" + name().toLowerCase(Locale.ROOT);
		}

	}

}
