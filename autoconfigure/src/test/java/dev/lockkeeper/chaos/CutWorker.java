// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.chaos;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;

import dev.lockkeeper.chaos.Engine.Outcome;
import dev.lockkeeper.testsupport.Onlooker;
import dev.lockkeeper.testsupport.PostgresRelay;
import dev.lockkeeper.testsupport.PostgresRelay.Cut;
import dev.lockkeeper.testsupport.PostgresRelay.Moment;
import dev.lockkeeper.testsupport.PostgresRelay.Request;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;

import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingInitializationContext;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.core.env.StandardEnvironment;

/**
 * Cuts a share of the points. Runs of one JVM come one after another, so that points in
 * parallel need processes of their own. Each enumerates the points from an uncut run by
 * itself, and finds the same ones.
 */
public final class CutWorker {

	private static final Pattern VALUES = Pattern.compile("'[^']*'|\\d+");

	private static final Pattern READING = Pattern.compile("(?is)BEGIN READ ONLY;.*;\\s*ROLLBACK|"
			+ "(login|BEGIN|ROLLBACK|SHOW|SET|SELECT(?!.*(FOR (SHARE|UPDATE)|pg_terminate_backend)))\\b[^;]*");

	private static final int ATTEMPTS = 5;

	private static final String ELSEWHERE = "severed at another point: ";

	private final TestPostgres server = TestPostgres.shared();

	private final Engine engine;

	private final Scenario scenario;

	private final TestDatabase template;

	private final List<Request> requests;

	private final DatabaseImage expected;

	private final Outcome uncut;

	private CutWorker(Engine engine, Scenario scenario) {
		this.engine = engine;
		this.scenario = scenario;
		this.template = this.server.createDatabase();
		if (scenario.getBefore() != null) {
			succeed(engine.run(this.template.getUrl(), scenario.getBefore()));
		}
		Uncut repeated = repeat();
		this.requests = repeated.requests();
		this.expected = repeated.image();
		this.uncut = repeated.outcome();
	}

	// What a JVM does the first time alone is not seen in the second run. And a run
	// that waits for an answer longer than some seconds, on a busy machine, queries for
	// the reason
	private Uncut repeat() {
		Uncut before = uncut();
		for (int attempt = 1;; attempt++) {
			Uncut next = uncut();
			if (describe(before.requests()).equals(describe(next.requests()))) {
				return next;
			}
			if (attempt == ATTEMPTS) {
				throw new IllegalStateException("Two uncut runs differ:%n%s%n%s".formatted(describe(before.requests()),
						describe(next.requests())));
			}
			before = next;
		}
	}

	/**
	 * Cut.
	 * @param arguments the engine, the file for the results, the number of this worker,
	 * the number of all workers, how many points are cut by all of them, 0 for all, the
	 * first of these, and the scenarios
	 * @throws IOException when the file cannot be written
	 */
	public static void main(String[] arguments) throws IOException {
		beQuiet();
		Engine engine = Engine.valueOf(arguments[0]);
		int share = Integer.parseInt(arguments[2]);
		int shares = Integer.parseInt(arguments[3]);
		List<Point> points = new ArrayList<>();
		for (String scenario : List.of(arguments).subList(6, arguments.length)) {
			CutWorker worker = new CutWorker(engine, Scenario.valueOf(scenario));
			worker.points().forEach((cut) -> points.add(new Point(worker, cut)));
		}
		int cuts = Integer.parseInt(arguments[4]);
		cuts = (cuts > 0) ? Math.min(cuts, points.size()) : points.size();
		int first = Integer.parseInt(arguments[5]) % (points.size() / cuts);
		try (BufferedWriter results = Files.newBufferedWriter(Path.of(arguments[1]))) {
			for (int i = 0; i < points.size(); i++) {
				// Evenly spread: one when the quotient moves on. A run that goes on meets
				// every commit whose answer is lost
				int chosen = Math.floorDiv((i - first) * cuts, points.size());
				boolean taken = chosen != Math.floorDiv((i - first - 1) * cuts, points.size());
				boolean lostCommit = engine == Engine.RECONNECTING && points.get(i).isLostCommit();
				boolean mine = lostCommit ? i % shares == share : taken && Math.floorMod(chosen, shares) == share;
				CutResult result = points.get(i).result(mine);
				results.write(result.format());
				results.newLine();
				results.flush();
			}
		}
	}

	private static void beQuiet() {
		LoggingSystem logging = LoggingSystem.get(CutWorker.class.getClassLoader());
		logging.beforeInitialize();
		logging.initialize(new LoggingInitializationContext(new StandardEnvironment()), null, null);
		logging.setLogLevel(LoggingSystem.ROOT_LOGGER_NAME, LogLevel.ERROR);
	}

	private List<Cut> points() {
		List<Cut> points = new ArrayList<>();
		String before = "";
		for (Request request : this.requests) {
			for (Moment moment : this.scenario.isWithinChangeSets() ? momentsWithin(request, before)
					: momentsOf(request)) {
				points.add(new Cut(request.connection(), request.number(), moment));
			}
			before = request.mark();
		}
		return points;
	}

	// Where a request changes nothing, the moments that follow do not differ
	private static List<Moment> momentsOf(Request request) {
		return isReading(request) ? List.of(Moment.BEFORE) : List.of(Moment.values());
	}

	// Before a request is after the one before it, but for the first one
	private List<Moment> momentsWithin(Request request, String before) {
		if (request.mark().isEmpty() || request.mark().equals("always")) {
			return List.of();
		}
		if (!request.mark().equals(before)) {
			return List.of(Moment.BEFORE);
		}
		return (isReading(request) || request.sql().contains("FOR SHARE")) ? List.of()
				: List.of(Moment.DURING, Moment.AFTER);
	}

	private static boolean isReading(Request request) {
		return READING.matcher(request.sql()).matches();
	}

	private Uncut uncut() {
		TestDatabase database = this.server.createDatabase(this.template);
		try (PostgresRelay relay = PostgresRelay.to(database); Onlooker onlooker = new Onlooker(database)) {
			Outcome outcome = this.engine.run(relay.getUrl(), this.scenario.getRelease(), Duration.ofMillis(1),
					relay::mark);
			succeed(outcome);
			return new Uncut(outcome, relay.getRequests(), DatabaseImage.of(onlooker));
		}
		finally {
			database.drop();
		}
	}

	// On a busy machine a query why the run waits may come before the request that is
	// cut
	private CutResult cut(Cut cut) {
		CutResult result = cutOnce(cut);
		for (int attempt = 1; attempt < ATTEMPTS && result.finding().contains(ELSEWHERE); attempt++) {
			result = cutOnce(cut);
		}
		return result;
	}

	private CutResult cutOnce(Cut cut) {
		long started = System.nanoTime();
		TestDatabase database = this.server.createDatabase(this.template);
		try (Onlooker onlooker = new Onlooker(database)) {
			Outcome outcome;
			List<String> findings = new ArrayList<>();
			try (PostgresRelay relay = relay(database, cut)) {
				Duration lockWait = (this.engine == Engine.RECONNECTING) ? Duration.ofMinutes(5) : Duration.ofMillis(1);
				outcome = this.engine.run(relay.getUrl(), this.scenario.getRelease(), lockWait, relay::mark);
				Request severedAt = relay.getSeveredAt();
				if (severedAt == null || !describe(severedAt).equals(describe(request(cut)))) {
					findings.add(ELSEWHERE + severedAt);
				}
			}
			if (this.engine == Engine.RECONNECTING && outcome.code() == 0) {
				compare(onlooker, findings);
			}
			else {
				rerun(database, onlooker, cut, findings);
			}
			String afterRelease = "";
			if (findings.size() == 1 && Unjudged.isIn(findings.get(0))) {
				Unjudged.answer(findings.get(0), onlooker,
						(arguments) -> this.engine.answer(database.getUrl(), this.scenario.getRelease(), arguments));
				List<String> remains = new ArrayList<>();
				rerun(database, onlooker, cut, remains);
				afterRelease = String.join(" | ", remains);
			}
			if (!findings.isEmpty() && this.engine == Engine.STOCK) {
				List<String> remains = new ArrayList<>(onlooker.awaitNoSessions());
				if (onlooker.exists("databasechangeloglock")) {
					onlooker.execute("UPDATE databasechangeloglock SET locked = false");
				}
				rerun(database, onlooker, cut, remains);
				afterRelease = String.join(" | ", remains);
			}
			double seconds = Duration.ofNanos(System.nanoTime() - started).toMillis() / 1000.0;
			return result(cut, outcome.code(), seconds, String.join(" | ", findings), afterRelease);
		}
		finally {
			database.drop();
		}
	}

	private PostgresRelay relay(TestDatabase database, Cut cut) {
		return (this.engine == Engine.RECONNECTING) ? PostgresRelay.interrupted(database, cut)
				: PostgresRelay.to(database, cut);
	}

	private CutResult result(Cut cut, int code, double seconds, String finding, String afterRelease) {
		Request request = request(cut);
		String changeSet = this.uncut.recorded().contains(request.mark()) ? request.mark() : "";
		return new CutResult(this.scenario, cut, changeSet, request.sql(), code, seconds, finding, afterRelease);
	}

	private Request request(Cut cut) {
		Predicate<Request> same = (request) -> request.connection() == cut.connection()
				&& request.number() == cut.request();
		return this.requests.stream().filter(same).findFirst().orElseThrow();
	}

	private void rerun(TestDatabase database, Onlooker onlooker, Cut cut, List<String> findings) {
		if (request(cut).mark().isEmpty()) {
			// It may be taking the lease: what is still coming must not come after the
			// lease was made to expire
			onlooker.awaitNoSessions();
		}
		if (onlooker.exists("lockkeeper_lock")) {
			onlooker.execute("UPDATE lockkeeper_lock SET lock_until = timezone('utc', now()) - interval '1 s'");
		}
		Outcome outcome = this.engine.run(database.getUrl(), this.scenario.getRelease());
		if (outcome.code() != 0) {
			findings.add("the rerun ended with %d: %s".formatted(outcome.code(), outcome.message()));
			return;
		}
		compare(onlooker, findings);
	}

	private void compare(Onlooker onlooker, List<String> findings) {
		List<String> sessions = onlooker.awaitNoSessions();
		if (!sessions.isEmpty()) {
			findings.add("sessions remain: " + sessions);
		}
		findings.addAll(DatabaseImage.of(onlooker).differencesTo(this.expected));
		if (onlooker.query("SELECT locked FROM databasechangeloglock").contains("t")) {
			findings.add("the changelog lock is held");
		}
		if (onlooker.exists("lockkeeper_intent")
				&& !onlooker.query("SELECT 'remains' FROM lockkeeper_intent").isEmpty()) {
			findings.add("an intent remains");
		}
		if (onlooker.exists("lockkeeper_lock") && !onlooker
			.query("SELECT locked_by FROM lockkeeper_lock WHERE lock_until > timezone('utc', now()) "
					+ "OR backend_pid IS NOT NULL")
			.isEmpty()) {
			findings.add("the lease is held, or names a backend");
		}
	}

	private static List<String> describe(List<Request> requests) {
		return requests.stream().map(CutWorker::describe).toList();
	}

	// Dates and names differ from run to run
	private static String describe(Request request) {
		return "%d/%d %s: %s".formatted(request.connection(), request.number(), request.mark(),
				VALUES.matcher(request.sql()).replaceAll("?"));
	}

	private static void succeed(Outcome outcome) {
		if (outcome.code() != 0) {
			throw new IllegalStateException("An uncut run failed: " + outcome);
		}
	}

	private record Point(CutWorker worker, Cut cut) {

		boolean isLostCommit() {
			return result(false).isLostCommit();
		}

		CutResult result(boolean taken) {
			return taken ? this.worker.cut(this.cut) : this.worker.result(this.cut, CutResult.NOT_RUN, 0, "", "");
		}

	}

	private record Uncut(Outcome outcome, List<Request> requests, DatabaseImage image) {
	}

}
