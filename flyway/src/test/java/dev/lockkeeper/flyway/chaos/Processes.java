// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway.chaos;

import java.nio.file.Path;
import java.time.Duration;

import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import org.awaitility.Awaitility;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Starts applications that migrate with Flyway as processes.
 */
final class Processes {

	/**
	 * Time for a process to start on a machine that is busy, or ten times slower.
	 */
	static final Duration START = Duration.ofMinutes(12);

	private Processes() {
	}

	/**
	 * Begin to describe a process. Its lease is long enough for a machine that is ten
	 * times slower to renew it in time.
	 */
	static JavaProcess.Builder of(Path location, TestDatabase database) {
		return JavaProcess.ofMainClass(FlywayApplication.class.getName())
			.arguments("--server.port=0", "--spring.main.banner-mode=off",
					"--spring.flyway.locations=filesystem:" + location, "--lockkeeper.lock.lease=15s")
			.database(database);
	}

	/**
	 * Start a process that migrates and exits.
	 */
	static JavaProcess migrateOnly(Path location, TestDatabase database) {
		return of(location, database).arguments("--migrate-only").start();
	}

	/**
	 * End the lease for every process.
	 */
	static void expireLease(TestDatabase database) {
		database.execute(
				"UPDATE lockkeeper_lock SET lock_until = timezone('utc', clock_timestamp()) - interval '1 second'");
	}

	/**
	 * End a backend as an operator does.
	 */
	static void terminate(TestDatabase database, String pid) {
		assertThat(database.query("SELECT pg_terminate_backend(%s)".formatted(pid))).containsExactly("t");
		awaitGone(database, pid);
	}

	/**
	 * Wait until a backend is gone.
	 */
	static void awaitGone(TestDatabase database, String pid) {
		Awaitility.await("backend %s is gone".formatted(pid))
			.atMost(START)
			.until(() -> database.query("SELECT 1 FROM pg_stat_activity WHERE pid = " + pid).isEmpty());
	}

}
