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
 * What the dashboard and the alert rules query is what a real Prometheus has scraped from
 * a real application: each name, each label, and each answer.
 */
class DashboardIT {

	private static final Set<String> WORDS = Set.of("and", "or", "unless", "max", "sum", "count", "time",
			"last_over_time", "changes", "increase", "topk", "label_replace");

	private static final Pattern GROUPING = Pattern.compile("\\bby\\s*\\(([^)]*)\\)");

	/**
	 * What a panel queries of all applications that the variables choose.
	 */
	private static final Pattern CHOSEN = Pattern
		.compile("lockkeeper_\\w+\\{cluster=~\"\\$cluster\", namespace=~\"\\$namespace\", job=~\"\\$job\"");

	private static final List<String> APPLICATION = List.of("cluster", "namespace", "job");

	/**
	 * Labels of an application that depend on where it is and what scrapes it.
	 */
	private static final Set<String> OPTIONAL = Set.of("cluster", "namespace");

	/**
	 * Names of what is pushed by OTLP, and the names that a scrape has for the same.
	 */
	private static final Map<String, String> PUSHED = Map.of("lockkeeper_run_active_max_seconds",
			"lockkeeper_run_active_seconds_max");

	/**
	 * One application has one mode, and the rules query all.
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
	 * What is queried only while a migration runs, something is missing, or a run has
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
	void everyQueriedSeriesIsScraped() {
		Prometheus.require("prometheus");
		try (JavaProcess application = Observed
			.application(this.database, this.directory, "create table one (id int primary key);")
			.arguments("--management.otlp.metrics.export.enabled=false", Observed.NO_EXEMPLARS)
			.start();
				Prometheus prometheus = Prometheus.scraping(application.awaitPort(Observed.START), this.directory)) {
			prometheus.await("lockkeeper_ready");
			for (Question question : dashboard()) {
				assertThat(prometheus.query(question.query())).as(question.query()).isNotEmpty();
				assertKnown(prometheus, question);
			}
			assertNoticed(prometheus, new Question("max by (schema) (lockkeeper_pending)", "{{schema}}"));
			assertNoticed(prometheus, new Question("max by (pod) (lockkeeper_schema_pending)", ""));
			assertNoticed(prometheus, new Question("max by (cluster, region) (lockkeeper_schema_pending)", ""));
			assertNoticed(prometheus, new Question("lockkeeper_schema_pending > 0", "of {{ $labels.tenant }}"));
			assertNoticed(prometheus, new Question("lockkeeper_schema_status{status=\"BROKEN\"} == 1", ""));
			assertNoticed(prometheus, new Question("max by (release) (lockkeeper_schema_version)", ""));
			assertNoticed(prometheus, new Question("label_replace(lockkeeper_next, \"a\", \"\", \"b\", \"c\")", ""));
			for (Question question : alerts(prometheus)) {
				assertKnown(prometheus, question);
				assertThat(prometheus.query(question.query())).as(question.query()).isEmpty();
				for (Question within : question.within()) {
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

	private static List<Question> dashboard() {
		List<Question> questions = new ArrayList<>();
		for (Dashboard.Panel panel : Dashboard.panels()) {
			assertThat(panel.title()).isNotBlank();
			panel.targets().forEach((target) -> questions.add(new Question(target.query(), target.legend())));
		}
		assertThat(questions).hasSizeGreaterThan(10);
		return questions;
	}

	private static List<Question> alerts(Prometheus prometheus) {
		List<Question> questions = new ArrayList<>();
		for (JsonNode rule : prometheus.rules()) {
			assertThat(rule.get("health").asString()).as(rule.toString()).isIn("ok", "unknown");
			questions.add(new Question(rule.get("query").asString(), rule.get("annotations").toString()));
		}
		assertThat(questions).hasSize(7);
		return questions;
	}

	private static void assertKnown(Prometheus prometheus, Question question) {
		Set<String> labels = new LinkedHashSet<>();
		collect(GROUPING, question.query(), labels);
		collect(Dashboard.LABEL, WORD.matcher(question.shown()).replaceAll(""), labels);
		String bare = MODE.matcher(question.query()).replaceAll("mode=~\".+\"");
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
			assertThat(found).as("%s in %s", selectors.group(), question.query()).isNotEmpty();
			Set<String> used = new LinkedHashSet<>(labels);
			if (selectors.group(2) != null) {
				collect(MATCHER, selectors.group(2), used);
			}
			used.removeAll(OPTIONAL);
			for (JsonNode series : found) {
				assertThat(series.get("metric").propertyNames()).as("labels of %s in %s", name, question)
					.containsAll(used);
			}
		}
		assertThat(names).as(question.query()).isNotEmpty();
	}

	private static void assertNoticed(Prometheus prometheus, Question wrong) {
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
	 * A query with the text that shows its result.
	 *
	 * @param query the query
	 * @param shown what is shown of the answer, with its labels
	 */
	private record Question(String query, String shown) {

		/**
		 * Return what the annotations of an alert query, of whatever it is about.
		 */
		List<Question> within() {
			List<Question> questions = new ArrayList<>();
			Matcher matcher = WITHIN.matcher(this.shown);
			while (matcher.find()) {
				String query = NOW.matcher(matcher.group(1).replace("\\\"", "\"").replace("=\"%s\"", "=~\".*\""))
					.replaceAll("");
				String labels = OF_FOUND.matcher(matcher.group(2))
					.results()
					.map((found) -> "{{ %s }}".formatted((found.group(1) != null) ? found.group(1) : found.group(2)))
					.collect(Collectors.joining());
				assertThat(labels).as(this.shown).isNotEmpty();
				questions.add(new Question(query, labels));
			}
			assertThat(questions).as(this.shown).isNotEmpty();
			return questions;
		}

	}

}
