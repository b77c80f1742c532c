// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.schema.SchemaLook;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;

/**
 * One page of HTML that says what happened to each schema, for somebody who sees nothing
 * else. It needs no script and no other resource, and shows every value as text.
 *
 * @since 0.1.0
 */
public final class SchemaPage {

	private static final int REFRESH_SOON = 5;

	private static final int REFRESH_LATER = 30;

	private final ModeDecision decision;

	private final Map<String, SchemaLook> looks;

	private final boolean open;

	private SchemaPage(ModeDecision decision, Map<String, SchemaLook> looks, boolean open) {
		this.decision = decision;
		this.looks = looks;
		this.open = open;
	}

	/**
	 * Write the page.
	 * @param decision the mode of the process
	 * @param looks what was found, by the names of the schemas
	 * @param open whether this process may serve
	 * @return the page
	 */
	public static String toHtml(ModeDecision decision, Map<String, SchemaLook> looks, boolean open) {
		return new SchemaPage(decision, looks, open).page().html();
	}

	private Fragment page() {
		List<Fragment> sections = new ArrayList<>();
		this.looks.forEach((name, look) -> sections
			.add(new SchemaSection(name, look, this.decision.mode(), sections.size()).toHtml()));
		int refresh = isMoving() ? REFRESH_SOON : REFRESH_LATER;
		return Fragment.of("""
				<!DOCTYPE html>
				<html lang="en">
				<head>
				<meta charset="utf-8">
				<meta http-equiv="Content-Security-Policy" content="{}">
				<meta http-equiv="refresh" content="{}">
				<meta name="viewport" content="width=device-width, initial-scale=1">
				<meta name="color-scheme" content="light dark">
				<meta name="robots" content="noindex">
				<title>{}</title>
				<style>{}</style>
				</head>
				<body>
				{}
				<main>
				{}
				</main>
				<footer><p>Mode <b>{}</b>: {}.</p>
				<p>Times are seen from the moment of the look, on the clocks of those who wrote them. This page looks \
				again every {} s; a program reads the same as JSON.</p></footer>
				</body>
				</html>
				""", Style.POLICY, refresh, title(), new Fragment(Style.CSS), header(),
				Fragment.each(sections, (section) -> section), this.decision.mode(), this.decision.reason(), refresh);
	}

	private boolean isMoving() {
		return this.looks.values()
			.stream()
			.anyMatch((look) -> look.run() != null || look.state().lock() != null || !look.state().status().isServed());
	}

	private String title() {
		String states = this.looks.entrySet()
			.stream()
			.map((entry) -> entry.getKey() + " " + entry.getValue().state().status())
			.collect(Collectors.joining(", "));
		return "May serve: %s - %s".formatted(this.open ? "yes" : "no", states);
	}

	private Fragment header() {
		return Fragment.of("""
				<header class="{}"><svg class="icon" viewBox="-12 -12 24 24" aria-hidden="true"><path d="{}"/></svg>\
				<div><h1>May serve: {}</h1><p>{}</p></div></header>""", this.open ? "ok" : "bad",
				this.open ? Outcome.DONE.mark() : Outcome.FAILED.mark(), this.open ? "yes" : "no", reason());
	}

	private String reason() {
		List<String> obstacles = this.looks.entrySet()
			.stream()
			.filter((entry) -> !entry.getValue().state().status().isServed())
			.map((entry) -> entry.getKey() + " is " + entry.getValue().state().status())
			.toList();
		if (this.looks.isEmpty()) {
			return "No schema is governed here.";
		}
		if (this.open) {
			return obstacles.isEmpty() ? "What this process needs of its schema is there: traffic may flow."
					: "Traffic may flow: this process goes on with what it knew before, but would not start now; %s."
						.formatted(String.join(", ", obstacles));
		}
		return obstacles.isEmpty() ? "Not ready yet; the look of a moment ago has found what is needed."
				: "This process is not ready, and gets no traffic: %s.".formatted(String.join(", ", obstacles));
	}

	/**
	 * Return what a status asks somebody to do.
	 */
	static String meaning(SchemaState state) {
		return switch (state.status()) {
			case CURRENT -> "Everything that this release expects is there, and nothing else.";
			case AHEAD -> "Everything that this release expects is there; newer code has been at the schema.";
			case PENDING -> count(state.pending().size(), "is missing.", "are missing.");
			case CHANGED -> count(state.changed().size(), "was applied with another content.",
					"were applied with another content.");
			case UNREADABLE -> "The schema cannot be read.";
		};
	}

	private static String count(int number, String one, String many) {
		return (number == 1) ? "1 change set " + one : "%d change sets %s".formatted(number, many);
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
	 * Return a path that tells a status from the others without a colour.
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
