// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.question;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import dev.lockkeeper.actuate.endpoint.SchemaEndpoint;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.HistoryMark;
import dev.lockkeeper.schema.LockHolder;
import dev.lockkeeper.schema.SchemaInspector;
import dev.lockkeeper.schema.SchemaLook;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.schema.SchemaVersion;
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
			new SchemaVersion("id \"1\"", "me\n", "a/b.yaml", "v1", NOW, 3), 3, List.of(), changeSets(1), changeSets(2),
			new LockHolder("pod 1", NOW, NOW.plusSeconds(30)), null);

	static Stream<SchemaState> states() {
		return Stream.of(EMPTY, FULL,
				new SchemaState(SchemaStatus.CURRENT, NOW, new SchemaVersion("1", "me", "a.yaml", null, null, 1), 1,
						List.of(), List.of(), List.of(), new LockHolder("somebody", null, null), null));
	}

	@ParameterizedTest
	@MethodSource("states")
	void theJsonIsThatOfTheEndpoint(SchemaState state) {
		SchemaGate gate = new SchemaGate(Clock.fixed(NOW, ZoneOffset.UTC));
		gate.add(new Known(state), state);
		JsonMapper mapper = JsonMapper.shared();
		String endpoint = mapper.writeValueAsString(new SchemaEndpoint(gate, DECISION).schemas());
		String report = report(state).toJson();
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
	void theTextTellsVersionAndLock() {
		assertThat(report(FULL).toText()).contains("(order 3, tag v1, applied at 2026-01-02T03:04:05Z)",
				"lock:     held by pod 1 since 2026-01-02T03:04:05Z until 2026-01-02T03:04:35Z");
	}

	private static StatusReport report(SchemaState state) {
		return new StatusReport(DECISION, Map.of("liquibase", SchemaLook.of(state)));
	}

	private static List<ChangeSetReference> changeSets(int count) {
		return IntStream.range(0, count).mapToObj((i) -> new ChangeSetReference("" + i, "me", "f")).toList();
	}

	/**
	 * A schema whose state is known.
	 */
	private record Known(SchemaState state) implements SchemaInspector {

		@Override
		public String getName() {
			return "liquibase";
		}

		@Override
		public SchemaState inspect() {
			return this.state;
		}

		@Override
		public HistoryMark mark() {
			return new HistoryMark(this.state.applied(), this.state.applied());
		}

	}

}
