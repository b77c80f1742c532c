// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.wording.Plural;

/**
 * One page of HTML that shows what happened to each schema, and what to do. It needs no
 * script and no other resource, and shows every value as text.
 *
 * @since 0.1.0
 */
public final class SchemaPage {

	private static final int REFRESH_SOON = 5;

	private static final int REFRESH_LATER = 30;

	private static final int NAMED = 3;

	private final ModeDecision decision;

	private final PageContext context;

	private final Map<String, SchemaInspection> inspections;

	private final List<SchemaChip> chips;

	private final boolean open;

	private final boolean sql;

	private SchemaPage(ModeDecision decision, PageContext context, Map<String, SchemaInspection> inspections,
			boolean open, boolean sql) {
		this.decision = decision;
		this.context = context;
		this.inspections = inspections;
		this.chips = SchemaChip.bySeverity(inspections);
		this.open = open;
		this.sql = sql;
	}

	/**
	 * Write the page.
	 * @param decision the mode of the process
	 * @param context what all pages have in common
	 * @param inspections the inspections by the names of the schemas
	 * @param open whether this process may serve
	 * @param sql whether the reader may see the SQL of what is missing
	 * @return the page
	 */
	public static String toHtml(ModeDecision decision, PageContext context, Map<String, SchemaInspection> inspections,
			boolean open, boolean sql) {
		return new SchemaPage(decision, context, inspections, open, sql).page().html();
	}

	private Fragment page() {
		List<Fragment> sections = new ArrayList<>();
		this.inspections.forEach((name, inspection) -> sections
			.add(new SchemaSection(this.context, name, inspection, this.decision.mode(), sections.size(), this.sql)
				.toHtml()));
		int refresh = (!this.open || isMoving()) ? REFRESH_SOON : REFRESH_LATER;
		return Fragment.of("document", "policy", Style.POLICY, "refresh", Fragment.of("refresh", "seconds", refresh),
				"title", title(), "style", Fragment.ofStyle(), "header", header(), "main",
				Fragment.join(chips(), Fragment.each(sections, (section) -> section)), "footer", Fragment.of("footer",
						"mode", this.decision.mode(), "reason", this.decision.reason(), "seconds", refresh));
	}

	private boolean isMoving() {
		return this.inspections.values()
			.stream()
			.anyMatch((inspection) -> inspection.run() != null || inspection.state().lock() != null
					|| !inspection.state().status().isServed());
	}

	private String title() {
		List<String> parts = new ArrayList<>(List.of("May serve: " + yesOrNo()));
		if (!this.chips.isEmpty()) {
			int more = this.chips.size() - NAMED;
			parts.add(this.chips.stream()
				.limit(NAMED)
				.map((chip) -> chip.name() + " " + chip.status())
				.collect(Collectors.joining(", ", "", (more > 0) ? " and %d more".formatted(more) : "")));
		}
		parts.add(Words.process(this.context.process()));
		return String.join(" - ", parts);
	}

	private String yesOrNo() {
		return this.open ? "yes" : "no";
	}

	private Fragment header() {
		Outcome outcome = this.open ? Outcome.DONE : Outcome.FAILED;
		return Fragment.of("header", "tone", outcome.tone(), "mark", outcome.mark(), "title", "May serve: " + yesOrNo(),
				"reason", reason(), "process", Words.processToHtml(this.context.process()));
	}

	private Fragment chips() {
		return (this.chips.size() > 1) ? Fragment.of("chips", "chips", Fragment.each(this.chips, SchemaChip::toHtml))
				: Fragment.NONE;
	}

	private String reason() {
		List<String> obstacles = this.chips.stream()
			.filter((chip) -> !chip.status().isServed())
			.map((chip) -> chip.name() + " is " + chip.status())
			.toList();
		if (this.inspections.isEmpty()) {
			return this.open ? "No schema is governed here." : "No schema has been inspected yet.";
		}
		if (this.open) {
			return obstacles.isEmpty() ? "The schema has what this process needs: traffic may flow."
					: "Traffic may flow: this process goes on serving, but another one would not start now; %s."
						.formatted(String.join(", ", obstacles));
		}
		return obstacles.isEmpty() ? "Not ready yet: the inspection of a moment ago has found what is needed."
				: "This process is not ready, and gets no traffic: %s.".formatted(String.join(", ", obstacles));
	}

	/**
	 * Return what a status means.
	 */
	static String meaning(SchemaState state) {
		return switch (state.status()) {
			case CURRENT -> "Everything that this release expects is there, and nothing else.";
			case AHEAD -> "Everything that this release expects is there; a newer release has changed the schema.";
			case PENDING -> count(state.pending().size(), "is missing.", "are missing.");
			case CHANGED ->
				count(state.changed().size(), "differs from what was applied.", "differ from what was applied.");
			case UNREADABLE -> "The schema cannot be read.";
		};
	}

	private static String count(int number, String one, String many) {
		return Words.changeSets(number) + " " + Plural.of(number, one, many);
	}

	/**
	 * Return the tone of a status.
	 */
	static String tone(SchemaStatus status) {
		return switch (status) {
			case CURRENT -> "ok";
			case AHEAD -> "info";
			case PENDING -> "warn";
			case CHANGED, UNREADABLE -> "bad";
		};
	}

	/**
	 * Return a path that distinguishes a status from the others without a colour.
	 */
	static String mark(SchemaStatus status) {
		return switch (status) {
			case CURRENT -> Outcome.DONE.mark();
			case AHEAD -> "M0 8v-15M-6-2l6-6 6 6";
			case PENDING -> "M-6-8h12l-12 16h12zM-6-8l12 16";
			case CHANGED -> "M-8-3h16M-8 3h16M5-9l-10 18";
			case UNREADABLE -> "M-4-4a4 4 0 1 1 5 4q-1 1-1 3M0 8v1";
		};
	}

}
