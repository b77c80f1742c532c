// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.intent;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.lockkeeper.postgresql.Indexes;
import dev.lockkeeper.postgresql.Indexes.Table;
import dev.lockkeeper.postgresql.Partitions;
import dev.lockkeeper.postgresql.Partitions.Attachment;
import org.jspecify.annotations.Nullable;

/**
 * Detaches a partition concurrently.
 */
final class Detachment extends JudgedOperation {

	private static final Pattern PATTERN = pattern("ALTER TABLE (?:IF EXISTS )?(?:ONLY )?(" + NAME
			+ ")(?: ?\\*)? DETACH PARTITION (" + NAME + ") CONCURRENTLY");

	private static final String SEPARATOR = " of ";

	private final String parent;

	private final String partition;

	private Detachment(String sql, Matcher matcher) {
		super("DETACH PARTITION", sql);
		this.parent = matcher.group(1);
		this.partition = matcher.group(2);
	}

	static @Nullable Operation read(String sql) {
		Matcher matcher = match(PATTERN, sql);
		return (matcher != null) ? new Detachment(sql, matcher) : null;
	}

	@Override
	public @Nullable String subject(Connection connection) throws SQLException {
		Table whole = Indexes.table(connection, this.parent);
		Table part = Indexes.table(connection, this.partition);
		return (whole != null && part != null) ? part.name() + SEPARATOR + whole.name() : null;
	}

	@Override
	public String before(Connection connection) throws SQLException {
		return Partitions.attachment(connection, this.parent, this.partition).name();
	}

	@Override
	public Judgement judge(Connection connection, @Nullable String subject, String before) throws SQLException {
		if (subject == null || before.equals(Attachment.NONE.name())) {
			return Judgement.notDone("there was no such partition before");
		}
		int separator = subject.lastIndexOf(SEPARATOR);
		String part = subject.substring(0, separator);
		String whole = subject.substring(separator + SEPARATOR.length());
		return switch (Partitions.attachment(connection, whole, part)) {
			case ATTACHED -> Judgement.notDone("the partition %s is still attached".formatted(part));
			case NONE -> Judgement.done("the partition %s is detached".formatted(part));
			case PENDING -> {
				Partitions.finishDetaching(connection, whole, part);
				yield Judgement.done("the partition %s was being detached, which was finished".formatted(part));
			}
		};
	}

}
