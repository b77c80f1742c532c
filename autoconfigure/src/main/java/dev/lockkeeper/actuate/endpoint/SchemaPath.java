// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.endpoint;

import java.util.Locale;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

/**
 * What a path below the endpoint selects.
 *
 * @param schema the name of the schema, which may have several parts
 * @param view what of it is selected
 * @since 0.1.0
 */
public record SchemaPath(String schema, View view) {

	/**
	 * Read a path. A schema whose name ends like a view takes precedence over that view
	 * of another schema.
	 * @param parts the parts of the path
	 * @param known whether a schema has a name
	 * @return what is selected, or {@code null} when there is no such schema
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
	 * What the endpoint shows of one schema.
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
