// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.util.List;
import java.util.Locale;

import org.jspecify.annotations.Nullable;

/**
 * Names the kind of a statement in words from a fixed list, and never in words of the
 * statement itself.
 */
final class StatementKind {

	static final String OTHER = "OTHER";

	// The first that fits counts
	private static final List<String> KINDS = List.of("CREATE INDEX", "CREATE TABLE", "CREATE VIEW",
			"CREATE MATERIALIZED VIEW", "CREATE FUNCTION", "CREATE PROCEDURE", "CREATE TRIGGER", "CREATE SEQUENCE",
			"CREATE TYPE", "CREATE SCHEMA", "CREATE EXTENSION", "CREATE", "ALTER TABLE", "ALTER INDEX", "ALTER TYPE",
			"ALTER SEQUENCE", "ALTER", "DROP TABLE", "DROP INDEX", "DROP VIEW", "DROP", "INSERT", "UPDATE", "DELETE",
			"MERGE", "SELECT", "WITH", "COPY", "TRUNCATE", "REINDEX", "CLUSTER", "VACUUM", "ANALYZE",
			"REFRESH MATERIALIZED VIEW", "LOCK", "GRANT", "REVOKE", "COMMENT", "CALL", "DO", "SET", "BEGIN", "COMMIT",
			"ROLLBACK");

	private StatementKind() {
	}

	/**
	 * Return the kind of a statement.
	 * @param sql the statement, as the server shows it: it may be cut
	 * @return the kind, or {@code null} when there is no statement
	 */
	static @Nullable String of(@Nullable String sql) {
		if (sql == null || sql.isBlank()) {
			return null;
		}
		String text = SqlText.of(sql).text();
		String begin = text.substring(0, Math.min(text.length(), 100))
			.toUpperCase(Locale.ROOT)
			.replaceFirst("^CREATE OR REPLACE ", "CREATE ")
			.replaceFirst("^CREATE UNIQUE INDEX\\b", "CREATE INDEX")
			.replaceFirst("^CREATE (GLOBAL |LOCAL )?(TEMPORARY|TEMP|UNLOGGED) ", "CREATE ");
		return KINDS.stream().filter((kind) -> begin.matches("(?s)" + kind + "\\b.*")).findFirst().orElse(OTHER);
	}

}
