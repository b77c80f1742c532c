// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.mode;

import org.jspecify.annotations.Nullable;

/**
 * The mode of a process, with the reason for it.
 *
 * @param mode the mode
 * @param reason why it is this one, for people to read
 * @param platform whether the process runs on a recognised platform, whatever the mode is
 * @param test whether the process is a test of Spring Boot's test support
 * @param databaseAllowed whether the process may touch a database at all; ahead-of-time
 * processing and training runs may not
 * @param enabled whether Lockkeeper is switched on
 * @param oneOff what shows that the platform starts this process to run once, when it
 * defers; {@code null} otherwise
 * @since 0.1.0
 */
public record ModeDecision(Mode mode, String reason, boolean platform, boolean test, boolean databaseAllowed,
		boolean enabled, @Nullable OneOffProcess oneOff) {

	/**
	 * Create a decision for a process that the platform does not start to run once, as
	 * far as is known, with Lockkeeper switched on.
	 * @param mode the mode
	 * @param reason why it is this one, for people to read
	 * @param platform whether the process runs on a recognised platform
	 * @param test whether the process is a test of Spring Boot's test support
	 * @param databaseAllowed whether the process may touch a database at all
	 */
	public ModeDecision(Mode mode, String reason, boolean platform, boolean test, boolean databaseAllowed) {
		this(mode, reason, platform, test, databaseAllowed, true, null);
	}

	@Override
	public String toString() {
		return "mode %s (%s)".formatted(this.mode, this.reason);
	}

}
