// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.intent;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.lockkeeper.postgresql.Indexes;
import dev.lockkeeper.postgresql.Indexes.Index;
import dev.lockkeeper.postgresql.SqlText;
import dev.lockkeeper.redaction.Redaction;
import org.jspecify.annotations.Nullable;

/**
 * What one statement does, as far as a few patterns recognise it, and whether the catalog
 * shows that it was done. What they do not recognise is executed in a transaction where
 * the server lets it, and cannot be judged where it does not.
 *
 * @since 0.1.0
 */
public abstract class Operation {

	private static final int FLAGS = Pattern.CASE_INSENSITIVE | Pattern.DOTALL | Pattern.UNICODE_CASE;

	static final String IDENTIFIER = "(?:\"(?:[^\"]|\"\")+\"|[\\p{L}_][\\p{L}\\p{N}_$]*)";

	static final String NAME = IDENTIFIER + "(?: ?\\. ?" + IDENTIFIER + ")*";

	private static final Pattern SESSION = pattern(
			"(SET(?! CONSTRAINTS)|RESET|SHOW|LISTEN|UNLISTEN|DEALLOCATE|DISCARD|LOAD)\\b.*"
					+ "|SELECT (pg_catalog ?\\. ?)?set_config ?\\(.*");

	private static final Pattern CONTROL = pattern("(BEGIN|START TRANSACTION|END|COMMIT(?! PREPARED)"
			+ "|ROLLBACK(?! PREPARED)|ABORT|SAVEPOINT|RELEASE)\\b.*");

	private static final Pattern COMMITTING = pattern("(COMMIT|END)\\b.*");

	private static final Pattern CONTROLLING = Pattern
		.compile("\\b(COMMIT|ROLLBACK|BEGIN|START TRANSACTION|END|ABORT|CALL)\\b", FLAGS);

	// Every block begins and ends
	private static final Pattern CONTROLLING_IN_BLOCK = Pattern.compile("\\b(COMMIT|ROLLBACK|CALL)\\b", FLAGS);

	private static final Pattern CONCURRENTLY = Pattern.compile("\\bCONCURRENTLY\\b", FLAGS);

	private static final Pattern BLOCK = pattern("DO\\b.*");

	private static final Pattern CALL = pattern("(CALL|(COMMIT|ROLLBACK) PREPARED|PREPARE TRANSACTION)\\b.*");

	// What they execute may not control the transaction when one was open before
	private static final Pattern NESTED = pattern("(CALL|DO)\\b.*");

	private static final Pattern REPEATABLE = pattern("(VACUUM|ANALYZE|CHECKPOINT|CLUSTER|ALTER SYSTEM)\\b.*");

	private static final int MAXIMUM_SUMMARY_LENGTH = 100;

	private final String kind;

	private final String sql;

	Operation(String kind, String sql) {
		this.kind = kind;
		this.sql = sql;
	}

	/**
	 * Find out what a statement does.
	 * @param sql the statement as it is sent to the server
	 * @return the operation
	 */
	public static Operation of(String sql) {
		return of(SqlText.of(sql));
	}

	/**
	 * Find out what a statement does.
	 * @param read the statement
	 * @return the operation
	 */
	public static Operation of(SqlText read) {
		String text = read.text();
		if (read.statements().size() > 1) {
			return new Plain(CONTROLLING.matcher(text).find() ? Nature.UNKNOWN : Nature.TRANSACTIONAL, text,
					read.statements().stream().map(Operation::recognised).toList());
		}
		if (SESSION.matcher(text).matches()) {
			return new Plain(Nature.SESSION, text);
		}
		if (CONTROL.matcher(text).matches()) {
			return new Plain(COMMITTING.matcher(text).matches() ? Nature.COMMIT : Nature.CONTROL, text);
		}
		if (CALL.matcher(text).matches()
				|| (BLOCK.matcher(text).matches() && CONTROLLING_IN_BLOCK.matcher(text).find())) {
			return new Plain(Nature.UNKNOWN, text);
		}
		if (REPEATABLE.matcher(text).matches()) {
			return new Plain(Nature.REPEATABLE, text);
		}
		return recognised(text);
	}

	private static Operation recognised(String text) {
		Operation operation = IndexCreation.read(text);
		operation = (operation != null) ? operation : IndexRemoval.read(text);
		operation = (operation != null) ? operation : Reindexing.read(text);
		operation = (operation != null) ? operation : Detachment.read(text);
		return (operation != null) ? operation : new Plain(Nature.TRANSACTIONAL, text);
	}

	static Pattern pattern(String regex) {
		return Pattern.compile(regex, FLAGS);
	}

	static @Nullable Matcher match(Pattern pattern, String text) {
		Matcher matcher = pattern.matcher(text);
		return matcher.matches() ? matcher : null;
	}

	/**
	 * Return the operation of a statement that is refused in a transaction.
	 * @return the operation, which cannot be judged
	 */
	public Operation outsideOfTransaction() {
		return new Plain(Nature.UNKNOWN, this.sql, parts());
	}

	List<Operation> parts() {
		return List.of(this);
	}

	/**
	 * Find the index that it has made, by the name that it gives.
	 */
	@Nullable Index findNamed(Connection connection) throws SQLException {
		return null;
	}

	/**
	 * Clear away what a failed statement left behind of which nothing else is known.
	 * @param connection a connection in auto-commit mode
	 * @param before what {@link #before} has noted
	 * @return what was cleared away, or {@code null}
	 * @throws SQLException when the server refuses
	 */
	public static @Nullable String clearAfterFailure(Connection connection, String before) throws SQLException {
		if (!Oids.isAll(before)) {
			return null;
		}
		List<String> dropped = new ArrayList<>();
		for (Index index : Oids.abandonedSince(connection, Indexes.invalidIn(connection, null), before)) {
			if (Indexes.dropInvalid(connection, null, index)) {
				dropped.add(index.name());
			}
		}
		return dropped.isEmpty() ? null
				: "it had left invalid indexes, which were dropped: " + String.join(", ", dropped);
	}

	/**
	 * Return the kind, a word for people.
	 * @return the kind
	 */
	public String getKind() {
		return this.kind;
	}

	/**
	 * Return the statement, without comments.
	 * @return the statement
	 */
	public String getSql() {
		return this.sql;
	}

	/**
	 * Return the statement as messages may show it.
	 * @return its beginning, without credentials
	 */
	public String summary() {
		String text = Redaction.redact(this.sql);
		return (text.length() > MAXIMUM_SUMMARY_LENGTH) ? text.substring(0, MAXIMUM_SUMMARY_LENGTH - 3) + "..." : text;
	}

	/**
	 * Return how it behaves towards transactions.
	 * @return the nature
	 */
	public abstract Nature getNature();

	/**
	 * Return whether it may end the open transaction in which it is executed, as far as
	 * its text shows. A procedure or block that would do so fails in one.
	 * @return whether it cannot be excluded
	 */
	public boolean mayEndTransaction() {
		return switch (getNature()) {
			case CONTROL, COMMIT -> true;
			case UNKNOWN -> parts().size() > 1 || !NESTED.matcher(this.sql).matches();
			default -> false;
		};
	}

	/**
	 * Return whether a lock that is not granted in time would leave something invalid.
	 * @return whether it must wait for locks as long as it takes
	 */
	public boolean waitsForLocks() {
		return false;
	}

	/**
	 * Return what it is about.
	 * @param connection the connection on which it will be executed
	 * @return a qualified name, or {@code null}
	 * @throws SQLException when the server does not answer
	 */
	public @Nullable String subject(Connection connection) throws SQLException {
		return null;
	}

	/**
	 * Clear away what would obstruct it, and what it would skip in silence.
	 * @param connection a connection in auto-commit mode
	 * @return what was cleared away, or {@code null}
	 * @throws SQLException when the server refuses
	 */
	public @Nullable String prepare(Connection connection) throws SQLException {
		return null;
	}

	/**
	 * Read the catalog before it is executed.
	 * @param connection the connection on which it will be executed
	 * @return what {@link #judge} and {@link #invalid} need later
	 * @throws SQLException when the server does not answer
	 */
	public String before(Connection connection) throws SQLException {
		return "";
	}

	/**
	 * Judge by the catalog whether it was done, and clear away what it has half done.
	 * @param connection a connection in auto-commit mode
	 * @param subject what it was about
	 * @param before what was in the catalog before it was begun
	 * @return the judgement
	 * @throws SQLException when the server does not answer or refuses
	 */
	public Judgement judge(Connection connection, @Nullable String subject, String before) throws SQLException {
		return Judgement.impossible("the catalog does not show it");
	}

	/**
	 * Find out whether {@link #judge} cannot decide if it was done. Nothing is changed.
	 * @param connection a connection in auto-commit mode
	 * @param subject what it was about
	 * @param before what was in the catalog before it was begun
	 * @return whether an operator has to decide what became of it
	 * @throws SQLException when the server does not answer
	 */
	boolean isInQuestion(Connection connection, @Nullable String subject, String before) throws SQLException {
		return true;
	}

	/**
	 * Return the indexes that it left invalid.
	 * @param connection the connection on which it was executed
	 * @param before what was in the catalog before
	 * @return the names of the indexes, or {@code null}
	 * @throws SQLException when the server does not answer
	 */
	public @Nullable String invalid(Connection connection, String before) throws SQLException {
		return null;
	}

	/**
	 * How a statement behaves towards transactions.
	 */
	public enum Nature {

		/** It changes the session alone, and is executed in every session anew. */
		SESSION,

		/** It begins or abandons a transaction, or a part of one. */
		CONTROL,

		/** It commits a transaction. */
		COMMIT,

		/** It can be executed in a transaction, unless the server refuses. */
		TRANSACTIONAL,

		/** It stands alone, and does no harm when it is executed again. */
		REPEATABLE,

		/** It stands alone, and the catalog shows whether it was done. */
		JUDGED,

		/** It stands alone, and nothing shows whether it was done. */
		UNKNOWN

	}

	/**
	 * Whether something was done.
	 *
	 * @param verdict the verdict
	 * @param found what was found, for people
	 */
	public record Judgement(Verdict verdict, String found) {

		static Judgement done(String found) {
			return new Judgement(Verdict.DONE, found);
		}

		static Judgement notDone(String found) {
			return new Judgement(Verdict.NOT_DONE, found);
		}

		static Judgement impossible(String found) {
			return new Judgement(Verdict.IMPOSSIBLE, found);
		}

	}

	/**
	 * What a judgement comes to.
	 */
	public enum Verdict {

		/** It was done, and must not be executed again. */
		DONE,

		/** It was not done, or is undone by now, or can be done again. */
		NOT_DONE,

		/** It cannot be decided. */
		IMPOSSIBLE

	}

	/**
	 * What is recognised by its nature alone.
	 */
	private static final class Plain extends Operation {

		private final Nature nature;

		private final List<Operation> parts;

		Plain(Nature nature, String sql) {
			this(nature, sql, List.of());
		}

		Plain(Nature nature, String sql, List<Operation> parts) {
			super(nature.name(), sql);
			this.nature = nature;
			this.parts = parts;
		}

		@Override
		List<Operation> parts() {
			return this.parts;
		}

		// The others may be about what the first one leaves
		@Override
		public @Nullable String prepare(Connection connection) throws SQLException {
			return this.parts.isEmpty() ? null : this.parts.get(0).prepare(connection);
		}

		// Of several statements that are one text, any may build something anywhere
		@Override
		public String before(Connection connection) throws SQLException {
			return isConcurrent() ? Oids.writeAll(Indexes.invalidIn(connection, null)) : "";
		}

		private boolean isConcurrent() {
			return this.nature == Nature.UNKNOWN && CONCURRENTLY.matcher(getSql()).find();
		}

		@Override
		public @Nullable String invalid(Connection connection, String before) throws SQLException {
			List<Index> found = new ArrayList<>();
			for (Operation part : this.parts) {
				Index named = part.findNamed(connection);
				if (named != null) {
					found.add(named);
				}
			}
			if (isConcurrent()) {
				found.addAll(Oids.abandonedSince(connection, Indexes.invalidIn(connection, null), before));
			}
			return Oids.invalidOf(found);
		}

		@Override
		public Nature getNature() {
			return this.nature;
		}

		@Override
		boolean isInQuestion(Connection connection, @Nullable String subject, String before) {
			return this.nature != Nature.REPEATABLE;
		}

		@Override
		public Judgement judge(Connection connection, @Nullable String subject, String before) throws SQLException {
			return (this.nature == Nature.REPEATABLE) ? Judgement.notDone("it does no harm again")
					: super.judge(connection, subject, before);
		}

	}

}
