// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

import dev.lockkeeper.process.Applications;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A process that stands still for longer than its lease, and wakes up when another one
 * has finished its work.
 */
@FullTier
class FreezeIT {

	private static final String BETWEEN_CHANGE_SETS = "before 3";

	private static final String INSIDE_A_STATEMENT = "end 3";

	private static final String BETWEEN_PROOF_AND_COMMIT = "commit 3";

	private static final String RENEWAL = "renewal";

	@TempDir
	Path directory;

	@Test
	void aProcessThatWakesUpBeforeItsCommitCommitsNothing() {
		freeze(BETWEEN_PROOF_AND_COMMIT);
	}

	@Test
	void aProcessThatWakesUpElsewhereCommitsNothing() {
		Parallel.forEach(List.of(BETWEEN_CHANGE_SETS, INSIDE_A_STATEMENT, RENEWAL), this::freeze);
	}

	private void freeze(String point) {
		try (GatedMigration migration = new GatedMigration()) {
			Path verdict = this.directory.resolve("verdict " + point);
			String first = RENEWAL.equals(point) ? INSIDE_A_STATEMENT : point;
			migration.close(first);
			try (JavaProcess frozen = migration.start(verdict)) {
				String pid = migration.awaitHeld(first);
				if (!first.equals(point)) {
					migration.close(point);
					migration.awaitHeld(point);
				}
				signal("STOP", frozen);
				if (BETWEEN_CHANGE_SETS.equals(point)) {
					migration.open(point);
					awaitNothingToDo(migration, pid);
				}
				else if (RENEWAL.equals(point)) {
					migration.open(point);
				}
				assertThat(migration.runPlainly()).contains("lockkeeper - the backend of the last holder is gone");
				List<String> history = migration.history();
				signal("CONT", frozen);
				assertThat(frozen.awaitExit(Applications.START)).as(frozen::getOutput).isEqualTo(75);
				assertThat(Applications.read(verdict)).contains("\"status\":\"TEMPORARY\"", "\"code\":75",
						"\"retryable\":true");
				assertThat(migration.history()).isEqualTo(history);
			}
			migration.assertDone();
		}
	}

	private static void awaitNothingToDo(GatedMigration migration, String pid) {
		Awaitility.await("the server has nothing to do for the frozen process")
			.atMost(Applications.START)
			.until(() -> migration.getDatabase()
				.query("SELECT state FROM pg_stat_activity WHERE pid = " + pid)
				.contains("idle in transaction"));
	}

	private static void signal(String name, JavaProcess process) {
		try {
			Process kill = new ProcessBuilder("kill", "-" + name, String.valueOf(process.getPid())).inheritIO().start();
			assertThat(kill.onExit().orTimeout(Applications.START.toSeconds(), TimeUnit.SECONDS).join().exitValue())
				.isZero();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
