// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

import dev.lockkeeper.wording.Durations;
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
	 * @param query the first words of the statement that it executes, or has executed
	 * last; without literals
	 */
	public record Blocker(int pid, @Nullable String application, @Nullable String user, @Nullable String state,
			@Nullable Instant since, @Nullable String query) {

		/**
		 * Describe the session, so that an operator can find it.
		 * @param now the time by which its transaction has lasted
		 * @return what the server shows of it
		 */
		public String describe(Instant now) {
			if (this.pid == 0) {
				return "a prepared transaction, see pg_prepared_xacts";
			}
			List<String> facts = new ArrayList<>(List.of("pid " + this.pid));
			if (this.user != null) {
				facts.add("login " + this.user);
			}
			if (this.application != null) {
				facts.add("application " + this.application);
			}
			if (this.state != null) {
				facts.add(this.state);
			}
			if (this.since != null) {
				Duration lasted = Duration.between(this.since, now);
				facts.add("in a transaction for " + Durations
					.inWords(lasted.isNegative() ? Duration.ZERO : lasted.truncatedTo(ChronoUnit.SECONDS)));
			}
			if (this.query != null) {
				facts.add("query: " + this.query);
			}
			return String.join(", ", facts);
		}

	}

}
