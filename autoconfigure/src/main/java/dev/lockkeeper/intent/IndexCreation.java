// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.intent;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.lockkeeper.postgresql.Indexes;
import dev.lockkeeper.postgresql.Indexes.Index;
import dev.lockkeeper.postgresql.Indexes.Table;
import dev.lockkeeper.postgresql.SqlText;
import org.jspecify.annotations.Nullable;

/**
 * Builds an index.
 */
final class IndexCreation extends Operation {

	private static final Pattern PATTERN = pattern("CREATE (UNIQUE )?INDEX (CONCURRENTLY )?(IF NOT EXISTS )?(?:("
			+ IDENTIFIER + ") )?ON (?:ONLY )?(" + NAME + ") ?([(U].*)");

	private final boolean unique;

	private final boolean concurrent;

	private final @Nullable String index;

	private final String table;

	private final String rest;

	private IndexCreation(String sql, Matcher matcher) {
		super("CREATE INDEX", sql);
		this.unique = matcher.group(1) != null;
		this.concurrent = matcher.group(2) != null;
		this.index = (matcher.group(4) != null) ? SqlText.nameOf(matcher.group(4)) : null;
		this.table = matcher.group(5);
		this.rest = matcher.group(6);
	}

	static @Nullable Operation read(String sql) {
		Matcher matcher = match(PATTERN, sql);
		return (matcher != null) ? new IndexCreation(sql, matcher) : null;
	}

	@Override
	public Nature getNature() {
		return this.concurrent ? Nature.JUDGED : Nature.TRANSACTIONAL;
	}

	@Override
	public boolean waitsForLocks() {
		return this.concurrent;
	}

	@Override
	public @Nullable String subject(Connection connection) throws SQLException {
		Table found = Indexes.table(connection, this.table);
		return (found != null) ? found.name() : null;
	}

	@Override
	public @Nullable String prepare(Connection connection) throws SQLException {
		Table found = Indexes.table(connection, this.table);
		Index present = (found != null) ? named(connection, found) : null;
		if (present == null || present.valid() || !Indexes.dropInvalid(connection, found, present)) {
			return null;
		}
		return "an invalid index %s, which was dropped".formatted(present.name());
	}

	private @Nullable Index named(Connection connection, Table found) throws SQLException {
		return Indexes.of(connection, found)
			.stream()
			.filter((candidate) -> candidate.relation().equals(this.index))
			.findFirst()
			.orElse(null);
	}

	@Override
	@Nullable Index findNamed(Connection connection) throws SQLException {
		Table found = (this.index != null) ? Indexes.table(connection, this.table) : null;
		return (found != null) ? named(connection, found) : null;
	}

	@Override
	public String before(Connection connection) throws SQLException {
		Table found = Indexes.table(connection, this.table);
		return (found != null) ? Oids.write(Indexes.of(connection, found)) : "";
	}

	@Override
	public Judgement judge(Connection connection, @Nullable String subject, String before) throws SQLException {
		Table found = (subject != null) ? Indexes.table(connection, subject) : null;
		if (found == null) {
			return Judgement.notDone("the table is not there");
		}
		StringBuilder dropped = new StringBuilder();
		for (Index candidate : since(connection, found, before)) {
			if (!candidate.valid() && Indexes.dropInvalid(connection, found, candidate)) {
				dropped.append("an invalid index ").append(candidate.name()).append(", which was dropped");
			}
		}
		return compare(connection, found, since(connection, found, before), dropped.toString());
	}

	// What the next run drops does not count
	@Override
	boolean isInQuestion(Connection connection, @Nullable String subject, String before) throws SQLException {
		Table found = (subject != null) ? Indexes.table(connection, subject) : null;
		if (found == null) {
			return false;
		}
		List<Index> staying = since(connection, found, before).stream()
			.filter((candidate) -> candidate.valid() || !candidate.droppable())
			.toList();
		return compare(connection, found, staying, "").verdict() == Verdict.IMPOSSIBLE;
	}

	private Judgement compare(Connection connection, Table found, List<Index> candidates, String dropped)
			throws SQLException {
		String different = null;
		for (Index candidate : candidates) {
			if (!candidate.valid()) {
				return Judgement.impossible(
						"there is an invalid index %s, which this role may not drop".formatted(candidate.name()));
			}
			different = Indexes.difference(connection, found, candidate, this.unique, this.rest);
			if (different == null) {
				return Judgement
					.done("the index %s is whole, and as the statement defines it".formatted(candidate.name()));
			}
			different = "there is an index %s, but %s".formatted(candidate.name(), different);
		}
		// An index without a given name is identified by its definition
		if (different != null && this.index != null) {
			return Judgement.impossible(different);
		}
		return Judgement.notDone(!dropped.isEmpty() ? dropped : "no such index");
	}

	private List<Index> since(Connection connection, Table found, String before) throws SQLException {
		Set<Long> known = Oids.read(before);
		return Indexes.of(connection, found)
			.stream()
			.filter((candidate) -> !known.contains(candidate.oid()))
			.filter((candidate) -> this.index == null || candidate.relation().equals(this.index))
			.toList();
	}

	@Override
	public @Nullable String invalid(Connection connection, String before) throws SQLException {
		Table found = Indexes.table(connection, this.table);
		if (found == null) {
			return null;
		}
		Index present = (this.index != null) ? named(connection, found) : null;
		List<Index> made = (present != null) ? List.of(present) : since(connection, found, before);
		return Oids.invalidOf(made);
	}

}
