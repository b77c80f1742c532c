// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initialization;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

import dev.lockkeeper.postgresql.NamedTables;
import org.jspecify.annotations.Nullable;

/**
 * Whether a script that drops tables may be executed: only when something is missing, and
 * nothing would be lost.
 *
 * @param needed whether something is missing
 * @param refusal what would be lost, as a sentence; {@code null} when nothing would be
 */
record DropCheck(boolean needed, @Nullable String refusal) {

	/**
	 * Check a script.
	 * @param connection a connection to the database
	 * @param schemas the schemas in which its tables are
	 */
	static DropCheck of(Script script, Connection connection, List<String> schemas) throws SQLException {
		NamedTables tables = script.tables();
		if (!tables.drops()) {
			return new DropCheck(true, null);
		}
		List<NamedTables.Name> absent = tables.findAbsent(connection, schemas);
		if (absent.isEmpty() && !tables.created().isEmpty()) {
			return new DropCheck(false, null);
		}
		List<NamedTables.Name> filled = tables.findFilled(connection, schemas);
		return new DropCheck(true,
				filled.isEmpty() ? null : "It would drop tables that have rows (%s), while others are missing (%s)."
					.formatted(join(filled), join(absent)));
	}

	/**
	 * Return whether the script may be executed.
	 */
	boolean isPassed() {
		return this.needed && this.refusal == null;
	}

	private static String join(List<NamedTables.Name> tables) {
		return String.join(", ", tables.stream().map(NamedTables.Name::toString).toList());
	}

}
