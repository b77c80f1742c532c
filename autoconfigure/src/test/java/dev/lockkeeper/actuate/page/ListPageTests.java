// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import java.util.List;

import dev.lockkeeper.schema.AppliedChangeSets;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.RunRecord;
import dev.lockkeeper.schema.RunStart;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.schema.SchemaVersion;
import dev.lockkeeper.schema.TimesBlocked;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The content of the pages that list something of one schema.
 */
class ListPageTests {

	@Test
	void namesEachRunWithItsProcessAndItsFailure() {
		String html = runs("liquibase", Night.before(Night.failed()));
		assertThat(SchemaPageTests.text(html)).contains(
				"Runs of liquibase - harbour 2.4.0 on harbour-5d9c7-xk2vq, DEFER",
				"All that are known, the last one first: 17.",
				"MIGRATION (exit code 70) in 1.4 s, 0 change sets applied, 2026-03-01 02:59:58 UTC (12 min ago)",
				"in change set moorings-1 by harbour in db/changelog/changes/005-moorings.yaml (SQLSTATE 42P07)",
				"ERROR: relation \"moorings\" already exists",
				"By harbour 2.4.0 on harbour-migrate-7xk2p, in mode MIGRATE_ONLY; the schema stayed at board",
				"Run 3f2a9b10-77aa-4e0e-8c15-0d4c6b8d9e21", "from quays to board");
		assertThat(html).doesNotContain("http-equiv=\"refresh\"", "<form").contains("form-action &#39;none&#39;");
		assertThat(SchemaPageTests.text(runs("liquibase", List.of()))).contains("No run is known");
	}

	@Test
	void saysWhichRunsHadALockThatIsNotFenced() {
		RunRecord failed = Night.failed();
		String fence = ", under a lock that is not fenced";
		assertThat(SchemaPageTests.text(runs("liquibase", List.of(withFence(failed, false))))).contains(fence);
		assertThat(SchemaPageTests.text(runs("liquibase", List.of(withFence(failed, true), failed))))
			.doesNotContain(fence);
	}

	@Test
	void saysHowOftenOtherSessionsWereInTheWayOfARun() {
		RunRecord blocked = new RunRecord(Night.stopped().start().blockedBy(Night.contention(1)),
				Night.stopped().end());
		assertThat(SchemaPageTests.text(runs("liquibase", List.of(blocked)))).contains(
				"Rolled back once because other sessions were in the way",
				"Attempt 1 of change set db/changelog/changes/005-moorings.yaml::moorings-1::harbour at "
						+ "2026-03-01T03:11:01Z: it did not get a lock on a table within 2s; blocked by pid 4711");
		assertThat(SchemaPageTests.text(runs("liquibase", List.of(Night.stopped())))).doesNotContain("Rolled back");
	}

	@Test
	void namesEachChangeSetWithItsNumber() {
		AppliedChangeSets applied = AppliedChangeSets.of(Night.NOW, "", history());
		assertThat(SchemaPageTests.text(AppliedPage.toHtml(Night.CONTEXT, "liquibase", applied))).contains(
				"Change sets of liquibase - harbour 2.4.0 on harbour-5d9c7-xk2vq, DEFER",
				"2 change sets are in the history.",
				"2 board by ann in db/b.sql, applied on 2026-03-01 03:11:00 UTC (60 s ago), tag 2.3.0",
				"1 quays by ann in db/a.sql");
		assertThat(SchemaPageTests
			.text(AppliedPage.toHtml(Night.CONTEXT, "liquibase", AppliedChangeSets.of(Night.NOW, "B.SQL", history()))))
			.contains("1 change set has 'B.SQL' in id, author or file.")
			.doesNotContain("quays");
	}

	@Test
	void theFilterIsSentToTheSamePageAlone() throws Exception {
		String html = AppliedPage.toHtml(Night.CONTEXT, "liquibase",
				AppliedChangeSets.of(Night.NOW, Night.SCRIPT, history()));
		assertThat(html).contains("<form method=\"get\"", "form-action &#39;self&#39;", "default-src &#39;none&#39;")
			.doesNotContain("<script", "<img", " action=");
		assertThat(SchemaPageTests.parse(html).getElementsByTagName("input").item(0).getAttributes())
			.satisfies((input) -> assertThat(input.getNamedItem("value").getNodeValue()).isEqualTo(Night.SCRIPT));
	}

	@Test
	void saysThatThereIsMore() {
		AppliedChangeSets applied = new AppliedChangeSets(Night.NOW, "", 1203, history(), null);
		assertThat(AppliedPage.toHtml(Night.CONTEXT, "liquibase", applied))
			.contains("1203 change sets are in the history. Here are the last 2, the last one first.");
	}

	@Test
	void saysWhyTheHistoryCannotBeRead() {
		AppliedChangeSets applied = AppliedChangeSets.unreadable(Night.NOW, "", "The database does not answer.");
		assertThat(AppliedPage.toHtml(Night.CONTEXT, "liquibase", applied)).contains("The history cannot be read.",
				"The database does not answer.");
	}

	@Test
	void leadsBackToAllSchemas() {
		assertThat(runs("liquibase", List.of())).contains("href=\"../../schema\"");
		assertThat(runs("tenants/north", List.of())).contains("href=\"../../../schema\"");
		SchemaInspection inspection = SchemaInspection.of(Night.state(SchemaStatus.PENDING, 1, 0, 0));
		assertThat(RunsPage.toHtml(PageContext.of(Night.PROCESS, "ops/tables", null), "liquibase", inspection))
			.contains("href=\"../../tables\"");
	}

	@Test
	void valuesShowAsText() throws Exception {
		SchemaInspection hostile = Night.named(Night.SCRIPT).values().iterator().next();
		String html = RunsPage.toHtml(Night.CONTEXT, Night.SCRIPT, hostile);
		assertThat(html).doesNotContain("<script", "<img");
		assertThat(SchemaPageTests.parse(html).getDocumentElement().getTextContent()).contains(Night.SCRIPT);
	}

	@Test
	void namesAChangeSetThatHasOnlyAnIdentifier() {
		AppliedChangeSets applied = AppliedChangeSets.of(Night.NOW, "",
				List.of(new SchemaVersion(new ChangeSetReference("2.1", "", ""), null, Night.NOW.minusSeconds(60), 1)));
		assertThat(SchemaPageTests.text(AppliedPage.toHtml(Night.CONTEXT, "flyway", applied)))
			.contains("1 2.1, applied on");
	}

	private static String runs(String schema, List<RunRecord> runs) {
		SchemaState state = Night.state(SchemaStatus.PENDING, 1, 0, 0);
		return RunsPage.toHtml(Night.CONTEXT, schema, new SchemaInspection(state, null, runs));
	}

	private static RunRecord withFence(RunRecord run, boolean fenced) {
		RunStart start = run.start();
		return new RunRecord(new RunStart(start.runId(), start.schema(), start.origin(), start.holder(), start.level(),
				start.pending(), start.rows(), start.from(), start.lockWait(), start.at(), fenced, TimesBlocked.NONE),
				run.end());
	}

	private static List<SchemaVersion> history() {
		return List.of(new SchemaVersion(new ChangeSetReference("quays", "ann", "db/a.sql"), null, null, 1),
				new SchemaVersion(new ChangeSetReference("board", "ann", "db/b.sql"), "2.3.0",
						Night.NOW.minusSeconds(60), 2));
	}

}
