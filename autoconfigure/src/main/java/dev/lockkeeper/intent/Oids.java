// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.intent;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import dev.lockkeeper.postgresql.Indexes;
import dev.lockkeeper.postgresql.Indexes.Index;
import org.jspecify.annotations.Nullable;

/**
 * Indexes as they are noted before a statement.
 */
final class Oids {

	private static final String SEPARATOR = " ";

	/**
	 * No index has this identifier. It marks a complete list: an index that is not in it
	 * did not exist.
	 */
	private static final String ALL = "0";

	private Oids() {
	}

	static String write(@Nullable Index index) {
		return (index != null) ? write(List.of(index)) : "";
	}

	static String write(List<Index> indexes) {
		return indexes.stream().map((index) -> String.valueOf(index.oid())).collect(Collectors.joining(SEPARATOR));
	}

	/**
	 * Write all that there are, which may be none.
	 */
	static String writeAll(List<Index> indexes) {
		return (ALL + SEPARATOR + write(indexes)).strip();
	}

	static boolean isAll(String text) {
		return text.equals(ALL) || text.startsWith(ALL + SEPARATOR);
	}

	static Set<Long> read(String text) {
		return text.isBlank() ? Set.of()
				: Arrays.stream(text.split(SEPARATOR)).map(Long::valueOf).collect(Collectors.toSet());
	}

	/**
	 * Return those that did not exist before, and that no session is building. What is
	 * executed in a transaction leaves none.
	 */
	static List<Index> abandonedSince(Connection connection, List<Index> invalid, String before) throws SQLException {
		if (!connection.getAutoCommit()) {
			return List.of();
		}
		Set<Long> known = read(before);
		List<Index> abandoned = new ArrayList<>();
		for (Index index : invalid) {
			if (!known.contains(index.oid()) && Indexes.isAbandoned(connection, index)) {
				abandoned.add(index);
			}
		}
		return abandoned;
	}

	static @Nullable String invalidOf(List<Index> indexes) {
		String names = indexes.stream()
			.filter((index) -> !index.valid())
			.map(Index::name)
			.collect(Collectors.joining(", "));
		return names.isEmpty() ? null : names;
	}

}
