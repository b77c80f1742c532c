// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway.chaos;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.flyway.chaos.Runs.Outcome;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Onlooker;
import dev.lockkeeper.testsupport.PostgresRelay;
import dev.lockkeeper.testsupport.PostgresRelay.Cut;
import dev.lockkeeper.testsupport.PostgresRelay.Moment;
import dev.lockkeeper.testsupport.PostgresRelay.Request;
import dev.lockkeeper.testsupport.SampledCases;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Cut a run of Flyway wherever it talks to the database, run it again, and each migration
 * has been executed once.
 */
class FlywayCutsIT {

	private static final boolean FULL = "full".equals(System.getProperty("chaos"));

	private static final boolean EVERY = Boolean.getBoolean("chaos.every-point");

	private static final int SAMPLE = EVERY ? Integer.MAX_VALUE : FULL ? 16 : 3;

	private static final Pattern VALUES = Pattern.compile("'[^']*'|\\d+");

	private static final Pattern READING = Pattern.compile(
			"(?is)BEGIN READ ONLY;.*;\\s*ROLLBACK|(login|BEGIN|ROLLBACK|SHOW|SET|SELECT(?!.*(FOR (SHARE|UPDATE)|pg_|set_config)))\\b[^;]*");

	private static final int ATTEMPTS = 5;

	private static final String ELSEWHERE = "severed at another point: ";

	private static final Set<Integer> STARTED_AGAIN = Set.of(ExitStatus.DONE.getCode(),
			ExitStatus.UNAVAILABLE.getCode(), ExitStatus.TEMPORARY.getCode());

	private static final int POINTS = 100;

	private final TestPostgres server = TestPostgres.shared();

	@TempDir
	Path directory;

	@ParameterizedTest
	@SampledCases(2)
	@EnumSource(names = { "TRANSACTIONAL", "NON_TRANSACTIONAL", "GROUP", "MIXED_GROUP", "FAILED", "BASELINE" })
	void aPlainRerunEndsWellWhereverTheConnectionsWereCut(CountedMigrations migrations) {
		Trial trial = new Trial(migrations, false);
		assertThat(trial.points()).hasSizeGreaterThanOrEqualTo(POINTS);
		assertThat(trial.cut(SAMPLE)).isEmpty();
	}

	@ParameterizedTest
	@EnumSource(names = { "TRANSACTIONAL", "NON_TRANSACTIONAL", "GROUP", "MIXED_GROUP", "FAILED", "BASELINE" })
	@FullTier
	void aRunThatLosesItsConnectionsGoesOn(CountedMigrations migrations) {
		Trial trial = new Trial(migrations, true);
		assertThat(trial.cut(EVERY ? Integer.MAX_VALUE : 6)).isEmpty();
	}

	// Evenly spread; the full tier begins elsewhere each time
	private static List<Cut> sample(List<Cut> points, int number) {
		if (number >= points.size()) {
			return points;
		}
		long seed = Long.getLong("chaos.seed", System.nanoTime());
		int step = points.size() / number;
		int first = FULL ? new Random(seed).nextInt(step) : step / 2;
		System.out.printf("The cut points begin with number %d, -Dchaos.seed=%d%n", first, seed);
		return IntStream.range(0, number).mapToObj((i) -> points.get(first + i * step)).toList();
	}

	/**
	 * Migrations and the requests of an undisturbed run.
	 */
	private final class Trial {

		private final CountedMigrations migrations;

		private final boolean goesOn;

		private final Path location;

		private final TestDatabase template = FlywayCutsIT.this.server.createDatabase();

		private final Runs runs;

		private final List<Request> requests;

		private final Map<Integer, Integer> codes = new TreeMap<>();

		Trial(CountedMigrations migrations, boolean goesOn) {
			this.migrations = migrations;
			this.goesOn = goesOn;
			this.location = migrations.write(FlywayCutsIT.this.directory.resolve("migrations"));
			this.runs = new Runs(FlywayCutsIT.this.directory, this.location, migrations.getSettings());
			migrations.prepare(this.template, this.runs);
			this.template.awaitNoSessions();
			// What a JVM does the first time alone is not seen in the second run
			uncut();
			this.requests = uncut();
		}

		private List<Request> uncut() {
			TestDatabase database = FlywayCutsIT.this.server.createDatabase(this.template);
			try (PostgresRelay relay = PostgresRelay.to(database); Onlooker onlooker = new Onlooker(database)) {
				Outcome outcome = run(relay);
				assertThat(outcome.code()).as(outcome.message()).isZero();
				assertThat(this.migrations.findings(database, onlooker, this.location)).isEmpty();
				return relay.getRequests();
			}
			finally {
				database.drop();
			}
		}

		private Outcome run(PostgresRelay relay) {
			return this.goesOn
					? this.runs.run(relay.getUrl(), "lockkeeper.database-wait=5m", "lockkeeper.retry.max-duration=10m",
							"lockkeeper.wait.initial-interval=50ms", "lockkeeper.lock.wait-timeout=5m")
					: this.runs.run(relay.getUrl(), "lockkeeper.database-wait=1ms", "lockkeeper.retry.max-attempts=1",
							"lockkeeper.lock.wait-timeout=1ms");
		}

		List<Cut> points() {
			List<Cut> points = new ArrayList<>();
			for (Request request : this.requests) {
				// After the request before it is the same as before it
				List<Moment> moments = READING.matcher(request.sql()).matches() ? List.of(Moment.BEFORE)
						: List.of(Moment.DURING, Moment.AFTER);
				moments.forEach((moment) -> points.add(new Cut(request.connection(), request.number(), moment)));
			}
			return points;
		}

		/**
		 * Cut at some points.
		 * @return what was wrong afterwards
		 */
		List<String> cut(int number) {
			List<Cut> points = points();
			List<Cut> sample = sample(points, number);
			List<String> findings = new ArrayList<>();
			for (Cut cut : sample) {
				List<String> found = cut(cut);
				found.forEach((finding) -> findings.add("%s, %s: %s".formatted(cut, request(cut), finding)));
			}
			System.out.printf("%s: %d points, cut at %d of them, exit codes %s, findings %s%n", this.migrations,
					points.size(), sample.size(), this.codes, findings);
			return findings;
		}

		// On a busy machine a query why the run waits may come before the request that
		// is cut
		List<String> cut(Cut cut) {
			List<String> findings = cutOnce(cut);
			for (int attempt = 1; attempt < ATTEMPTS && findings.toString().contains(ELSEWHERE); attempt++) {
				findings = cutOnce(cut);
			}
			return findings;
		}

		private List<String> cutOnce(Cut cut) {
			TestDatabase database = FlywayCutsIT.this.server.createDatabase(this.template);
			try (Onlooker onlooker = new Onlooker(database)) {
				List<String> findings = new ArrayList<>();
				Outcome outcome;
				try (PostgresRelay relay = this.goesOn ? PostgresRelay.interrupted(database, cut)
						: PostgresRelay.to(database, cut)) {
					outcome = run(relay);
					Request severedAt = relay.getSeveredAt();
					if (severedAt == null || !describe(severedAt).equals(describe(request(cut)))) {
						findings.add(ELSEWHERE + severedAt);
					}
				}
				this.codes.merge(outcome.code(), 1, Integer::sum);
				if (!STARTED_AGAIN.contains(outcome.code())) {
					findings.add("the exit code forbids another start: " + outcome);
				}
				if (!this.goesOn || outcome.code() != 0) {
					rerun(database, onlooker, findings);
				}
				findings.addAll(this.migrations.findings(database, onlooker, this.location));
				return findings;
			}
			finally {
				database.drop();
			}
		}

		private void rerun(TestDatabase database, Onlooker onlooker, List<String> findings) {
			// What is still coming must not come after the lease was made to expire
			onlooker.awaitNoSessions();
			onlooker.query("SELECT quote_ident(schemaname) FROM pg_tables WHERE tablename = 'lockkeeper_lock'")
				.forEach((schema) -> onlooker
					.execute("UPDATE %s.lockkeeper_lock SET lock_until = timezone('utc', now()) - interval '1 s'"
						.formatted(schema)));
			Outcome outcome = this.runs.run(database.getUrl());
			if (outcome.code() != 0) {
				findings.add("the rerun failed: " + outcome);
			}
		}

		private Request request(Cut cut) {
			return this.requests.stream()
				.filter((request) -> request.connection() == cut.connection() && request.number() == cut.request())
				.findFirst()
				.orElseThrow();
		}

		// Dates and names differ from run to run
		private static String describe(Request request) {
			return "%d/%d: %s".formatted(request.connection(), request.number(),
					VALUES.matcher(request.sql()).replaceAll("?"));
		}

	}

}
