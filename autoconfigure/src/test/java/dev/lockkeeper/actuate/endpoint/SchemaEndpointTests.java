// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.endpoint;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Objects;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.lockkeeper.actuate.page.PageContext;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.question.PendingSql;
import dev.lockkeeper.schema.ChangeSetReference;
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
import dev.lockkeeper.schema.SchemaUnreadableException;
import dev.lockkeeper.schema.SchemaVersion;
import dev.lockkeeper.schema.TimesBlocked;
import dev.lockkeeper.testing.FakeSchema;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.actuate.endpoint.Show;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The contract of the JSON: names, order and form of every member.
 */
class SchemaEndpointTests {

	/**
	 * That of an application which leaves out what is not there.
	 */
	private static final JsonMapper MAPPER = JsonMapper.builder()
		.changeDefaultPropertyInclusion((inclusion) -> inclusion.withValueInclusion(JsonInclude.Include.NON_NULL))
		.build();

	private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

	private static final ChangeSetReference CHANGE_SET = new ChangeSetReference("3", "me", "db/a.sql");

	private static final SchemaState CURRENT = new SchemaState(SchemaStatus.CURRENT, NOW,
			new SchemaVersion(new ChangeSetReference("2", "me", "db/a.sql"), "v2", NOW.minusSeconds(9), 2), 2,
			List.of(), List.of(), List.of(), null, null);

	private static final SchemaState PENDING = new SchemaState(SchemaStatus.PENDING, NOW, null, 0, List.of(CHANGE_SET),
			List.of(), List.of(), new LockHolder("app pod/1", NOW.minusSeconds(20), NOW), null);

	private static final RunStart START = new RunStart("run-1", "liquibase",
			new RunOrigin("MIGRATE_ONLY", "app", "1.2.3", "pod"), "app pod/1", "level", 1, 0, null,
			Duration.ofMillis(40), NOW.minusSeconds(20), true, TimesBlocked.NONE);

	private static final RunStart BLOCKED = START
		.blockedBy(new LockContention(1, CHANGE_SET, "did not get a lock", NOW.minusSeconds(15)))
		.blockedBy(new LockContention(2, CHANGE_SET,
				"did not get a lock on a table within 2s; blocked by pid 77, query: UPDATE berth SET",
				NOW.minusSeconds(5)));

	private static final String NEVER = "\"timesBlocked\":0,\"lastBlocked\":null";

	private static final String TWICE = """
			"timesBlocked":2,"lastBlocked":"Attempt 2 of change set db/a.sql::3::me at 2026-01-02T03:04:00Z: it did not get \
			a lock on a table within 2s; blocked by pid 77, query: UPDATE berth SET\"""";

	private static final RunEnd DONE = RunEnd.read("DONE", 0, 2, "db/a.sql::2::me", null, null, null,
			NOW.minusSeconds(20), NOW.minusSeconds(19));

	private static final RunEnd FAILED = RunEnd.read("MIGRATION", 70, 0, null, CHANGE_SET, "42P07",
			"relation \"a\" already exists", NOW.minusSeconds(20), NOW.minusSeconds(19));

	private static final String NOTHING_RUNS = """
			{"mode":{"value":"DEFER","reason":"set"},"schemas":{"liquibase":{"status":"CURRENT",\
			"checkedAt":"2026-01-02T03:04:05Z","engine":null,"version":{"id":"2","author":"me","file":"db/a.sql","tag":"v2",\
			"appliedAt":"2026-01-02T03:03:56Z","order":2},"applied":2,"pending":{"total":0,"first":[]},\
			"unknown":{"total":0,"first":[]},"changed":{"total":0,"first":[]},"lock":null,"run":null,\
			"lastRun":%s,"problem":null}}}""";

	private static final String LAST_DONE = """
			{"runId":"run-1","status":"DONE","code":0,"mode":"MIGRATE_ONLY","application":"app","version":"1.2.3",\
			"host":"pod","holder":"app pod/1","fenced":true,"from":null,"to":"db/a.sql::2::me","applied":2,"changeSet":null,\
			"sqlState":null,"message":null,"lockWaitMs":40,"timesBlocked":0,"lastBlocked":null,"startedAt":"2026-01-02T03:03:45Z",\
			"finishedAt":"2026-01-02T03:03:46Z","durationMs":1000}""";

	private static final String LAST_FAILED = """
			{"runId":"run-1","status":"MIGRATION","code":70,"mode":"MIGRATE_ONLY","application":"app","version":"1.2.3",\
			"host":"pod","holder":"app pod/1","fenced":true,"from":null,"to":null,"applied":0,\
			"changeSet":{"id":"3","author":"me","file":"db/a.sql"},"sqlState":"42P07",\
			"message":"relation \\"a\\" already exists","lockWaitMs":40,"timesBlocked":0,"lastBlocked":null,"startedAt":"2026-01-02T03:03:45Z",\
			"finishedAt":"2026-01-02T03:03:46Z","durationMs":1000}""";

	private static final String LAST_CRASHED = """
			{"runId":"run-1","status":"CRASHED","code":null,"mode":"MIGRATE_ONLY","application":"app","version":"1.2.3",\
			"host":"pod","holder":"app pod/1","fenced":true,"from":null,"to":null,"applied":0,"changeSet":null,"sqlState":null,\
			"message":"The end of the run was not recorded: its process died, or could not write it.","lockWaitMs":40,\
			"timesBlocked":0,"lastBlocked":null,"startedAt":"2026-01-02T03:03:45Z","finishedAt":"2026-01-02T03:04:05Z","durationMs":null}""";

	private static final String RUNNING = """
			{"status":"PENDING","checkedAt":"2026-01-02T03:04:05Z","engine":null,"version":null,"applied":0,\
			"pending":{"total":1,"first":[{"id":"3","author":"me","file":"db/a.sql"}]},\
			"unknown":{"total":0,"first":[]},"changed":{"total":0,"first":[]},\
			"lock":{"holder":"app pod/1","since":"2026-01-02T03:03:45Z","until":"2026-01-02T03:04:05Z"},\
			"run":{"runId":"run-1","mode":"MIGRATE_ONLY","application":"app","host":"pod","fenced":true,\
			"startedAt":"2026-01-02T03:03:45Z","lockWaitMs":40,\
			"changeSet":{"id":"3","author":"me","file":"db/a.sql"},"number":1,"of":1,%s},"lastRun":null,"problem":null}""";

	private final FakeSchema inspector = unreadable("liquibase");

	private Duration later = Duration.ZERO;

	private final InstantSource clock = () -> NOW.plus(this.later);

	private final SchemaGate gate = new SchemaGate(this.clock.withZone(ZoneOffset.UTC));

	private final SchemaEndpoint endpoint = new SchemaEndpoint(this.gate,
			new ModeDecision(Mode.DEFER, "set", true, false, true),
			PageContext.of(new RunOrigin("DEFER", "app", "1.2.3", "pod"), "schema", null));

	@Test
	void nothingHasRun() {
		show(SchemaInspection.of(CURRENT));
		assertThat(json(this.endpoint.schemas())).isEqualTo(NOTHING_RUNS.formatted("null"));
	}

	@Test
	void theLastRunWasDone() {
		show(new SchemaInspection(CURRENT, null, List.of(new RunRecord(START, DONE), new RunRecord(START, FAILED))));
		assertThat(json(this.endpoint.schemas())).isEqualTo(NOTHING_RUNS.formatted(LAST_DONE));
	}

	@Test
	void theLastRunFailed() {
		show(new SchemaInspection(CURRENT, null, List.of(new RunRecord(START, FAILED))));
		assertThat(json(this.endpoint.schemas())).isEqualTo(NOTHING_RUNS.formatted(LAST_FAILED));
	}

	@Test
	void theLastRunCrashed() {
		show(new SchemaInspection(CURRENT, null, List.of(new RunRecord(START, RunEnd.crashed(0, null, NOW)))));
		assertThat(json(this.endpoint.schemas())).isEqualTo(NOTHING_RUNS.formatted(LAST_CRASHED));
	}

	@Test
	void aRunIsInProgress() {
		RunActivity activity = new RunActivity(NOW.minusSeconds(5), "CREATE INDEX", 0.25, List.of());
		show(new SchemaInspection(PENDING, RunProgress.of(START, PENDING, "level", activity), List.of()));
		assertThat(json(this.endpoint.schema("liquibase"))).isEqualTo(RUNNING.formatted(
				"\"since\":\"2026-01-02T03:04:00Z\",\"statement\":\"CREATE INDEX\",\"progress\":0.25,\"blockedBy\":[],"
						+ NEVER));
	}

	@Test
	void aRunIsBlocked() {
		RunActivity activity = new RunActivity(NOW, "ALTER TABLE", null, List.of(
				new Blocker(77, "psql", "admin", "idle in transaction", NOW.minusSeconds(60), "UPDATE berth SET"),
				new Blocker(0, null, null, null, null, null)));
		show(new SchemaInspection(PENDING, RunProgress.of(START, PENDING, "level", activity), List.of()));
		assertThat(json(this.endpoint.schema("liquibase"))).isEqualTo(RUNNING.formatted("""
				"since":"2026-01-02T03:04:05Z","statement":"ALTER TABLE","progress":null,"blockedBy":[\
				{"pid":77,"application":"psql","user":"admin","state":"idle in transaction",\
				"since":"2026-01-02T03:03:05Z","query":"UPDATE berth SET"},\
				{"pid":0,"application":null,"user":null,"state":null,"since":null,"query":null}],""" + NEVER));
	}

	@Test
	void aRunWhoseSessionMayNotBeReadIsShownAsTheLedgerHasIt() {
		show(new SchemaInspection(PENDING, RunProgress.of(START, PENDING, "level", RunActivity.UNKNOWN), List.of()));
		assertThat(json(this.endpoint.schema("liquibase"))).isEqualTo(
				RUNNING.formatted("\"since\":null,\"statement\":null,\"progress\":null,\"blockedBy\":[]," + NEVER));
	}

	@Test
	void aRunThatWasBlockedShowsItBetweenTwoAttempts() {
		show(new SchemaInspection(PENDING, RunProgress.of(BLOCKED, PENDING, "level", RunActivity.UNKNOWN), List.of()));
		assertThat(json(this.endpoint.schema("liquibase"))).isEqualTo(
				RUNNING.formatted("\"since\":null,\"statement\":null,\"progress\":null,\"blockedBy\":[]," + TWICE));
	}

	@Test
	void aRunThatWasBlockedShowsItAfterItsEnd() {
		show(new SchemaInspection(CURRENT, null, List.of(new RunRecord(BLOCKED, DONE))));
		assertThat(json(this.endpoint.schemas())).isEqualTo(NOTHING_RUNS.formatted(LAST_DONE.replace(NEVER, TWICE)));
	}

	@Test
	void theRunsComeLastFirst() {
		show(new SchemaInspection(CURRENT, null, List.of(new RunRecord(START, DONE), new RunRecord(START, FAILED))));
		assertThat(json(this.endpoint.schema("liquibase", "runs")))
			.isEqualTo("{\"schema\":\"liquibase\",\"runs\":[%s,%s]}".formatted(LAST_DONE, LAST_FAILED));
	}

	@Test
	void theChangeSetsOfTheHistoryComeLastFirst() {
		show(SchemaInspection.of(CURRENT));
		assertThat(json(this.endpoint.schema("liquibase", "applied"))).isEqualTo("""
				{"schema":"liquibase","checkedAt":"2026-01-02T03:04:05Z","filter":"","total":2,"newest":[\
				{"id":"2","author":"me","file":"db/a.sql","tag":"v2","appliedAt":"2026-01-02T03:03:56Z","order":2},\
				{"id":"1","author":"you","file":"db/a.sql","tag":null,"appliedAt":null,"order":1}],"problem":null}""");
		assertThat(json(this.endpoint.describe("YOU", "liquibase", "applied"))).startsWith(
				"""
						{"schema":"liquibase","checkedAt":"2026-01-02T03:04:05Z","filter":"YOU","total":1,"newest":[{"id":"1",""");
		assertThat(this.inspector.countInspectionsWithRuns()).isEqualTo(0);
	}

	@Test
	void anUnreadableHistoryIsReportedAndTheKnownStateStays() {
		show(SchemaInspection.of(CURRENT));
		this.gate.inspect(Duration.ZERO);
		this.inspector.unreadable(gone("liquibase"));
		assertThat(json(this.endpoint.schema("liquibase", "applied")))
			.endsWith("\"total\":0,\"newest\":[],\"problem\":\"gone\"}");
		assertThat(this.gate.isOpen()).isTrue();
		assertThat(this.gate.getStates().get("liquibase")).isEqualTo(CURRENT);
	}

	@Test
	void browsersGetPagesAndProgramsJson() {
		show(new SchemaInspection(CURRENT, null, List.of(new RunRecord(START, DONE))));
		SchemaEndpointWebExtension web = new SchemaEndpointWebExtension(this.endpoint,
				new SchemaSql(new PendingSql(this.gate), Show.NEVER, List.of()));
		for (String view : new String[] { "runs", "applied" }) {
			WebEndpointResponse<?> page = Objects
				.requireNonNull(web.schema(SecurityContext.NONE, SchemaRepresentation.HTML, null, "liquibase", view));
			assertThat(page.getContentType()).hasToString("text/html;charset=UTF-8");
			assertThat(page.getBody()).asString().startsWith("<!DOCTYPE html>");
			WebEndpointResponse<?> json = Objects.requireNonNull(
					web.schema(SecurityContext.NONE, SchemaRepresentation.ACTUATOR_V3, null, "liquibase", view));
			assertThat(json.getContentType()).hasToString("application/vnd.spring-boot.actuator.v3+json");
			assertThat(json(json.getBody())).startsWith("{\"schema\":\"liquibase\"");
		}
		assertThat(web.schemas(SecurityContext.NONE, SchemaRepresentation.HTML).getBody()).asString()
			.startsWith("<!DOCTYPE html>");
		WebEndpointResponse<?> schema = Objects
			.requireNonNull(web.schema(SecurityContext.NONE, SchemaRepresentation.HTML, null, "liquibase"));
		assertThat(schema.getContentType()).hasToString("application/json");
		assertThat(web.schema(SecurityContext.NONE, SchemaRepresentation.HTML, null, "another", "runs")).isNull();
	}

	@Test
	void aSchemaThatCannotBeReadKeepsItsLastRun() {
		script(this.inspector, new SchemaInspection(CURRENT, null, List.of(new RunRecord(START, DONE))));
		this.gate.add(this.inspector);
		this.gate.inspect(Duration.ofSeconds(-1));
		this.inspector.unreadable(gone("liquibase"));
		this.gate.inspect(Duration.ofSeconds(-1));
		assertThat(json(this.endpoint.schema("liquibase")).replaceFirst("checkedAt\":\"[^\"]+", "checkedAt\":\"…"))
			.isEqualTo(json(this.endpoint.schema("liquibase")).replaceFirst("checkedAt\":\"[^\"]+", "checkedAt\":\"…"))
			.startsWith("{\"status\":\"UNREADABLE\",\"checkedAt\":\"…\",\"engine\":null,\"version\":{\"id\":\"2\",")
			.endsWith("\"lock\":null,\"run\":null,\"lastRun\":%s,\"problem\":\"gone\"}".formatted(LAST_DONE));
	}

	@Test
	void theNameOfATenantHasSeveralParts() {
		show(SchemaInspection.of(CURRENT));
		FakeSchema tenant = unreadable("tenants/a");
		script(tenant, SchemaInspection.of(PENDING));
		this.gate.add(tenant);
		assertThat(json(this.endpoint.schema("tenants", "a"))).startsWith("{\"status\":\"PENDING\"");
		assertThat(json(this.endpoint.schema("tenants", "a", "runs")))
			.isEqualTo("{\"schema\":\"tenants/a\",\"runs\":[]}");
	}

	@Test
	void aTenantMayBeNamedRuns() {
		FakeSchema tenant = unreadable("tenants/runs");
		script(tenant, SchemaInspection.of(PENDING));
		this.gate.add(tenant);
		assertThat(json(this.endpoint.schema("tenants", "runs"))).startsWith("{\"status\":\"PENDING\"");
		assertThat(json(this.endpoint.schema("tenants", "runs", "runs")))
			.isEqualTo("{\"schema\":\"tenants/runs\",\"runs\":[]}");
	}

	@Test
	void anUnknownNameIsNotFound() {
		show(SchemaInspection.of(CURRENT));
		assertThat(this.endpoint.schema("another")).isNull();
		assertThat(this.endpoint.schema("another", "runs")).isNull();
		assertThat(this.endpoint.schema("liquibase", "others")).isNull();
		assertThat(this.endpoint.schema("runs")).isNull();
	}

	@Test
	void aSchemaIsInspectedOnceASecondWhateverIsRequested() {
		show(SchemaInspection.of(CURRENT));
		FakeSchema other = unreadable("other");
		this.gate.add(other);
		this.endpoint.schema("liquibase");
		this.endpoint.schema("liquibase", "runs");
		this.later = Duration.ofSeconds(1);
		this.endpoint.schema("liquibase");
		assertThat(this.inspector.countInspectionsWithRuns()).isEqualTo(1);
		assertThat(other.countInspectionsWithRuns()).isEqualTo(0);
		this.later = Duration.ofMillis(1001);
		this.endpoint.schema("liquibase");
		assertThat(this.inspector.countInspectionsWithRuns()).isEqualTo(2);
	}

	private void show(SchemaInspection inspection) {
		script(this.inspector, inspection);
		this.gate.add(this.inspector);
	}

	private static String json(@Nullable Object description) {
		return MAPPER.writeValueAsString(description);
	}

	private static FakeSchema unreadable(String name) {
		return new FakeSchema(name).unreadable(gone(name));
	}

	private static SchemaUnreadableException gone(String name) {
		return new SchemaUnreadableException(name, ExitStatus.UNAVAILABLE, "08006", true, "gone", "Find it.", null);
	}

	private static void script(FakeSchema schema, SchemaInspection inspection) {
		SchemaVersion version = inspection.state().version();
		schema.unreadable(null).inspection(inspection);
		if (version != null) {
			schema.history((connection) -> List
				.of(new SchemaVersion(new ChangeSetReference("1", "you", "db/a.sql"), null, null, 1), version));
		}
	}

}
