// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

/**
 * Ends the process of a MIGRATE_ONLY run. A bean of this type replaces the ordinary one,
 * {@link SystemExit}. When a replacement returns, the start is abandoned: no further bean
 * is created, and {@code SpringApplication.run} throws.
 *
 * @since 0.1.0
 */
@FunctionalInterface
public interface ExitStrategy {

	/**
	 * End the process.
	 * @param code the exit code
	 */
	void exit(int code);

	/**
	 * End the process although something hangs in it, on any thread.
	 * @param code the exit code
	 */
	default void halt(int code) {
		exit(code);
	}

}
