// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.testsupport;

import java.util.Optional;

import org.junit.jupiter.api.Assumptions;

/**
 * A program that some tests need, and that may not be installed. Without it they are
 * skipped with the reason; a build that requires it fails.
 */
public final class Requirement {

	private Requirement() {
	}

	/**
	 * Skip the test, or let it fail, when a program is missing.
	 * @param name its name; the system property {@code <name>.required} makes it required
	 * @param obstacle what is missing, if anything is
	 */
	public static void require(String name, Optional<String> obstacle) {
		if (obstacle.isPresent() && Boolean.getBoolean(name + ".required")) {
			throw new AssertionError(name + " is required: " + obstacle.get());
		}
		Assumptions.assumeTrue(obstacle.isEmpty(), () -> obstacle.orElse(""));
	}

}
