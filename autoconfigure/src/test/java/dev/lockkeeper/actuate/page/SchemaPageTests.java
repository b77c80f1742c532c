// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import java.io.StringReader;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.schema.RunEnd;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The content of the page, without a browser.
 */
class SchemaPageTests {

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			CURRENT                   | yes | CURRENT    | Everything that this release expects is there, and nothing
			AHEAD                     | yes | AHEAD      | a newer release has changed the schema.
			PENDING                   | no  | PENDING    | 3 change sets are missing.
			EMPTY                     | no  | PENDING    | 2 change sets are missing.
			FAILED                    | no  | PENDING    | 1 change set is missing.
			CHANGED                   | yes | CHANGED    | 1 change set differs from what was applied.
			UNREADABLE                | yes | UNREADABLE | The schema cannot be read.
			UNREADABLE_FROM_THE_START | no  | UNREADABLE | The schema cannot be read.
			""")
	void saysWhetherToServeTheStatusAndWhatItMeans(Scene scene, String serves, String status, String meaning) {
		assertThat(text(scene)).contains("May serve: " + serves, status, meaning);
		assertThat(scene.toHtml()).contains("<title>May serve: " + serves + " - liquibase " + status
				+ " - harbour 2.4.0 on harbour-5d9c7-xk2vq, DEFER</title>");
	}

	@Test
	void saysWhyNothingMayBeServedOrAllTheSame() {
		assertThat(text(Scene.PENDING)).contains("gets no traffic: liquibase is PENDING.");
		assertThat(text(Scene.CHANGED)).contains("but another one would not start now; liquibase is CHANGED.");
		assertThat(text(Scene.SEVERAL)).contains("tenants/north is PENDING, tenants/south is UNREADABLE.");
		assertThat(text(Scene.NOTHING)).contains("No schema is governed here.");
	}

	@Test
	void namesTheVersionWithItsAge() {
		assertThat(text(Scene.CURRENT)).contains("board", "Tag 2.3.0", "in db/changelog/changes/004-board.yaml",
				"Number 14 of the history, applied on 2026-02-23 03:12:00 UTC (6 d ago)");
		assertThat(text(Scene.EMPTY)).contains("Nothing has been applied yet.");
		assertThat(text(Scene.UNREADABLE)).contains("board",
				"What follows is from the last inspection that succeeded.");
		assertThat(text(Scene.UNREADABLE_FROM_THE_START)).contains("unknown").doesNotContain("What follows");
	}

	@Test
	void namesWhatIsMissingUnknownAndChanged() {
		assertThat(text(Scene.PENDING)).contains("Missing: 3",
				"moorings-3 by harbour in db/changelog/changes/007-moorings.yaml", "14 applied, 3 missing");
		assertThat(text(Scene.MANY_PENDING)).contains("moorings-10 by", "and 3 more").doesNotContain("moorings-11");
		assertThat(text(Scene.AHEAD)).contains("Not known to this release: 2");
		assertThat(text(Scene.CHANGED)).contains("Changed: 1");
	}

	@Test
	void namesTheRunInProgressAndHowFarItIs() {
		assertThat(text(Scene.RUNNING)).contains("Run in progress", "Change set 2 of 3", "moorings-1",
				"CREATE INDEX CONCURRENTLY for 60 s, 50 % of a phase",
				"Run 9c41d7e2 of harbour 2.4.0 on harbour-migrate-7xk2p, in mode MIGRATE_ONLY",
				"Started on 2026-03-01 03:10:25 UTC (95 s ago), after a wait of 12.0 s for the lock",
				"A run is in progress: wait for its end.");
		assertThat(Scene.RUNNING.toHtml()).contains("aria-label=\"50 % of what was pending\"");
	}

	@Test
	void namesWhatTheRunWaitsFor() {
		assertThat(text(Scene.BLOCKED)).contains("Run in progress, blocked",
				"The run waits for session 4711, application psql, login bob, idle in transaction, "
						+ "transaction open for 31 min, last statement UPDATE berth SET. Wait until its transaction ends, "
						+ "or end the session",
				"SELECT pg_terminate_backend(4711);", "The run waits for a prepared transaction. Find it",
				"FROM pg_prepared_xacts WHERE database = current_database()");
	}

	@Test
	void saysBetweenTwoAttemptsWhatWasInTheWay() {
		String again = "it did not get a lock on a table within 2s; blocked by pid 4711, login bob, application psql, "
				+ "idle in transaction, in a transaction for 31m, query: UPDATE berth SET taken = ?";
		assertThat(text(Scene.BETWEEN_ATTEMPTS))
			.contains("Rolled back 2 times because other sessions were in the way",
					"Attempt 2 of change set db/changelog/changes/005-moorings.yaml::moorings-1::harbour at "
							+ "2026-03-01T03:11:02Z: " + again,
					"Rolled back once because other sessions were in the way");
		assertThat(Scene.BETWEEN_ATTEMPTS.toHtml()).contains("<div class=\"card warn\" role=\"status\">");
		assertThat(Scene.RUNNING.toHtml()).contains("<div class=\"card info\" role=\"status\">");
		assertThat(text(Scene.RUNNING)).doesNotContain("Rolled back");
	}

	@Test
	void namesTheHolderOfTheLock() {
		assertThat(text(Scene.LOCKED)).contains("Held by lockkeeper harbour harbour-migrate-7xk2p 5f0c",
				"Since 2026-03-01 03:10:25 UTC (95 s ago)", "Until 2026-03-01 03:12:22 UTC (in 22 s)",
				"Another process holds the lock: wait until it has released it.");
	}

	@Test
	void saysWhyTheLastRunFailed() {
		assertThat(text(Scene.FAILED)).contains("Last run: MIGRATION (exit code 70)", "Run 3f2a9b10 failed 12 min ago",
				"in change set moorings-1 by harbour in db/changelog/changes/005-moorings.yaml (SQLSTATE 42P07)",
				"ERROR: relation \"moorings\" already exists", "0 change sets applied; the schema stayed at board",
				"A change set failed. Correct the change set and build the release again; another run fails as well before "
						+ "that. Then run the migration.",
				"The last run failed: see why, and correct that first.");
		assertThat(text(Scene.STOPPED)).contains("Run 71cc0d3e stopped 12 min ago",
				"it goes on where this run stopped. The next run may succeed.");
		assertThat(text(Scene.CRASHED)).contains("Run 0d9e8f7a crashed; noticed 12 min ago",
				"its process died, or could not write it.", "There is nothing to clean up: run the migration again.");
		assertThat(text(Scene.CURRENT)).contains("was done 6 d ago");
	}

	@Test
	void showsTheRunsWithTheirDurationsAndOutcomes() {
		String text = text(Scene.FAILED);
		assertThat(text).contains("failed (MIGRATION) in 1.4 s, started 2026-03-01 02:59:58 UTC, 0 applied",
				"done (DONE) in 12 min 34 s", "stopped (TEMPORARY) in 30.0 s", "and 5 before them");
		assertThat(text(Scene.CRASHED)).contains("crashed (CRASHED) after an unknown time");
		assertThat(text(Scene.RUNNING)).contains("running since 2026-03-01 03:10:25 UTC");
		assertThat(text(Scene.EMPTY)).contains("No run is known yet.");
		assertThat(Pattern.compile("<rect class=\"(done|failed|stopped)\"").matcher(Scene.FAILED.toHtml()).results())
			.hasSize(RunChart.RUNS);
	}

	@Test
	void theLongerTheRunTheHigherTheColumn() {
		Times times = new Times(Night.NOW);
		String chart = RunChart.of(List.of(Night.done(1, 100), Night.done(2, 100_000)), null, times).toSvg("x").html();
		double[] heights = Pattern.compile("height=\"([0-9.]+)em\"")
			.matcher(chart)
			.results()
			.mapToDouble((match) -> Double.parseDouble(match.group(1)))
			.toArray();
		assertThat(heights).hasSize(2);
		assertThat(heights[0]).isLessThan(heights[1]);
	}

	@ParameterizedTest
	@CsvSource({ "CURRENT,30", "AHEAD,30", "CHANGED,5", "PENDING,5", "RUNNING,5", "UNREADABLE,5", "NOTHING,30" })
	void refreshesSoonerWhileSomethingNeedsAttention(Scene scene, int seconds) {
		assertThat(scene.toHtml()).contains("http-equiv=\"refresh\" content=\"%d\"".formatted(seconds));
	}

	@ParameterizedTest
	@EnumSource
	void isWellFormedAndNeedsNothingElse(Scene scene) throws Exception {
		String html = scene.toHtml();
		Document document = parse(html);
		assertThat(document.getElementsByTagName("section").getLength()).isEqualTo(scene.inspections().size());
		for (String element : new String[] { "script", "img", "link", "iframe", "object", "form", "input" }) {
			assertThat(document.getElementsByTagName(element).getLength()).as(element).isZero();
		}
		assertThat(html).doesNotContain("http://", "https://", "url(", "@import", " style=")
			.contains("default-src 'none'".replace("'", "&#39;"));
	}

	@Test
	void valuesShowAsText() throws Exception {
		String html = Scene.HOSTILE.toHtml();
		assertThat(html).doesNotContain("<script", "<img");
		assertThat(parse(html).getDocumentElement().getTextContent()).contains(Night.SCRIPT);
		assertThat(Fragment.of("link", "address", "\"&'<>", "words", "\u0000\u0007\n").html())
			.isEqualTo("<a href=\"&quot;&amp;&#39;&lt;&gt;\">\uFFFD\uFFFD\n</a>");
	}

	@Test
	void namesTheProcessInTitleAndHead() {
		assertThat(text(Scene.PENDING)).contains("harbour 2.4.0 on harbour-5d9c7-xk2vq, mode DEFER");
		assertThat(Scene.SEVERAL.toHtml()).contains("<title>May serve: no - tenants/north PENDING, "
				+ "tenants/south UNREADABLE, orders CURRENT - harbour 2.4.0 on harbour-5d9c7-xk2vq, DEFER</title>");
	}

	@Test
	void theSchemaThatNeedsAnOperatorMostComesFirstAndJumpsToItsSection() throws Exception {
		assertThat(SchemaChip.bySeverity(Scene.SEVERAL.inspections()).stream().map(SchemaChip::name))
			.containsExactly("tenants/north", "tenants/south", "orders");
		NodeList links = parse(Scene.SEVERAL.toHtml()).getElementsByTagName("nav")
			.item(0)
			.getOwnerDocument()
			.getElementsByTagName("a");
		assertThat(((Element) links.item(0)).getAttribute("href")).isEqualTo("#s1");
		assertThat(links.item(0).getTextContent()).isEqualTo("tenants/north PENDING, run failed");
		assertThat(Scene.SEVERAL.toHtml()).contains("<h2 id=\"s1\">tenants/north</h2>");
		assertThat(Scene.PENDING.toHtml()).doesNotContain("<nav");
	}

	@Test
	void saysTheCommandOfTheNextStep() {
		String migrate = "java -jar application.jar --migrate-only";
		assertThat(commands(Scene.PENDING)).containsExactly(migrate);
		assertThat(commands(Scene.FAILED)).containsExactly(migrate);
		assertThat(commands(Scene.CRASHED)).contains(migrate);
		assertThat(commands(Scene.BLOCKED)).first().isEqualTo("SELECT pg_terminate_backend(4711);");
		assertThat(commands(Scene.RUNNING)).isEmpty();
		assertThat(commands(Scene.CURRENT)).isEmpty();
		assertThat(commands(Scene.LOCKED)).isEmpty();
	}

	private static List<String> commands(Scene scene) {
		return Pattern.compile("<p class=\"command\"><code>(.*?)</code>")
			.matcher(scene.toHtml())
			.results()
			.map((match) -> match.group(1))
			.toList();
	}

	@ParameterizedTest
	@CsvSource({ "harbour.jar, java -jar harbour.jar", "/app/harbour-2.4.0.jar, java -jar /app/harbour-2.4.0.jar",
			"harbour.war, java -jar harbour.war", "target/classes:lib/a.jar, java -jar application.jar",
			"'', java -jar application.jar", "/o k/harbour.jar, java -jar application.jar",
			"$(x).jar, java -jar application.jar" })
	void theCallIsThatOfTheArchiveThatRuns(String classPath, String call) {
		assertThat(Commands.call(classPath)).isEqualTo(call);
	}

	@ParameterizedTest
	@EnumSource(names = { "DONE", "CHANGELOG", "UNAVAILABLE", "MIGRATION", "TEMPORARY", "PERMISSION", "CONFIG",
			"TERMINATED" })
	void advisesByTheExitStatusOfTheRun(ExitStatus status) {
		RunEnd end = RunEnd.read(status.name(), status.getCode(), 0, null, null, null, null, Night.NOW, Night.NOW);
		Advice advice = Advice.of(end);
		assertThat(advice.words()).endsWith(".");
		if (status == ExitStatus.DONE) {
			assertThat(advice.command()).isNull();
		}
		else {
			assertThat(advice.words()).startsWith(status.getMeaning());
			assertThat(advice.command()).startsWith("java -jar ").contains("--migrate-only");
		}
	}

	@Test
	void theNamesOfSchemasArePartsOfTheAddresses() {
		assertThat(Scene.SEVERAL.toHtml()).contains("href=\"schema/tenants/north\"",
				"href=\"schema/tenants/north/runs\"", "href=\"schema/tenants/north/applied\"");
		assertThat(Scene.HOSTILE.toHtml()).contains("href=\"schema/%3Cscript%3Edocument");
	}

	@Test
	void leadsToTheSqlOfWhatIsMissingWhereThatIsShown() {
		String link = "<a href=\"schema/liquibase/sql\">The SQL of what is missing</a>";
		assertThat(Scene.PENDING.toHtml()).contains(link);
		assertThat(Scene.PENDING.toHtml(false)).contains("Missing: 3").doesNotContain("/sql");
		assertThat(Scene.CURRENT.toHtml()).doesNotContain("/sql");
		assertThat(Scene.CHANGED.toHtml()).doesNotContain("/sql");
		assertThat(Scene.SEVERAL.toHtml()).contains("href=\"schema/tenants/north/sql\"");
	}

	@ParameterizedTest
	@CsvSource({ "0, just now", "1, 1 s ago", "119, 119 s ago", "120, 2 min ago", "7199, 119 min ago", "7200, 2 h ago",
			"172799, 47 h ago", "172800, 2 d ago", "-22, in 22 s" })
	void wordsTimesAsPeopleDo(long seconds, String words) {
		assertThat(new Times(Night.NOW).relative(Night.NOW.minusSeconds(seconds))).isEqualTo(words);
	}

	@ParameterizedTest
	@CsvSource({ "812, 812 ms, <1s", "1526, 1.5 s, 1s", "754000, 12 min 34 s, 12m", "7260000, 2 h 1 min, 2h" })
	void saysDurations(long millis, String exact, String brief) {
		assertThat(Times.exact(Duration.ofMillis(millis))).isEqualTo(exact);
		assertThat(Times.brief(Duration.ofMillis(millis))).isEqualTo(brief);
	}

	private static String text(Scene scene) {
		return text(scene.toHtml());
	}

	static String text(String html) {
		return html.replaceAll("(?s)<style>.*?</style>", "")
			.replaceAll("<[^>]*>", "")
			.replace("&quot;", "\"")
			.replace("&#39;", "'")
			.replace("&amp;", "&");
	}

	// The page is XML, too, but for its void elements
	static Document parse(String html) throws Exception {
		DocumentBuilder builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
		String xml = html.replaceFirst("<!DOCTYPE html>\\s*", "").replaceAll("(<meta [^>]*)>", "$1/>");
		return builder.parse(new InputSource(new StringReader(xml)));
	}

}
