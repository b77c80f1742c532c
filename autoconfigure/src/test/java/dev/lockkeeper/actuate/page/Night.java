// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
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
import dev.lockkeeper.schema.SchemaVersion;
import dev.lockkeeper.schema.TimesBlocked;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a {@link Scene}.
 */
final class Night {

	static final Instant NOW = Instant.parse("2026-03-01T03:12:00Z");

	static final ModeDecision DECISION = new ModeDecision(Mode.DEFER,
			"platform KUBERNETES: KUBERNETES_SERVICE_HOST is set", true, false, false);

	static final RunOrigin PROCESS = new RunOrigin("DEFER", "harbour", "2.4.0", "harbour-5d9c7-xk2vq");

	static final PageContext CONTEXT = PageContext.of(PROCESS, "schema", null);

	static final String SCRIPT = "<script>document.title='owned'</script><img src=x onerror=alert(1)>\"' onload='x{}";

	static final String LONG = "x".repeat(300);

	private static final String HOLDER = "lockkeeper harbour harbour-migrate-7xk2p 5f0c";

	private static final RunOrigin ORIGIN = new RunOrigin("MIGRATE_ONLY", "harbour", "2.4.0", "harbour-migrate-7xk2p");

	private static final int APPLIED = 14;

	private Night() {
	}

	static Map<String, SchemaInspection> one(SchemaState state, List<RunRecord> runs) {
		return Map.of("liquibase", new SchemaInspection(state, null, runs));
	}

	static SchemaState state(SchemaStatus status, int pending, int unknown, int changed) {
		return new SchemaState(status, NOW, version(), APPLIED + unknown, changeSets(pending), changeSets(unknown),
				changeSets(changed), null, null);
	}

	private static SchemaVersion version() {
		return new SchemaVersion(new ChangeSetReference("board", "harbour", "db/changelog/changes/004-board.yaml"),
				"2.3.0", NOW.minus(Duration.ofDays(6)), APPLIED);
	}

	static SchemaState empty() {
		return new SchemaState(SchemaStatus.PENDING, NOW, null, 0, changeSets(2), List.of(), List.of(), null, null);
	}

	static SchemaState locked() {
		return new SchemaState(SchemaStatus.PENDING, NOW, version(), APPLIED, changeSets(2), List.of(), List.of(),
				new LockHolder(HOLDER, NOW.minusSeconds(95), NOW.plusSeconds(22)), null);
	}

	static List<ChangeSetReference> changeSets(int count) {
		return IntStream.rangeClosed(1, count)
			.mapToObj((number) -> new ChangeSetReference("moorings-" + number, "harbour",
					"db/changelog/changes/%03d-moorings.yaml".formatted(4 + number)))
			.toList();
	}

	static Map<String, SchemaInspection> running(List<Blocker> blockers) {
		RunStart start = start("9c41d7e2-0b1f-4c55-9a77-2f7e1b9a4d10", "board", NOW.minusSeconds(95), 3,
				Duration.ofSeconds(12));
		RunActivity activity = new RunActivity(NOW.minusSeconds(60), "CREATE INDEX CONCURRENTLY", 0.5, blockers);
		RunProgress run = new RunProgress(start, changeSets(1).get(0), 1, activity);
		return Map.of("liquibase", new SchemaInspection(locked(), run, runs()));
	}

	static List<Blocker> blockers() {
		return List.of(
				new Blocker(4711, "psql", "bob", "idle in transaction", NOW.minusSeconds(1860), "UPDATE berth SET"),
				new Blocker(0, null, null, null, null, null));
	}

	static LockContention contention(int attempt) {
		return new LockContention(attempt, changeSets(1).get(0),
				"did not get a lock on a table within 2s; blocked by pid 4711, login bob, application psql, idle in "
						+ "transaction, in a transaction for 31m, query: UPDATE berth SET taken = ?",
				NOW.minusSeconds(60L - attempt));
	}

	/**
	 * Between two attempts the run has no session that could wait.
	 */
	static Map<String, SchemaInspection> betweenAttempts() {
		RunStart start = start("9c41d7e2-0b1f-4c55-9a77-2f7e1b9a4d10", "board", NOW.minusSeconds(95), 3, Duration.ZERO)
			.blockedBy(contention(1))
			.blockedBy(contention(2));
		RunProgress run = new RunProgress(start, changeSets(1).get(0), 0, RunActivity.UNKNOWN);
		RunRecord last = new RunRecord(stopped().start().blockedBy(contention(1)), stopped().end());
		return Map.of("liquibase", new SchemaInspection(locked(), run, before(last)));
	}

	static RunRecord failed() {
		return ended("3f2a9b10-77aa-4e0e-8c15-0d4c6b8d9e21", 720, ExitStatus.MIGRATION, 1380, changeSets(1).get(0),
				"42P07", "ERROR: relation \"moorings\" already exists");
	}

	static RunRecord stopped() {
		return ended("71cc0d3e-1b2c-4d3e-9f40-5a6b7c8d9e0f", 720, ExitStatus.TEMPORARY, 30_000, changeSets(1).get(0),
				"55P03", "ERROR: canceling statement due to lock timeout");
	}

	static RunRecord crashed() {
		return new RunRecord(
				start("0d9e8f7a-aaaa-4bbb-8ccc-1d2e3f4a5b6c", "quays", NOW.minusSeconds(800), 2, Duration.ZERO),
				RunEnd.crashed(1, "board", NOW.minusSeconds(720)));
	}

	static RunRecord done(int days, long millis) {
		return ended("%08x-1111-4222-8333-444455556666".formatted(0xa0b1c200L + days), days * 86_400L, ExitStatus.DONE,
				millis, null, null, null);
	}

	static List<RunRecord> runs() {
		return List.of(done(6, 41_300), done(9, 812), done(16, 5_120), done(20, 1_526), done(27, 754_000));
	}

	static List<RunRecord> before(RunRecord last) {
		List<RunRecord> runs = new ArrayList<>(List.of(last));
		runs.addAll(runs());
		runs.add(stopped());
		for (int days = 30; days < 40; days++) {
			runs.add(done(days, days * 977L));
		}
		return List.copyOf(runs);
	}

	private static RunRecord ended(String runId, long secondsAgo, ExitStatus status, long millis,
			@Nullable ChangeSetReference changeSet, @Nullable String sqlState, @Nullable String message) {
		Instant end = NOW.minusSeconds(secondsAgo);
		boolean done = status == ExitStatus.DONE;
		return new RunRecord(start(runId, done ? "quays" : "board", end.minusMillis(millis), 1, Duration.ZERO),
				RunEnd.read(status.name(), status.getCode(), done ? 2 : 0, "board", changeSet, sqlState, message,
						end.minusMillis(millis), end));
	}

	private static RunStart start(String runId, String from, Instant at, int pending, Duration lockWait) {
		return new RunStart(runId, "liquibase", ORIGIN, HOLDER, "level", pending, APPLIED, from, lockWait, at);
	}

	static Map<String, SchemaInspection> several() {
		Map<String, SchemaInspection> inspections = new LinkedHashMap<>();
		inspections.put("orders", new SchemaInspection(state(SchemaStatus.CURRENT, 0, 0, 0), null, runs()));
		inspections.put("tenants/north",
				new SchemaInspection(state(SchemaStatus.PENDING, 2, 0, 0), null, List.of(failed())));
		inspections.put("tenants/south",
				SchemaInspection.of(SchemaState.unreadable(NOW, "The database does not answer: Connection refused.")));
		return inspections;
	}

	/**
	 * Everything that users may choose is one text.
	 */
	static Map<String, SchemaInspection> named(String text) {
		ChangeSetReference changeSet = new ChangeSetReference(text, text, text);
		RunOrigin origin = new RunOrigin(text, text, text, text);
		RunStart start = new RunStart(text, text, origin, text, text, 3, 1, text, Duration.ofSeconds(2),
				NOW.minusSeconds(9), true, new TimesBlocked(2, text));
		RunEnd end = RunEnd.read(text, 70, 0, text, changeSet, text, text, NOW.minusSeconds(9), NOW.minusSeconds(4));
		SchemaState state = new SchemaState(SchemaStatus.PENDING, NOW,
				new SchemaVersion(new ChangeSetReference(text, text, text), text, NOW.minusSeconds(99), 1), 2,
				List.of(changeSet), List.of(changeSet), List.of(changeSet), new LockHolder(text, NOW, NOW), text);
		RunActivity activity = new RunActivity(NOW, text, 0.1, List.of(new Blocker(1, text, text, text, NOW, text)));
		return Map.of(text, new SchemaInspection(state, new RunProgress(start, changeSet, 0, activity),
				List.of(new RunRecord(start, end))));
	}

}
