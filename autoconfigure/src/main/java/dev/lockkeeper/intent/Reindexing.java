// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.intent;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import dev.lockkeeper.postgresql.Indexes;
import dev.lockkeeper.postgresql.Indexes.Index;
import dev.lockkeeper.postgresql.SqlText;
import org.jspecify.annotations.Nullable;

/**
 * Builds indexes anew. It can be done again; a concurrent one that was broken off leaves
 * invalid copies behind.
 */
final class Reindexing extends JudgedOperation {

	private static final Pattern PATTERN = pattern(
			"REINDEX (?:\\([^)]*\\) ?)?(INDEX|TABLE|SCHEMA|DATABASE|SYSTEM)(?: CONCURRENTLY)?(?: (" + NAME + "))?");

	private static final Pattern CONCURRENT = pattern("REINDEX[^\"]*\\bCONCURRENTLY\\b.*");

	private final String what;

	private final @Nullable String name;

	private Reindexing(String sql, Matcher matcher) {
		super("REINDEX", sql);
		this.what = matcher.group(1).toUpperCase(Locale.ROOT);
		this.name = matcher.group(2);
	}

	static @Nullable Operation read(String sql) {
		Matcher matcher = match(PATTERN, sql);
		return (matcher != null) ? new Reindexing(sql, matcher) : null;
	}

	@Override
	public @Nullable String subject(Connection connection) throws SQLException {
		if (this.what.equals("TABLE") && this.name != null) {
			Indexes.Table table = Indexes.table(connection, this.name);
			return (table != null) ? table.name() : null;
		}
		if (this.what.equals("INDEX") && this.name != null) {
			Index index = Indexes.find(connection, this.name);
			return (index != null) ? index.name() : this.name;
		}
		return this.name;
	}

	@Override
	public String before(Connection connection) throws SQLException {
		return Oids.write(findInvalid(connection, this.name));
	}

	private List<Index> findInvalid(Connection connection, @Nullable String named) throws SQLException {
		if (named != null && (this.what.equals("INDEX") || this.what.equals("TABLE"))) {
			return Indexes.invalidOf(connection, named);
		}
		return Indexes.invalidIn(connection,
				(this.what.equals("SCHEMA") && named != null) ? SqlText.nameOf(named) : null);
	}

	// By its name, an invalid one is built anew
	@Override
	public @Nullable String prepare(Connection connection) throws SQLException {
		if (this.what.equals("INDEX") || !CONCURRENT.matcher(getSql()).matches()) {
			return null;
		}
		String passedOver = Oids.invalidOf(findInvalid(connection, this.name));
		return (passedOver != null)
				? "it passes over what is invalid (%s); drop that, or rebuild it by its name".formatted(passedOver)
				: null;
	}

	@Override
	public Judgement judge(Connection connection, @Nullable String subject, String before) throws SQLException {
		Set<Long> known = Oids.read(before);
		List<String> dropped = new ArrayList<>();
		for (Index copy : findInvalid(connection, subject)) {
			if (copy.isCopy() && !known.contains(copy.oid()) && Indexes.dropInvalid(connection, null, copy)) {
				dropped.add(copy.name());
			}
		}
		return Judgement.notDone(dropped.isEmpty() ? "it can be done again"
				: "invalid copies, which were dropped: " + String.join(", ", dropped));
	}

	@Override
	public @Nullable String invalid(Connection connection, String before) throws SQLException {
		List<Index> found = findInvalid(connection, this.name);
		if (!this.what.equals("INDEX") || this.name == null) {
			return Oids.invalidOf(Oids.abandonedSince(connection, found, before));
		}
		Stream<Index> rebuilt = Stream.ofNullable(Indexes.find(connection, this.name));
		List<Index> copies = found.stream().filter(Index::isCopy).toList();
		return Oids
			.invalidOf(Stream.concat(rebuilt, Oids.abandonedSince(connection, copies, before).stream()).toList());
	}

}
