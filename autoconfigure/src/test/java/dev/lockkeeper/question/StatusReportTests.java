// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.question;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import dev.lockkeeper.actuate.endpoint.SchemaEndpoint;
import dev.lockkeeper.actuate.page.PageContext;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.HistoryMark;
import dev.lockkeeper.schema.LockContention;
import dev.lockkeeper.schema.LockHolder;
import dev.lockkeeper.schema.RunActivity;
import dev.lockkeeper.schema.RunActivity.Blocker;
import dev.lockkeeper.schema.RunEnd;
import dev.lockkeeper.schema.RunOrigin;
import dev.lockkeeper.schema.RunProgress;
import dev.lockkeeper.schema.RunRecord;
import dev.lockkeeper.schema.RunStart;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.schema.SchemaVersion;
import dev.lockkeeper.schema.TimesBlocked;
import dev.lockkeeper.testing.FakeSchema;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The answer to {@code --status}.
 */
class StatusReportTests {

	private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

	private static final ModeDecision DECISION = new ModeDecision(Mode.MIGRATE_ONLY, "--migrate-only is set", false,
			false, true);

	private static final SchemaState EMPTY = new SchemaState(SchemaStatus.PENDING, NOW, null, 0, changeSets(12),
			List.of(), List.of(), null, null);

	private static final SchemaState FULL = new SchemaState(SchemaStatus.CHANGED, NOW,
			new SchemaVersion(new ChangeSetReference("id \"1\"", "me\n", "a/b.yaml"), "v1", NOW, 3), 3, List.of(),
			changeSets(1), changeSets(2), new LockHolder("pod 1", NOW, NOW.plusSeconds(30)), null);

	private static final RunStart START = new RunStart("run-1", "liquibase",
			new RunOrigin("SELF", "harbour", null, "pod-7"), "pod 1", "level", 12, 0, null, Duration.ZERO, NOW, false,
			TimesBlocked.NONE);

	private static final SchemaInspection FAILED = new SchemaInspection(EMPTY,
			RunProgress.of(START, EMPTY, "level",
					new RunActivity(NOW, "SELECT", 0.5, List.of(new Blocker(1, "psql", "me", "active", NOW, null)))),
			List.of(new RunRecord(START, RunEnd.read("MIGRATION", 70, 3, null, new ChangeSetReference("1", "me", "f"),
					"42P07", "relation\nexists", NOW, NOW))));

	static Stream<SchemaInspection> inspections() {
		return Stream.concat(Stream.of(FAILED), states().map(SchemaInspection::of));
	}

	private static Stream<SchemaState> states() {
		return Stream.of(EMPTY, FULL,
				new SchemaState(SchemaStatus.CURRENT, NOW,
						new SchemaVersion(new ChangeSetReference("1", "me", "a.yaml"), null, null, 1), 1, List.of(),
						List.of(), List.of(), new LockHolder("holder", null, null), null));
	}

	@ParameterizedTest
	@MethodSource("inspections")
	void theJsonIsThatOfTheEndpoint(SchemaInspection inspection) {
		SchemaGate gate = new SchemaGate(Clock.fixed(NOW, ZoneOffset.UTC));
		int rows = inspection.state().applied();
		gate.add(new FakeSchema("liquibase").inspection(inspection)
			.mark((connection) -> new HistoryMark(rows, rows, null, null)));
		JsonMapper mapper = JsonMapper.shared();
		String endpoint = mapper.writeValueAsString(new SchemaEndpoint(gate, DECISION,
				PageContext.of(new RunOrigin("MIGRATE_ONLY", "app", null, "job"), "schema", null))
			.schemas());
		String report = report(inspection).toJson();
		assertThat(mapper.readTree(report)).isEqualTo(mapper.readTree(endpoint));
		assertThat(report).endsWith("}\n");
	}

	@Test
	void theJsonIsWrittenInOneOrder() {
		assertThat(report(FULL).toJson())
			.startsWith("{\"mode\":{\"value\":\"%s\",\"reason\":".formatted(DECISION.mode()));
	}

	@Test
	void theTextNamesTenChangeSetsOfALongList() {
		assertThat(report(EMPTY).toText()).startsWith("""
				schema:   liquibase
				status:   PENDING
				version:  none
				applied:  0
				pending:  12
				          f::0::me
				""").contains("f::9::me\n          and 2 more\nunknown:  0\n").doesNotContain("f::10::me");
	}

	@Test
	void theTextHasVersionAndLock() {
		assertThat(report(FULL).toText()).contains("(order 3, tag v1, applied at 2026-01-02T03:04:05Z)",
				"lock:     held by pod 1 since 2026-01-02T03:04:05Z until 2026-01-02T03:04:35Z");
	}

	@Test
	void theTextHasTheLastRunInOneLine() {
		assertThat(report(EMPTY).toText()).endsWith("lock:     free\nlast run: none known\n");
		assertThat(report(FAILED).toText()).endsWith("last run: MIGRATION (70) at 2026-01-02T03:04:05Z, 3 applied by "
				+ "harbour on pod-7, run run-1 (lock not fenced): relation exists\n");
		RunStart blocked = START.blockedBy(new LockContention(1, new ChangeSetReference("1", "me", "f"),
				"did not get a lock on a table within 2s; blocked by pid 77", NOW));
		String once = "\nblocked:  once in run run-1: Attempt 1 of change set f::1::me at 2026-01-02T03:04:05Z: it did not "
				+ "get a lock on a table within 2s; blocked by pid 77\n";
		assertThat(report(
				new SchemaInspection(EMPTY, RunProgress.of(blocked, EMPTY, "level", RunActivity.UNKNOWN), List.of()))
			.toText()).endsWith("\nlast run: none known" + once);
		assertThat(report(new SchemaInspection(EMPTY, null,
				List.of(new RunRecord(blocked, RunEnd.done(1, null, Duration.ZERO, NOW)))))
			.toText()).contains("\nlast run: DONE (0) at ").endsWith(once);
		SchemaInspection crashed = new SchemaInspection(EMPTY, null,
				List.of(new RunRecord(START, RunEnd.crashed(2, null, NOW))));
		assertThat(report(crashed).toText()).contains("last run: CRASHED at 2026-01-02T03:04:05Z, 2 applied by ");
	}

	private static StatusReport report(SchemaState state) {
		return report(SchemaInspection.of(state));
	}

	private static StatusReport report(SchemaInspection inspection) {
		return new StatusReport(DECISION, Map.of("liquibase", inspection));
	}

	private static List<ChangeSetReference> changeSets(int count) {
		return IntStream.range(0, count).mapToObj((i) -> new ChangeSetReference("" + i, "me", "f")).toList();
	}

}
