// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.intent;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HexFormat;

import org.jspecify.annotations.Nullable;

/**
 * How far a change set has come that is not one transaction.
 *
 * @param done how many of its statements were done
 * @param digest a digest over those, in their order
 * @param statement the statement that was begun after them, or {@code null} when none was
 * @since 0.1.0
 */
public record Intent(int done, String digest, @Nullable Begun statement) {

	/**
	 * Nothing was begun.
	 */
	public static final Intent NONE = new Intent(0, "", null);

	/**
	 * Return the digest of a statement.
	 * @param sql the statement
	 * @return its digest, of 64 characters
	 */
	public static String digestOf(String sql) {
		try {
			return HexFormat.of()
				.formatHex(MessageDigest.getInstance("SHA-256").digest(sql.getBytes(StandardCharsets.UTF_8)));
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * The next statement has begun.
	 * @param begun the statement
	 * @return what is to be remembered
	 */
	public Intent begin(Begun begun) {
		return new Intent(this.done, this.digest, begun);
	}

	/**
	 * The next statement was done.
	 * @param digestOfStatement its digest
	 * @return what is to be remembered
	 */
	public Intent advance(String digestOfStatement) {
		return new Intent(this.done + 1, digestOf(this.digest + digestOfStatement), null);
	}

	/**
	 * A statement that was begun, and whose end is not known.
	 *
	 * @param digest its digest
	 * @param kind its kind
	 * @param subject what it is about, a qualified name
	 * @param sql the statement, or its beginning when it cannot be judged
	 * @param before what was in the catalog before
	 * @param outcome {@value #DONE} or {@value #NOT_DONE} when an operator or the server
	 * has reported it, {@code null} otherwise
	 */
	public record Begun(String digest, String kind, @Nullable String subject, String sql, String before,
			@Nullable String outcome) {

		/** It was done. */
		public static final String DONE = "done";

		/** It was not done, or is undone. */
		public static final String NOT_DONE = "not done";

		/**
		 * Note a statement that is about to begin.
		 * @param digest its digest
		 * @param operation what it does
		 * @param subject what it is about
		 * @param before what is in the catalog
		 * @return what is to be remembered
		 */
		public static Begun of(String digest, Operation operation, @Nullable String subject, String before) {
			boolean judged = operation.getNature() != Operation.Nature.UNKNOWN;
			return new Begun(digest, operation.getKind(), subject, judged ? operation.getSql() : operation.summary(),
					before, null);
		}

		/**
		 * Return whether an operator has to decide what became of the statement, because
		 * the next run cannot find out. Nothing is changed.
		 * @param connection a connection in auto-commit mode
		 * @return whether it is in question
		 * @throws SQLException when the server does not answer
		 */
		public boolean isInQuestion(Connection connection) throws SQLException {
			return this.outcome == null
					&& (isUnknown() || Operation.of(this.sql).isInQuestion(connection, this.subject, this.before));
		}

		/**
		 * Return whether nothing in the catalog shows what became of the statement. Only
		 * its beginning is noted then.
		 * @return whether its kind is unknown
		 */
		public boolean isUnknown() {
			return this.kind.equals(Operation.Nature.UNKNOWN.name());
		}

		/**
		 * Return the statement as messages may show it.
		 * @return its beginning, without credentials
		 */
		public String summary() {
			return isUnknown() ? this.sql : Operation.of(this.sql).summary();
		}

		/**
		 * The statement has failed, as the server reported.
		 * @return what is to be remembered
		 */
		public Begun failed() {
			return new Begun(this.digest, this.kind, this.subject, this.sql, this.before, NOT_DONE);
		}

	}

}
