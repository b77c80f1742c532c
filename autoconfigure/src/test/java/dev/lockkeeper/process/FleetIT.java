// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Many processes that migrate themselves, started at once on an empty database.
 */
class FleetIT {

	private static final int SIZE = "full".equals(System.getProperty("chaos")) ? 16 : 8;

	private static final Duration MAX_INTERVAL = Duration.ofSeconds(5);

	@TempDir
	Path directory;

	@Test
	void exactlyOneMigratesAndNoneFails() {
		TestDatabase database = TestPostgres.shared().createDatabase();
		Path changeLog = Applications.changeLog(this.directory.resolve("fleet.sql"),
				"me:one\ncreate table one (id int primary key);", "me:slow\nselect pg_sleep(15);",
				"me:two\ncreate table two (id int primary key);");
		List<JavaProcess> fleet = new ArrayList<>();
		try {
			for (int i = 0; i < SIZE; i++) {
				fleet.add(Applications.plain(changeLog, database)
					.arguments("--spring.main.web-application-type=none")
					.start());
			}
			assertThat(fleet).allSatisfy(
					(process) -> assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isZero());
			List<Instant> migrated = times(fleet, "lockkeeper - migrated");
			List<Instant> others = times(fleet, "lockkeeper - another process has migrated");
			others.addAll(times(fleet, "lockkeeper - nothing to do"));
			assertThat(migrated).hasSize(1);
			assertThat(others).hasSize(SIZE - 1);
			Instant last = others.stream().max(Instant::compareTo).orElseThrow();
			Duration behind = Duration.between(migrated.get(0), last);
			System.out.println("The last of " + SIZE + " went on " + behind + " after the end of the migration");
			assertThat(behind).isLessThan(MAX_INTERVAL.multipliedBy(5));
		}
		finally {
			fleet.forEach(JavaProcess::close);
		}
		assertThat(database.query("SELECT id FROM databasechangelog ORDER BY orderexecuted")).containsExactly("one",
				"slow", "two");
		assertThat(database.query("SELECT locked FROM databasechangeloglock")).containsExactly("f");
		assertThat(database.query("SELECT lock_until <= timezone('utc', clock_timestamp()) FROM lockkeeper_lock"))
			.containsExactly("t");
		assertThat(database.sessions()).isEmpty();
	}

	private static List<Instant> times(List<JavaProcess> fleet, String text) {
		return new ArrayList<>(fleet.stream()
			.flatMap((process) -> process.getLines().stream())
			.filter((line) -> line.text().contains(text))
			.map(JavaProcess.Line::at)
			.toList());
	}

}
