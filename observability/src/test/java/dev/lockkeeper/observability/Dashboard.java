// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observability;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The dashboard as its file describes it.
 */
final class Dashboard {

	static final Pattern LABEL = Pattern.compile("\\{\\{\\s*(?:\\$labels\\.)?([a-z]\\w*)\\s*\\}\\}");

	private static final Pattern VARIABLE = Pattern.compile("\\$(?:cluster|namespace|job)\\b");

	private static final Path FILE = Prometheus.RULES.resolveSibling("dashboard.json");

	private Dashboard() {
	}

	static List<Panel> panels() {
		try {
			return JsonMapper.shared()
				.readTree(Files.readString(FILE))
				.get("panels")
				.valueStream()
				.map(Panel::new)
				.toList();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * A panel.
	 *
	 * @param json what the file has of it
	 */
	record Panel(JsonNode json) {

		String title() {
			return this.json.path("title").asString();
		}

		List<Target> targets() {
			return this.json.path("targets").valueStream().map(Target::of).toList();
		}

	}

	/**
	 * What a panel queries, for the applications of all clusters, namespaces and jobs.
	 *
	 * @param query the query
	 * @param legend what is shown of each series of the answer, with its labels
	 * @param instant whether only the last value is queried
	 */
	record Target(String query, String legend, boolean instant) {

		private static Target of(JsonNode json) {
			return new Target(VARIABLE.matcher(json.get("expr").asString()).replaceAll(".*"),
					json.get("legendFormat").asString(), json.path("instant").asBoolean(false));
		}

		/**
		 * Return the name of a series, as a browser shows what Grafana makes of it: a
		 * label that is missing leaves nothing.
		 */
		String nameOf(JsonNode series) {
			return LABEL.matcher(this.legend)
				.replaceAll((label) -> series.get("metric").path(label.group(1)).asString(""))
				.strip()
				.replaceAll("\\s+", " ");
		}

	}

}
