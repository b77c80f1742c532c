// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import dev.lockkeeper.schema.RunEnd;

/**
 * What became of a run, as the page shows it.
 */
enum Outcome {

	/** The run did what it had to do. */
	DONE("ok", "done", "M-7 0l5 5 9-10"),

	/** Something stood in its way that passes by itself. */
	STOPPED("warn", "stopped", "M-6-6v12M6-6v12"),

	/** The next run fails as well, until the cause is corrected. */
	FAILED("bad", "failed", "M-6-6l12 12M6-6l-12 12"),

	/** Its end was not recorded. */
	CRASHED("bad", "crashed", "M0-8v9M0 6v2"),

	/** It has not ended. */
	RUNNING("info", "running", "M-5-7l11 7-11 7z");

	private final String tone;

	private final String word;

	private final String mark;

	Outcome(String tone, String word, String mark) {
		this.tone = tone;
		this.word = word;
		this.mark = mark;
	}

	static Outcome of(RunEnd end) {
		if (end.isCrash()) {
			return CRASHED;
		}
		if (end.isRetryable()) {
			return STOPPED;
		}
		return end.isFailure() ? FAILED : DONE;
	}

	String tone() {
		return this.tone;
	}

	String word() {
		return this.word;
	}

	/**
	 * Return a path around the origin that distinguishes this outcome from the others
	 * without a colour.
	 */
	String mark() {
		return this.mark;
	}

}
