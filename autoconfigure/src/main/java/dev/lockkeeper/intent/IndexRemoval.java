// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.intent;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.lockkeeper.postgresql.Indexes;
import dev.lockkeeper.postgresql.Indexes.Index;
import org.jspecify.annotations.Nullable;

/**
 * Drops an index concurrently.
 */
final class IndexRemoval extends JudgedOperation {

	private static final Pattern PATTERN = pattern(
			"DROP INDEX CONCURRENTLY (?:IF EXISTS )?(" + NAME + ")(?: (?:CASCADE|RESTRICT))?");

	private final String index;

	private IndexRemoval(String sql, String index) {
		super("DROP INDEX", sql);
		this.index = index;
	}

	static @Nullable Operation read(String sql) {
		Matcher matcher = match(PATTERN, sql);
		return (matcher != null) ? new IndexRemoval(sql, matcher.group(1)) : null;
	}

	@Override
	public @Nullable String subject(Connection connection) throws SQLException {
		Index found = Indexes.find(connection, this.index);
		return (found != null) ? found.name() : null;
	}

	@Override
	public String before(Connection connection) throws SQLException {
		return Oids.write(Indexes.find(connection, this.index));
	}

	@Override
	public Judgement judge(Connection connection, @Nullable String subject, String before) throws SQLException {
		Set<Long> known = Oids.read(before);
		if (known.isEmpty()) {
			return Judgement.notDone("there was no such index before");
		}
		for (long oid : known) {
			if (Indexes.find(connection, oid) != null) {
				return Judgement.notDone("the index %s is still there".formatted(subject));
			}
		}
		return Judgement.done("the index %s is gone".formatted(subject));
	}

	// An invalid index that waits to be dropped slows every write down
	@Override
	public @Nullable String invalid(Connection connection, String before) throws SQLException {
		List<Index> remaining = new ArrayList<>();
		for (long oid : Oids.read(before)) {
			Index index = Indexes.find(connection, oid);
			if (index != null) {
				remaining.add(index);
			}
		}
		return Oids.invalidOf(remaining);
	}

}
