// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governance;

import java.util.List;

import dev.lockkeeper.mode.Mode;

/**
 * One schema of a process that governs several. Messages about it name the schema, those
 * that were done before it, and those that were not tried.
 *
 * @param name the name of the schema
 * @param before the names of those that were done
 * @param next the names of those that were not tried
 */
record OneOfSeveral(String name, List<String> before, List<String> next) {

	private static final int NAMED = 5;

	/**
	 * Return whether there is no other schema.
	 */
	boolean isAlone() {
		return this.before.isEmpty() && this.next.isEmpty();
	}

	/**
	 * Return what happened to this schema, with its name.
	 */
	String named(String message) {
		boolean named = message.contains("chema " + this.name) || message.contains("ean " + this.name);
		return (named || isAlone()) ? message : "Schema %s: %s".formatted(this.name, message);
	}

	/**
	 * Return what happened to this schema, followed by the state of the others.
	 * @param message what happened
	 * @param mode the mode in which the process handles the schema
	 * @param question whether the process answers a question instead
	 */
	String withOthers(String message, Mode mode, boolean question) {
		String done = question ? "Asked" : (mode == Mode.DEFER) ? "Found as expected" : "Done";
		String pending = question ? "Not asked" : (mode == Mode.DEFER) ? "Not inspected" : "Not tried";
		StringBuilder text = new StringBuilder(message);
		if (!this.before.isEmpty()) {
			append(text, "%s before it: %s.".formatted(done, list(this.before)));
		}
		if (!this.next.isEmpty()) {
			append(text, "%s: %s.".formatted(pending, list(this.next)));
		}
		return text.toString();
	}

	private static void append(StringBuilder text, String sentence) {
		text.append((!text.isEmpty() && text.charAt(text.length() - 1) == '.') ? " " : ". ").append(sentence);
	}

	private static String list(List<String> names) {
		int more = names.size() - NAMED;
		String named = String.join(", ", names.subList(0, Math.min(names.size(), NAMED)));
		return (more > 0) ? "%s and %d more".formatted(named, more) : named;
	}

}
