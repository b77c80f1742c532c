// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.sql.SQLException;

import dev.lockkeeper.intent.UnfinishedException;
import org.jspecify.annotations.Nullable;

/**
 * Whether everything is in the database that the engine takes for committed. Once
 * something is not, the run executes and commits nothing more, and fails at its end even
 * if the engine reports success.
 */
final class RunIntegrity {

	private @Nullable String broken;

	private @Nullable UnfinishedException unfinished;

	/**
	 * Something was rolled back that the engine takes for committed, or cannot be
	 * committed. The first reason stays.
	 * @return the first reason
	 */
	String breakOff(String why) {
		if (this.broken == null) {
			this.broken = why;
		}
		return this.broken;
	}

	/**
	 * A change set stays unfinished. It may be one that is allowed to fail, so that the
	 * engine goes on.
	 */
	void unfinished(UnfinishedException failure) {
		this.unfinished = failure;
	}

	/**
	 * Return whether a change set stays unfinished.
	 */
	boolean isUnfinished() {
		return this.unfinished != null;
	}

	/**
	 * Check that something more may be executed or committed.
	 */
	void require() throws SQLException {
		if (this.unfinished != null) {
			throw this.unfinished;
		}
		if (this.broken != null) {
			throw new SQLException(this.broken);
		}
	}

	/**
	 * Check the same at the end of a run that did not fail.
	 */
	void requireAtEnd() {
		try {
			require();
		}
		catch (UnfinishedException ex) {
			throw new IllegalStateException(ex);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex.getMessage());
		}
	}

}
