// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.demo;

import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/**
 * What happened when, for people to read.
 */
final class Timeline {

	private final Instant started = Instant.now();

	private final PrintStream out;

	Timeline(PrintStream out) {
		this.out = out;
	}

	void scene(String title) {
		this.out.printf("%n%s%n", title);
	}

	void add(String actor, String event) {
		add(Instant.now(), actor, event);
	}

	void add(Instant at, String actor, String event) {
		double seconds = Duration.between(this.started, at).toMillis() / 1000.0;
		this.out.printf(Locale.ROOT, "  %6.1f s  %-9s %s%n", seconds, actor, event);
	}

}
