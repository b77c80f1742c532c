// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.IntStream;

import dev.lockkeeper.testsupport.CpuQuota;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * A process on a slow CPU does not take itself for a database that does not answer.
 */
@FullTier
class SlowCpuIT {

	private static final Duration TIMEOUT = Duration.ofMinutes(15);

	private static final String SHORT = "--lockkeeper.database-wait=1s";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	void aQuestionIsAnsweredHoweverSlowlyTheChangelogIsParsed() {
		try (JavaProcess process = Applications.plain(changeLog(500), this.database)
			.jvmArguments("-Xint")
			.arguments("--migrate-only", "--status", SHORT)
			.start()) {
			assertThat(process.awaitExit(TIMEOUT)).as(process::getOutput).isEqualTo(4);
			assertThat(process.getOutput()).contains("pending:  500");
		}
	}

	@Test
	void aRunWithATenthOfACpuEndsWell() {
		Optional<CpuQuota> quota = CpuQuota.of(10);
		assumeThat(quota).as("a control group that this user may create").isPresent();
		try (CpuQuota tenth = quota.get();
				JavaProcess process = Applications.migrateOnly(changeLog(300), this.database, SHORT)) {
			tenth.limit(process);
			int code = process.awaitExit(TIMEOUT);
			assertThat(code).as(process::getOutput).isIn(0, 75);
			if (code == 75) {
				assertThat(process.getOutput()).contains("lease lost");
			}
			else {
				assertThat(this.database.query("SELECT count(*) FROM databasechangelog")).containsExactly("300");
			}
		}
	}

	private Path changeLog(int changeSets) {
		return Applications.changeLog(this.directory.resolve("many.sql"), IntStream.rangeClosed(1, changeSets)
			.mapToObj((number) -> "me:%d\ninsert into ship values (%d);".formatted(number, number))
			.map((changeSet) -> changeSet.startsWith("me:1\n") ? "me:1\ncreate table ship (id int);" : changeSet)
			.toArray(String[]::new));
	}

}
