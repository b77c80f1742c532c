// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initializers;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The script of Quartz, which drops its tables, never takes a trigger away.
 */
@FullTier
class QuartzTriggersIT {

	private static final String TRIGGERS = "SELECT trigger_name FROM qrtz_triggers ORDER BY 1";

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	void triggersSurviveFurtherMigrationsAndStarts() {
		Harbour.run(Harbour.process(this.database).arguments("--migrate-only"), 0);
		try (JavaProcess first = Harbour.process(this.database).start()) {
			Harbour.post(Harbour.awaitReady(first), "/triggers/Aurora");
		}
		Harbour.run(Harbour.process(this.database).arguments("--migrate-only"), 0);
		Harbour.run(Harbour.process(this.database).arguments("--migrate-only"), 0);
		try (JavaProcess next = Harbour.process(this.database).start()) {
			int port = Harbour.awaitReady(next);
			assertThat(Http.get(port, "/triggers").body()).isEqualTo("[\"Aurora\"]");
			Harbour.useEachFeature(port, "Borealis");
		}
	}

	@Test
	void tablesThatAreThereWithoutARecordAreKept() {
		try (JavaProcess stock = Harbour.process(this.database).arguments("--lockkeeper.initializers=boot").start()) {
			Harbour.post(Harbour.awaitReady(stock), "/triggers/Aurora");
		}
		String output = Harbour.run(Harbour.process(this.database).arguments("--migrate-only"), 0);
		assertThat(output.lines().filter((line) -> line.contains("spring.quartz.jdbc.initialize-schema=never")))
			.singleElement()
			.asString()
			.contains("WARN", "lockkeeper - ");
		assertThat(this.database.query(TRIGGERS)).containsExactly("Aurora");
		Harbour.serveOnce(Harbour.process(this.database));
		assertThat(this.database.query(TRIGGERS)).containsExactly("Aurora");
	}

	@Test
	void aTableThatIsMissingIsMadeAgainWhileTheOthersAreEmpty() {
		String[] quartzAlone = Harbour.neverBut("quartzDataSourceScriptDatabaseInitializer");
		Harbour.run(Harbour.process(this.database).arguments("--migrate-only").arguments(quartzAlone), 0);
		this.database.execute("DROP TABLE qrtz_calendars");
		Harbour.run(Harbour.process(this.database).arguments("--migrate-only").arguments(quartzAlone), 0);
		assertThat(Harbour.tables(this.database)).contains("qrtz_calendars");
	}

	@Test
	void aTableThatIsMissingEndsTheRunWith65WhileAnotherHasRows() {
		Harbour.run(Harbour.process(this.database).arguments("--migrate-only"), 0);
		try (JavaProcess process = Harbour.process(this.database).start()) {
			Harbour.post(Harbour.awaitReady(process), "/triggers/Aurora");
		}
		this.database.execute("DROP TABLE qrtz_calendars");
		assertThat(Harbour.run(Harbour.process(this.database).arguments("--migrate-only"), 65))
			.containsIgnoringCase("qrtz_calendars")
			.containsIgnoringCase("qrtz_triggers");
		assertThat(this.database.query(TRIGGERS)).containsExactly("Aurora");
	}

}
