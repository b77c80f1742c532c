// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

import dev.lockkeeper.schema.RunEnd;
import dev.lockkeeper.schema.RunRecord;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaStatus;

/**
 * One schema in brief: its name and its status, with a jump to its section.
 *
 * @param name the name of the schema
 * @param inspection the inspection
 * @param number the number of its section
 */
record SchemaChip(String name, SchemaInspection inspection, int number) {

	/**
	 * Return all schemas, the one that needs an operator most first. Among equals the
	 * order stays.
	 */
	static List<SchemaChip> bySeverity(Map<String, SchemaInspection> inspections) {
		List<SchemaChip> chips = new ArrayList<>();
		inspections.forEach((name, inspection) -> chips.add(new SchemaChip(name, inspection, chips.size())));
		chips.sort(
				Comparator.comparing(SchemaChip::isFailed).thenComparing((chip) -> severity(chip.status())).reversed());
		return List.copyOf(chips);
	}

	private static int severity(SchemaStatus status) {
		return switch (status) {
			case CURRENT -> 0;
			case AHEAD -> 1;
			case PENDING -> 2;
			case CHANGED -> 3;
			case UNREADABLE -> 4;
		};
	}

	SchemaStatus status() {
		return this.inspection.state().status();
	}

	/**
	 * Return whether the schema lacks something because its last run failed.
	 */
	boolean isFailed() {
		return !status().isServed() && outcome() == Outcome.FAILED;
	}

	private Outcome outcome() {
		RunRecord last = this.inspection.lastRun();
		RunEnd end = (last != null) ? last.end() : null;
		if (this.inspection.run() != null) {
			return Outcome.RUNNING;
		}
		return (end != null) ? Outcome.of(end) : Outcome.DONE;
	}

	Fragment toHtml() {
		Outcome outcome = outcome();
		boolean shown = outcome == Outcome.RUNNING || (!status().isServed() && outcome != Outcome.DONE);
		return Fragment.of("chip", "tone", isFailed() ? Outcome.FAILED.tone() : SchemaPage.tone(status()), "number",
				this.number, "mark", SchemaPage.mark(status()), "schema", this.name, "status", status(), "outcome",
				shown ? ", run " + outcome.word() : "");
	}

}
