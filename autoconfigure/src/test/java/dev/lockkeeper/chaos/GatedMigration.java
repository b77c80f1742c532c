// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.chaos;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import dev.lockkeeper.app.PlainApplication;
import dev.lockkeeper.chaos.Engine.Outcome;
import dev.lockkeeper.process.Applications;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.Onlooker;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A database, and processes that migrate it with a changelog whose statements stop at
 * gates. A gate that is closed holds the first backend that comes to it, until it is
 * opened. Gates stand before each change set, in it, in the writing of its row, and in
 * the commit, after the proof that the lease is held.
 */
final class GatedMigration implements AutoCloseable {

	static final int CHANGE_SETS = 5;

	/**
	 * Long enough for a process that is ten times slower to renew it in time.
	 */
	static final Duration LEASE = Duration.ofSeconds(15);

	private static final String CHANGE_LOG = "classpath:chaos/gated.sql";

	private static final String GATES = """
			create table gate (point text primary key, backend int);
			create function pass(name text) returns void language plpgsql as $$
			begin
				while exists (select from gate where point = name and coalesce(backend, pg_backend_pid()) = pg_backend_pid()) loop
					perform pg_sleep(0.02);
				end loop;
			end $$;
			create function pass_row() returns trigger language plpgsql as $$
			begin
				perform pass('row ' || new.id);
				-- The constraints were made immediate where Liquibase commits the change set
				set constraints pass_commit deferred;
				return new;
			end $$;
			create function pass_commit() returns trigger language plpgsql as $$
			begin
				perform pass('commit ' || new.id);
				return null;
			end $$;
			create function pass_renewal() returns trigger language plpgsql as $$
			begin
				if new.locked_by = old.locked_by and new.lock_until > old.lock_until then
					perform pass('renewal');
				end if;
				return new;
			end $$""";

	private final TestDatabase database;

	GatedMigration() {
		this(TestPostgres.shared());
	}

	GatedMigration(TestPostgres server) {
		this(server.createDatabase());
		this.database.execute(GATES);
	}

	/**
	 * Go on with a database that has gates.
	 */
	GatedMigration(TestDatabase database) {
		this.database = database;
	}

	/**
	 * Return the gates inside the change sets.
	 */
	static List<String> points() {
		List<String> points = new ArrayList<>();
		for (int i = 1; i <= CHANGE_SETS; i++) {
			points.addAll(List.of("begin " + i, "end " + i, "row " + i, "commit " + i));
		}
		return points;
	}

	TestDatabase getDatabase() {
		return this.database;
	}

	JavaProcess start() {
		return process(this.database.getUrl(), LEASE).start();
	}

	JavaProcess start(Path verdict) {
		return start(this.database.getUrl(), verdict);
	}

	/**
	 * Start a process that reaches the database in another way.
	 */
	JavaProcess start(String url, Path verdict, String... arguments) {
		return process(url, LEASE).arguments("--lockkeeper.termination-message-path=" + verdict)
			.arguments(arguments)
			.start();
	}

	private static JavaProcess.Builder process(String url, Duration lease) {
		return Applications.of(PlainApplication.class, CHANGE_LOG)
			.arguments("--spring.datasource.url=" + url, "--migrate-only",
					"--lockkeeper.lock.lease=" + lease.toSeconds() + "s");
	}

	/**
	 * Run to the end, undisturbed.
	 * @return the output
	 */
	String runPlainly() {
		try (JavaProcess process = process(this.database.getUrl(), LEASE.multipliedBy(4)).start()) {
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isZero();
			return process.getOutput();
		}
	}

	/**
	 * Run to the end in this process, which has no need to start.
	 */
	void runHere() {
		synchronized (GatedMigration.class) {
			Outcome outcome = Engine.LOCKKEEPER.run(this.database.getUrl(), new Scenario.Release(CHANGE_LOG, "", 1));
			assertThat(outcome.code()).as(outcome.message()).isZero();
		}
	}

	void close(String point) {
		this.database.execute("INSERT INTO gate VALUES ('%s')".formatted(point));
	}

	void open(String point) {
		this.database.execute("DELETE FROM gate WHERE point = '%s'".formatted(point));
	}

	/**
	 * Wait until a backend is held at a gate, and let every other one pass.
	 * @return its process identifier
	 */
	String awaitHeld(String point) {
		String query = switch (point.split(" ")[0]) {
			case "row" -> "INSERT INTO %databasechangelog %";
			case "commit" -> "COMMIT";
			case "renewal" -> "UPDATE %lockkeeper\\_lock%";
			default -> "%pass(''" + point + "'')%";
		};
		String held = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep' "
				+ "AND state = 'active' AND query ILIKE '" + query + "'";
		String pid = Awaitility.await("held at " + point)
			.atMost(Applications.START)
			.until(() -> this.database.query(held), (pids) -> pids.size() == 1)
			.get(0);
		this.database.execute("UPDATE gate SET backend = %s WHERE point = '%s'".formatted(pid, point));
		return pid;
	}

	/**
	 * End the lease for every process.
	 */
	void expireLease() {
		this.database.execute(
				"UPDATE lockkeeper_lock SET lock_until = timezone('utc', clock_timestamp()) - interval '1 second'");
	}

	/**
	 * Return the history with what differs from run to run.
	 */
	List<String> history() {
		return this.database
			.query("SELECT concat_ws(' ', id, exectype, orderexecuted, dateexecuted, deployment_id, xmin) "
					+ "FROM databasechangelog ORDER BY orderexecuted, id");
	}

	DatabaseImage image() {
		this.database.execute("DELETE FROM gate");
		try (Onlooker onlooker = new Onlooker(this.database)) {
			return DatabaseImage.of(onlooker);
		}
	}

	/**
	 * Check that everything is as after an undisturbed run, and that no session remains.
	 */
	void assertDone() {
		assertThat(image().differencesTo(Uncut.IMAGE)).isEmpty();
		assertThat(this.database.query("SELECT locked FROM databasechangeloglock")).containsExactly("f");
		assertThat(this.database.query("SELECT concat_ws(' ', lock_until <= timezone('utc', clock_timestamp()), "
				+ "backend_pid) FROM lockkeeper_lock"))
			.containsExactly("t");
		this.database.awaitNoSessions();
	}

	@Override
	public void close() {
		this.database.drop();
	}

	/**
	 * What an undisturbed run makes.
	 */
	private static final class Uncut {

		private static final DatabaseImage IMAGE = run();

		private Uncut() {
		}

		private static DatabaseImage run() {
			try (GatedMigration migration = new GatedMigration()) {
				migration.runPlainly();
				DatabaseImage image = migration.image();
				for (int i = 1; i <= CHANGE_SETS; i++) {
					assertThat(image.parts()).containsEntry("rows of t" + i, List.of("(" + i + ")"));
				}
				assertThat(image.parts().get("history")).hasSize(CHANGE_SETS + 1);
				return image;
			}
		}

	}

}
