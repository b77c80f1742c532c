// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase.preview;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

import dev.lockkeeper.intent.Operation;
import dev.lockkeeper.intent.Operation.Nature;
import dev.lockkeeper.postgresql.SqlText;
import org.jspecify.annotations.Nullable;

/**
 * What a script for PostgreSQL sets for its session, so that each of its statements finds
 * what it finds in a run: the settings with which a run connects, the search path that
 * Liquibase sets anew for each change set, and the rights with which a run writes the
 * rows of the history. What a change set sets stays, as it does in a run.
 *
 * @param settings the settings with which a run connects, each a name, an equals sign and
 * a value
 * @param role the role that a run takes on when it connects; {@code none} for none
 * @param searchPath the search path of the session, before Liquibase sets it
 * @param schema the schema that Liquibase puts first in the search path, as it is written
 * there, or {@code null} when it leaves the path alone
 * @param kept whether each change set begins with that role
 */
record ScriptSession(List<String> settings, String role, String searchPath, @Nullable String schema, boolean kept) {

	/**
	 * What a run sets for its session by the way it connects. What has a dot in its name
	 * belongs to others, and may be a secret.
	 */
	static final String SETTINGS = "SELECT name || '=' || setting FROM pg_settings WHERE source IN ('client', 'session') "
			+ "AND context IN ('user', 'superuser') AND name !~ '[.]|^transaction|timeout' "
			+ "AND name NOT IN ('application_name', 'client_encoding', 'role', 'search_path', 'session_authorization', "
			+ "'extra_float_digits') ORDER BY name";

	// Nothing may come between the beginning of the transaction and the first statement
	// of the change set, which may be SET TRANSACTION
	private static final String PUT_SCHEMA_FIRST = """
			DO $lockkeeper$ DECLARE path text := current_setting('search_path'); BEGIN
			IF path NOT IN (%1$s, '"' || %1$s || '"') AND NOT starts_with(path, %1$s || ',') AND NOT starts_with(path, '"' || %1$s || '",') THEN
			PERFORM set_config('search_path', concat_ws(', ', %1$s, (SELECT string_agg(CASE WHEN e LIKE '"%%' THEN e ELSE quote_ident(e) END, ', ' ORDER BY n)
			FROM regexp_split_to_table(nullif(path, ''), ' *, *') WITH ORDINALITY AS u(e, n))), false);
			END IF; END $lockkeeper$""";

	private static final String NAMES = "FROM unnest(ARRAY['session_authorization', 'role', 'search_path']) AS u(n)";

	private static final String REMEMBER = "DO $lockkeeper$ BEGIN PERFORM set_config('lockkeeper.' || n, current_setting(n), false) "
			+ NAMES + "; END $lockkeeper$";

	private static final String TAKE_ON = "DO $lockkeeper$ BEGIN PERFORM set_config(n, current_setting('lockkeeper.' || n), true) "
			+ NAMES
			+ " WHERE nullif(current_setting('lockkeeper.' || n, true), '') <> current_setting(n); END $lockkeeper$";

	private static final Pattern RESETS = Pattern.compile("(?i)(RESET|DISCARD) ALL");

	private static final Pattern WITHIN = Pattern.compile("(?is)(SAVEPOINT|RELEASE|ROLLBACK\\b.* TO)\\b.*");

	private static final Pattern READ_ONLY = Pattern.compile(
			"(?is)SET (LOCAL |SESSION )?(TRANSACTION\\b(?! SNAPSHOT).*\\bREAD ONLY\\b.*|transaction_read_only\\b.*)");

	/**
	 * Return the statements at the beginning of the script.
	 */
	List<String> start() {
		List<String> statements = new ArrayList<>();
		statements.add("SET client_encoding TO 'UTF8'");
		statements.addAll(afterReset());
		statements.add("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED");
		statements.addAll(takingRole());
		statements.add(REMEMBER);
		statements.addAll(schemaFirst());
		return statements;
	}

	/**
	 * Return the statements after one that has {@linkplain #resets reset} the session: a
	 * run comes back to the settings with which it has connected.
	 */
	List<String> afterReset() {
		List<String> statements = new ArrayList<>();
		for (String setting : this.settings) {
			int end = setting.indexOf('=');
			statements.add("SET %s TO %s".formatted(setting.substring(0, end), literal(setting.substring(end + 1))));
		}
		statements.add("SET search_path TO " + (this.searchPath.isEmpty() ? "''" : this.searchPath));
		return statements;
	}

	static boolean resets(String statement) {
		return RESETS.matcher(SqlText.of(statement).text()).matches();
	}

	private List<String> takingRole() {
		return this.role.equals("none") ? List.of() : List.of("SET ROLE " + SqlText.identifier(this.role));
	}

	/**
	 * Return the statements before the transaction of a change set.
	 */
	List<String> beforeChangeSet() {
		List<String> statements = new ArrayList<>(this.kept ? takingRole() : List.of());
		statements.addAll(schemaFirst());
		return statements;
	}

	private List<String> schemaFirst() {
		return (this.schema != null) ? List.of(PUT_SCHEMA_FIRST.formatted(literal(this.schema))) : List.of();
	}

	/**
	 * Return the statements before the row of a change set, in the transaction of both.
	 */
	List<String> beforeRow() {
		return List.of("SET CONSTRAINTS ALL IMMEDIATE", TAKE_ON);
	}

	/**
	 * Return whether a statement makes its transaction one that may only read: the row
	 * comes in another one then.
	 */
	static boolean makesReadOnly(String statement) {
		return READ_ONLY.matcher(SqlText.of(statement).text()).matches();
	}

	/**
	 * Return whether a statement ends the transaction of its change set. In a run another
	 * one begins with the next statement.
	 */
	static boolean endsTransaction(String statement) {
		Operation operation = Operation.of(statement);
		return operation.getNature() == Nature.COMMIT
				|| (operation.getNature() == Nature.CONTROL && !WITHIN.matcher(operation.getSql()).matches());
	}

	private static String literal(String text) {
		return "'" + text.replace("'", "''") + "'";
	}

}
