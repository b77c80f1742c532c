// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governance;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.migration.MigrationOutcome;
import dev.lockkeeper.migration.RunReference;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.RunEnd;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.schema.SchemaVersion;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The verdict of a process that has migrated several schemas.
 */
class MigrateOnlyTests {

	private static final ChangeSetReference MISSING = new ChangeSetReference("missing", "me", "file");

	@Test
	void everySchemaIsNamedWithItsVersion() {
		Verdict verdict = MigrateOnly.verdict(List.of(outcome("a", 1), outcome("b", 0)));
		assertThat(verdict.message())
			.isEqualTo("1 change set applied in 2 schemas: a at 'tides' by me, b without a change set.");
		assertThat(verdict.applied()).isEqualTo(1);
	}

	@Test
	void ofManySchemasAFewAreNamed() {
		List<MigrationOutcome> outcomes = Stream.of("a", "b", "c", "d", "e", "f", "g")
			.map((name) -> outcome(name, 2))
			.toList();
		assertThat(MigrateOnly.verdict(outcomes).message()).isEqualTo(
				"14 change sets applied in 7 schemas: a at 'tides' by me, b at 'tides' by me, c at 'tides' by me, "
						+ "d at 'tides' by me, e at 'tides' by me and 2 more.");
	}

	@Test
	void nothingToDoIsReportedForAllOfThem() {
		assertThat(MigrateOnly.verdict(List.of(outcome("a", 0), outcome("b", 0))).message())
			.startsWith("Nothing to do in 2 schemas: ");
	}

	@Test
	void remainingChangeSetsAreReportedWithThePositionOfTheSchema() {
		Verdict verdict = new IncompleteMigrationException(outcome("a", 1), 3).toVerdict();
		assertThat(verdict.message()).isEqualTo("The run of schema a ended without a failure, and the schema is "
				+ "PENDING: file::missing::me. The schema is at 'tides' by me, and one change set is missing. Pods that "
				+ "already serve go on serving.");
		assertThat(verdict.schema()).isEqualTo("a");
		assertThat(verdict.applied()).isEqualTo(3);
		assertThat(verdict.runId()).isEqualTo("run");
	}

	private static MigrationOutcome outcome(String schema, int applied) {
		SchemaVersion version = (applied > 0)
				? new SchemaVersion(new ChangeSetReference("tides", "me", "file"), null, null, 1) : null;
		return new MigrationOutcome(new RunReference(schema, "run"),
				RunEnd.done(applied, null, Duration.ofSeconds(1), Instant.EPOCH), new SchemaState(SchemaStatus.PENDING,
						Instant.EPOCH, version, applied, List.of(MISSING), List.of(), List.of(), null, null));
	}

}
