// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observability;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What the dashboard and the alert rules ask for is what a real Prometheus has scraped
 * from a real application: each name, each label, and each answer.
 */
class DashboardIT {

	private static final Set<String> WORDS = Set.of("and", "or", "unless", "max", "sum", "count", "time",
			"last_over_time", "changes", "topk", "label_replace");

	private static final Pattern GROUPING = Pattern.compile("\\bby\\s*\\(([^)]*)\\)");

	/**
	 * What a panel asks of all applications that the variables choose.
	 */
	private static final Pattern CHOSEN = Pattern
		.compile("lockkeeper_\\w+\\{cluster=~\"\\$cluster\", namespace=~\"\\$namespace\", job=~\"\\$job\"");

	private static final List<String> APPLICATION = List.of("cluster", "namespace", "job");

	/**
	 * Labels of an application that depend on where it is and who scrapes it.
	 */
	private static final Set<String> OPTIONAL = Set.of("cluster", "namespace");

	/**
	 * Names of what is pushed by OTLP, and the names that a scrape has for the same.
	 */
	private static final Map<String, String> PUSHED = Map.of("lockkeeper_run_active_max_seconds",
			"lockkeeper_run_active_seconds_max");

	/**
	 * One application has one mode, and the rules ask for all.
	 */
	private static final Pattern MODE = Pattern.compile("mode!?=\"(?:SELF|DEFER|MIGRATE_ONLY)\"");

	private static final Pattern SELECTOR = Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)\\s*(\\{[^}]*\\})?");

	/**
	 * What the language of annotations has for itself.
	 */
	private static final Pattern WORD = Pattern.compile("\\{\\{\\s*(?:end|else)\\s*\\}\\}");

	/**
	 * What is written of the answer to a query, conditions included.
	 */
	private static final Pattern WITHIN = Pattern.compile("printf `([^`]*)`[^}]*query[^}]*\\}\\}(.*?)\\{\\{ end -");

	/**
	 * What is asked for only while somebody migrates, something is missing, or a run has
	 * failed.
	 */
	private static final Pattern NOW = Pattern.compile(",\\s*(?:host|change_set|status)(?:=~|!=|!~)\"[^\"]*\"");

	/**
	 * The arguments of {@code label_replace}.
	 */
	private static final Pattern TEXT = Pattern.compile(",\\s*\"[^\"]*\"");

	private static final Pattern WHEN = Pattern.compile("\\[[^\\]]*\\]|\\boffset\\s+\\w+");

	private static final Pattern OF_FOUND = Pattern.compile("\\.Labels\\.(\\w+)|label \\\\?\"(\\w+)");

	private static final Pattern MATCHER = Pattern.compile("([a-zA-Z_]\\w*)\\s*(?:=~|!=|!~|=)");

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	@FullTier
	void whatIsAskedForIsWhatIsScraped() {
		Prometheus.require("prometheus");
		try (JavaProcess application = Observed
			.application(this.database, this.directory, "create table one (id int primary key);")
			.arguments("--management.otlp.metrics.export.enabled=false", Observed.NO_EXEMPLARS)
			.start();
				Prometheus prometheus = Prometheus.scraping(application.awaitPort(Observed.START), this.directory)) {
			prometheus.await("lockkeeper_ready");
			for (Asked asked : dashboard()) {
				assertThat(prometheus.query(asked.query())).as(asked.query()).isNotEmpty();
				assertKnown(prometheus, asked);
			}
			assertNoticed(prometheus, new Asked("max by (schema) (lockkeeper_pending)", "{{schema}}"));
			assertNoticed(prometheus, new Asked("max by (pod) (lockkeeper_schema_pending)", ""));
			assertNoticed(prometheus, new Asked("max by (cluster, region) (lockkeeper_schema_pending)", ""));
			assertNoticed(prometheus, new Asked("lockkeeper_schema_pending > 0", "of {{ $labels.tenant }}"));
			assertNoticed(prometheus, new Asked("lockkeeper_schema_status{status=\"BROKEN\"} == 1", ""));
			assertNoticed(prometheus, new Asked("max by (release) (lockkeeper_schema_version)", ""));
			assertNoticed(prometheus, new Asked("label_replace(lockkeeper_next, \"a\", \"\", \"b\", \"c\")", ""));
			for (Asked asked : alerts(prometheus)) {
				assertKnown(prometheus, asked);
				assertThat(prometheus.query(asked.query())).as(asked.query()).isEmpty();
				for (Asked within : asked.within()) {
					assertKnown(prometheus, within);
					assertThat(prometheus.query(within.query())).as(within.query()).isNotEmpty();
				}
			}
		}
	}

	@Test
	void noPanelTakesOneApplicationForAnother() {
		for (Dashboard.Panel panel : Dashboard.panels()) {
			for (JsonNode target : panel.json().get("targets")) {
				String query = target.get("expr").asString();
				assertThat(CHOSEN.matcher(query).results().count()).as(query)
					.isPositive()
					.isEqualTo(query.split("lockkeeper_", -1).length - 1);
				List<List<String>> groupings = GROUPING.matcher(query)
					.results()
					.map((grouping) -> List.of(grouping.group(1).split(",\\s*")))
					.toList();
				assertThat(groupings).as(query).isNotEmpty().allMatch((labels) -> labels.containsAll(APPLICATION));
				assertThat(target.get("legendFormat").asString()).as(panel.title())
					.startsWith("{{cluster}} {{namespace}} {{job}}: ");
			}
		}
	}

	private static List<Asked> dashboard() {
		List<Asked> asked = new ArrayList<>();
		for (Dashboard.Panel panel : Dashboard.panels()) {
			assertThat(panel.title()).isNotBlank();
			panel.targets().forEach((target) -> asked.add(new Asked(target.query(), target.legend())));
		}
		assertThat(asked).hasSizeGreaterThan(10);
		return asked;
	}

	private static List<Asked> alerts(Prometheus prometheus) {
		List<Asked> asked = new ArrayList<>();
		for (JsonNode rule : prometheus.rules()) {
			assertThat(rule.get("health").asString()).as(rule.toString()).isIn("ok", "unknown");
			asked.add(new Asked(rule.get("query").asString(), rule.get("annotations").toString()));
		}
		assertThat(asked).hasSize(6);
		return asked;
	}

	private static void assertKnown(Prometheus prometheus, Asked asked) {
		Set<String> labels = new LinkedHashSet<>();
		collect(GROUPING, asked.query(), labels);
		collect(Dashboard.LABEL, WORD.matcher(asked.shown()).replaceAll(""), labels);
		String bare = MODE.matcher(asked.query()).replaceAll("mode=~\".+\"");
		for (Pattern pattern : List.of(GROUPING, TEXT, WHEN)) {
			bare = pattern.matcher(bare).replaceAll("");
		}
		bare = bare.replaceAll("\\b\\d+\\b", "");
		for (Map.Entry<String, String> name : PUSHED.entrySet()) {
			bare = bare.replace(name.getKey(), name.getValue());
		}
		Matcher selectors = SELECTOR.matcher(bare);
		Set<String> names = new TreeSet<>();
		while (selectors.find()) {
			String name = selectors.group(1);
			if (WORDS.contains(name)) {
				continue;
			}
			names.add(name);
			List<JsonNode> found = prometheus.query(selectors.group());
			assertThat(found).as("%s in %s", selectors.group(), asked.query()).isNotEmpty();
			Set<String> used = new LinkedHashSet<>(labels);
			if (selectors.group(2) != null) {
				collect(MATCHER, selectors.group(2), used);
			}
			used.removeAll(OPTIONAL);
			for (JsonNode series : found) {
				assertThat(series.get("metric").propertyNames()).as("labels of %s in %s", name, asked)
					.containsAll(used);
			}
		}
		assertThat(names).as(asked.query()).isNotEmpty();
	}

	private static void assertNoticed(Prometheus prometheus, Asked wrong) {
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> assertKnown(prometheus, wrong));
	}

	private static void collect(Pattern pattern, String text, Set<String> into) {
		Matcher matcher = pattern.matcher(text);
		while (matcher.find()) {
			for (String label : matcher.group(1).split(",")) {
				if (!label.isBlank()) {
					into.add(label.strip());
				}
			}
		}
	}

	/**
	 * Something that is asked.
	 *
	 * @param query the query
	 * @param shown what is shown of the answer, with its labels
	 */
	private record Asked(String query, String shown) {

		/**
		 * Return what the annotations of an alert ask, of whatever it is about.
		 */
		List<Asked> within() {
			List<Asked> asked = new ArrayList<>();
			Matcher matcher = WITHIN.matcher(this.shown);
			while (matcher.find()) {
				String query = NOW.matcher(matcher.group(1).replace("\\\"", "\"").replace("=\"%s\"", "=~\".*\""))
					.replaceAll("");
				String labels = OF_FOUND.matcher(matcher.group(2))
					.results()
					.map((found) -> "{{ %s }}".formatted((found.group(1) != null) ? found.group(1) : found.group(2)))
					.collect(Collectors.joining());
				assertThat(labels).as(this.shown).isNotEmpty();
				asked.add(new Asked(query, labels));
			}
			assertThat(asked).as(this.shown).isNotEmpty();
			return asked;
		}

	}

}
