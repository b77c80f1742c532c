// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.demo;

import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * What happened when, for people to read.
 */
final class Timeline {

	private final long started = System.nanoTime();

	private final PrintStream out;

	Timeline(PrintStream out) {
		this.out = out;
	}

	void scene(String title) {
		this.out.printf("%n%s%n", title);
	}

	void add(String actor, String event) {
		double seconds = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - this.started) / 1000.0;
		this.out.printf(Locale.ROOT, "  %6.1f s  %-9s %s%n", seconds, actor, event);
	}

}
