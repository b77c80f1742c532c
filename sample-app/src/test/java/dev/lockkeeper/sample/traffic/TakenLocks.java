// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.traffic;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import dev.lockkeeper.testsupport.TestDatabase;

/**
 * Notes in the database which locks a session has at the end of each statement that
 * changes a schema, and what it has read and rewritten.
 */
final class TakenLocks {

	/** From the weakest to the strongest, as {@code pg_locks} names them. */
	private static final List<String> MODES = List.of("AccessShareLock", "RowShareLock", "RowExclusiveLock",
			"ShareUpdateExclusiveLock", "ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock");

	private static final String[] INSTALL = { "CREATE SCHEMA observed",
			"CREATE TABLE observed.statement (transaction xid, relation text, modes text[], rows bigint, rewritten boolean, timeout text)",
			"""
					CREATE FUNCTION observed.begins() RETURNS event_trigger LANGUAGE plpgsql AS $$
					BEGIN
					  PERFORM set_config('observed.rows', pg_stat_get_xact_tuples_returned('public.ship'::regclass)::text, false),
					    set_config('observed.file', pg_relation_filenode('public.ship')::text, false);
					END $$""",
			"""
					CREATE FUNCTION observed.ends() RETURNS event_trigger LANGUAGE plpgsql AS $$
					BEGIN
					  INSERT INTO observed.statement
					    SELECT pg_current_xact_id()::xid, relname, array_agg(mode),
					      pg_stat_get_xact_tuples_returned('public.ship'::regclass) - current_setting('observed.rows')::bigint,
					      pg_relation_filenode('public.ship') <> current_setting('observed.file')::oid,
					      current_setting('lock_timeout')
					    FROM pg_locks JOIN pg_class ON pg_class.oid = relation
					    WHERE pid = pg_backend_pid() AND granted AND locktype = 'relation' AND relname IN ('ship', 'port')
					    GROUP BY relname;
					END $$""",
			"CREATE EVENT TRIGGER begins ON ddl_command_start EXECUTE FUNCTION observed.begins()",
			"CREATE EVENT TRIGGER ends ON ddl_command_end EXECUTE FUNCTION observed.ends()" };

	private final TestDatabase database;

	private TakenLocks(TestDatabase database) {
		this.database = database;
	}

	static TakenLocks observe(TestDatabase database) {
		database.execute(INSTALL);
		return new TakenLocks(database);
	}

	/**
	 * Return what the statements of each transaction of a history have done.
	 * @param history a query of the names of the change sets and their transactions
	 * @return for each change set the cells of the page by their heads
	 */
	Map<String, Map<String, String>> read(String history) {
		Map<String, Map<String, String>> found = new LinkedHashMap<>();
		for (String row : this.database.query("""
				SELECT concat_ws('|', history.name, relation, array_to_string(modes, ','), rows, rewritten)
				FROM observed.statement JOIN (%s) AS history USING (transaction)""".formatted(history))) {
			String[] values = row.split("\\|");
			Map<String, String> cells = found.computeIfAbsent(values[0], (name) -> new LinkedHashMap<>());
			cells.merge("Lock on " + values[1], strongest(List.of(values[2].split(","))), TakenLocks::stronger);
			if (values[1].equals("ship")) {
				cells.merge("Rows of ship", rows(Long.parseLong(values[3]), values[4].equals("t")), TakenLocks::more);
			}
		}
		return found;
	}

	/**
	 * Return how long the statements of a history wait for a lock, in their order.
	 */
	List<String> timeouts(String history) {
		return this.database.query(
				"SELECT timeout FROM observed.statement JOIN (%s) AS history USING (transaction) ORDER BY statement.ctid"
					.formatted(history));
	}

	/**
	 * Return the lock on the table that a session has now.
	 */
	String of(String pid) {
		String sql = "SELECT mode FROM pg_locks WHERE pid = %s AND granted AND locktype = 'relation' "
				+ "AND relation = 'ship'::regclass";
		return strongest(this.database.query(sql.formatted(pid)));
	}

	private static String rows(long read, boolean rewritten) {
		if (rewritten) {
			return "read and written anew";
		}
		return (read > 0) ? "read" : "not read";
	}

	private static String more(String one, String other) {
		return one.equals("not read") ? other : one;
	}

	private static String stronger(String one, String other) {
		List<String> words = MODES.stream().map(TakenLocks::inWords).toList();
		return (words.indexOf(one) < words.indexOf(other)) ? other : one;
	}

	private static String strongest(List<String> modes) {
		return modes.stream().map(TakenLocks::inWords).reduce(TakenLocks::stronger).orElse("");
	}

	// As LOCK TABLE names it
	private static String inWords(String mode) {
		return mode.replaceAll("Lock$", "").replaceAll("(?<=[a-z])(?=[A-Z])", " ").toUpperCase(Locale.ROOT);
	}

}
