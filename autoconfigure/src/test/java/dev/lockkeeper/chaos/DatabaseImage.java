// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.chaos;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import dev.lockkeeper.testsupport.Onlooker;

/**
 * What two runs must agree on: schema, data and history. Left out are the tables of
 * Lockkeeper, and of the history the dates, the deployments, the gaps in the order, and
 * whether and when a change set that runs always has run again.
 *
 * @param parts the parts by name, each with its lines
 */
record DatabaseImage(Map<String, List<String>> parts) {

	private static final String OURS = "lockkeeper\\_%";

	static DatabaseImage of(Onlooker database) {
		Map<String, List<String>> parts = new TreeMap<>();
		parts.put("relations", database.query("""
				SELECT concat_ws(' ', relkind, relname, CASE relkind WHEN 'v' THEN pg_get_viewdef(oid) END)
				FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'S')
				AND relname NOT LIKE '%s' ORDER BY 1""".formatted(OURS)));
		parts.put("columns", database.query("""
				SELECT concat_ws(' ', table_name, ordinal_position, column_name, data_type, character_maximum_length,
				numeric_precision, numeric_scale, is_nullable, column_default) FROM information_schema.columns
				WHERE table_schema = 'public' AND table_name NOT LIKE '%s'
				ORDER BY table_name, ordinal_position""".formatted(OURS)));
		parts.put("constraints", database.query("""
				SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
				WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text NOT LIKE '%s'
				ORDER BY 1""".formatted(OURS)));
		parts.put("indexes", database.query("""
				SELECT pg_get_indexdef(indexrelid) || ' valid ' || indisvalid FROM pg_index
				JOIN pg_class ON pg_class.oid = indrelid WHERE relnamespace = 'public'::regnamespace
				AND relname NOT LIKE '%s' ORDER BY 1""".formatted(OURS)));
		parts.put("partitions", database.query("""
				SELECT concat_ws(' ', inhparent::regclass, inhrelid::regclass, inhdetachpending) FROM pg_inherits
				JOIN pg_class ON pg_class.oid = inhparent WHERE relkind = 'p' ORDER BY 1"""));
		parts.put("values of types", database
			.query("""
					SELECT concat_ws(' ', enumtypid::regtype, enumlabel) FROM pg_enum ORDER BY enumtypid, enumsortorder"""));
		parts.put("sequences", database.query("""
				SELECT concat_ws(' ', sequencename, start_value, increment_by, last_value) FROM pg_sequences
				WHERE schemaname = 'public' ORDER BY 1"""));
		parts.put("functions", database.query("""
				SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1"""));
		for (String table : database.query("""
				SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'
				AND tablename NOT LIKE '%s' AND tablename NOT LIKE 'databasechangelog%%' ORDER BY 1"""
			.formatted(OURS))) {
			parts.put("rows of " + table, database.query("SELECT t::text FROM %s t ORDER BY 1".formatted(table)));
		}
		parts.put("history", history(database, "id <> 'always'", "exectype"));
		parts.put("history of what runs always",
				history(database, "id = 'always'", "replace(exectype, 'RERAN', 'EXECUTED')"));
		return new DatabaseImage(parts);
	}

	private static List<String> history(Onlooker database, String condition, String execType) {
		return database.query("""
				SELECT concat_ws(' | ', id, author, filename, %s, md5sum, description, comments, tag, liquibase,
				contexts, labels) FROM databasechangelog WHERE %s ORDER BY orderexecuted""".formatted(execType,
				condition));
	}

	/**
	 * Compare with what it should be.
	 * @param expected what it should be
	 * @return the differences, none when they agree
	 */
	List<String> differencesTo(DatabaseImage expected) {
		List<String> differences = new ArrayList<>();
		Map<String, List<String>> all = new TreeMap<>(expected.parts);
		all.putAll(this.parts);
		for (String part : all.keySet()) {
			List<String> missing = new ArrayList<>(expected.parts.getOrDefault(part, List.of()));
			List<String> surplus = new ArrayList<>(this.parts.getOrDefault(part, List.of()));
			if (missing.equals(surplus)) {
				continue;
			}
			List<String> present = List.copyOf(surplus);
			missing.forEach(surplus::remove);
			present.forEach(missing::remove);
			differences.add((missing.isEmpty() && surplus.isEmpty()) ? part + ": another order"
					: "%s: missing %s, too much %s".formatted(part, missing, surplus));
		}
		return differences;
	}

}
