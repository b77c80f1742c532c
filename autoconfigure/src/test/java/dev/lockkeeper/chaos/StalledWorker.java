// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.chaos;

import dev.lockkeeper.chaos.Engine.Outcome;

/**
 * Runs one release on several databases, one after another, in a process that can be
 * frozen.
 */
public final class StalledWorker {

	static final String ENDED = "run %d ended with %d.";

	private StalledWorker() {
	}

	/**
	 * Run.
	 * @param urls the databases
	 */
	public static void main(String[] urls) {
		for (int i = 0; i < urls.length; i++) {
			Outcome outcome = Engine.LOCKKEEPER.run(urls[i], Scenario.NON_TRANSACTIONAL.getRelease());
			System.out.println(ENDED.formatted(i, outcome.code()));
		}
	}

}
