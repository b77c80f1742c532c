// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.time.Instant;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * What the server shows of the session in which a run works. What the reading role may
 * not see is {@code null}.
 *
 * @param since since when its transaction, or a statement outside of one, is under way
 * @param statement the kind of statement that is executed, never its text
 * @param progress how much of the phase of that statement is done, from 0 to 1, where the
 * server keeps count
 * @param blockedBy the sessions that it waits for
 * @since 0.1.0
 */
public record RunActivity(@Nullable Instant since, @Nullable String statement, @Nullable Double progress,
		List<Blocker> blockedBy) {

	/**
	 * The activity of an unknown session.
	 */
	public static final RunActivity UNKNOWN = new RunActivity(null, null, null, List.of());

	/**
	 * A session that keeps another one waiting.
	 *
	 * @param pid the process identifier of its backend; 0 for a prepared transaction
	 * @param application the name that it gave itself
	 * @param user the login
	 * @param state what it does
	 * @param since since when its transaction is open
	 */
	public record Blocker(int pid, @Nullable String application, @Nullable String user, @Nullable String state,
			@Nullable Instant since) {
	}

}
