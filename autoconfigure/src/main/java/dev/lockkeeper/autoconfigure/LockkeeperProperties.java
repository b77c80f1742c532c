// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.time.Duration;

import dev.lockkeeper.exit.ConfigurationException;
import dev.lockkeeper.mode.ProcessMode;
import dev.lockkeeper.probe.EarlySchema;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.bind.Name;
import org.springframework.format.annotation.DurationFormat;
import org.springframework.format.datetime.standard.DurationFormatterUtils;

/**
 * Settings of Lockkeeper. The mode and the switch are read by {@link ProcessMode}, before
 * there are beans; they are listed here to be described.
 *
 * @param enabled Whether Lockkeeper governs the beans of the application that migrate
 * with Liquibase or Flyway.
 * @param mode What this process does about pending change sets: auto, self, defer or
 * migrate-only. With auto it defers on platforms where a step before the release is the
 * rule, and migrates itself elsewhere.
 * @param databaseWait How long a migrating process waits for a database that does not
 * answer yet.
 * @param maxDuration Longest time of a migrating run. When it is reached, the run stops
 * as it does on SIGTERM, to be tried again. No limit when not set.
 * @param shutdownGrace Time that a running change set gets when the process is asked to
 * end.
 * @param terminationMessagePath File into which a process writes, as one JSON object, why
 * it ended. On Kubernetes the container's termination log when not set, elsewhere none.
 * @param rerunOlder Whether a run executes again what newer code has replaced, as stock
 * Liquibase does.
 * @param unknownKeys What is done about a setting of Lockkeeper that does not exist. One
 * on the command line always ends the process.
 * @param initializers What is done with the scripts that Spring Boot executes beside the
 * change sets, in the same database: governed, they are executed where the migration runs
 * and nowhere else.
 * @param lock Settings of the lock.
 * @param retry What a migrating run does that loses its connection.
 * @param waiting How often waiting processes inspect the schema.
 * @param defer Settings of processes that wait for an external migration.
 * @param readiness Settings of the readiness of a serving process.
 * @param probe Settings of the answers to probes while the application starts.
 * @param history Settings of the ledger of runs.
 * @param fastPath Settings of how a schema is recognised to which there is nothing to do.
 * @param postgresql Settings of migrations of PostgreSQL.
 * @since 0.1.0
 */
@ConfigurationProperties("lockkeeper")
public record LockkeeperProperties(@DefaultValue("true") boolean enabled, @DefaultValue("auto") String mode,
		@DefaultValue("60s") Duration databaseWait, @Nullable Duration maxDuration,
		@DefaultValue("20s") Duration shutdownGrace, @Nullable String terminationMessagePath,
		@DefaultValue("false") boolean rerunOlder, @DefaultValue("warn") UnknownKeys unknownKeys,
		@DefaultValue("govern") Initializers initializers, @DefaultValue Lock lock, @DefaultValue Retry retry,
		@Name("wait") @DefaultValue Wait waiting, @DefaultValue Defer defer, @DefaultValue Readiness readiness,
		@DefaultValue Probe probe, @DefaultValue History history, @DefaultValue FastPath fastPath,
		@DefaultValue Postgresql postgresql) {

	private static final Duration LONGEST_LOCK_RETRY = Duration.ofMinutes(5);

	public LockkeeperProperties {
		requireNotNegative("database-wait", databaseWait);
		requireNotNegative("shutdown-grace", shutdownGrace);
		requirePositive("max-duration", maxDuration);
		// Every poll counts as progress
		Duration stuckAfter = probe.stuckAfter();
		require(stuckAfter == null || stuckAfter.compareTo(waiting.maxInterval()) > 0, "probe.stuck-after", stuckAfter,
				"longer than lockkeeper.wait.max-interval");
		// The lease is held meanwhile
		Duration lockRetry = postgresql.lockRetry().maxDuration();
		require(lockRetry == null || lockRetry.multipliedBy(2).compareTo(lock.waitTimeout()) <= 0,
				"postgresql.lock-retry.max-duration", lockRetry, "at most half of lockkeeper.lock.wait-timeout");
	}

	/**
	 * Return how long a change set is tried again that other sessions are in the way of.
	 * @return the time; when not set five minutes, but at most half of the time for which
	 * another process waits for the lock
	 */
	Duration lockRetryDuration() {
		Duration configured = this.postgresql.lockRetry().maxDuration();
		Duration half = this.lock.waitTimeout().dividedBy(2);
		Duration usual = (half.compareTo(LONGEST_LOCK_RETRY) < 0) ? half : LONGEST_LOCK_RETRY;
		return (configured != null) ? configured : usual;
	}

	private static void requireNotNegative(String key, Duration value) {
		require(!value.isNegative(), key, value, "0s or more");
	}

	private static void requirePositive(String key, @Nullable Duration value) {
		require(value == null || (!value.isNegative() && !value.isZero()), key, value, "longer than 0s");
	}

	private static void requireOneOrMore(String key, int value) {
		require(value >= 1, key, value, "1 or more");
	}

	private static void require(boolean met, String key, @Nullable Object value, String requirement) {
		if (!met) {
			String shown = (value instanceof Duration duration)
					? DurationFormatterUtils.print(duration, DurationFormat.Style.COMPOSITE) : String.valueOf(value);
			throw ConfigurationException.outOfRange("lockkeeper." + key, shown, requirement);
		}
	}

	/**
	 * Settings of the lock.
	 *
	 * @param lease Time without renewal after which another process may take the lock
	 * over, at least 5 seconds.
	 * @param waitTimeout How long a migrating process waits for another holder of the
	 * lock.
	 * @param breakForeignAfter Age at which the changelog lock of a Liquibase that is not
	 * governed is broken. Never broken when not set.
	 */
	public record Lock(@DefaultValue("30s") Duration lease, @DefaultValue("10m") Duration waitTimeout,
			@Nullable Duration breakForeignAfter) {

		private static final Duration SHORTEST_LEASE = Duration.ofSeconds(5);

		public Lock {
			require(lease.compareTo(SHORTEST_LEASE) >= 0, "lock.lease", lease, "5s or more");
			requireNotNegative("lock.wait-timeout", waitTimeout);
			requirePositive("lock.break-foreign-after", breakForeignAfter);
		}

	}

	/**
	 * What a migrating run does that loses its connection.
	 *
	 * @param maxAttempts How often a run is begun that loses its connection before it has
	 * applied anything more, the first time included. It is not begun again with 1.
	 * @param maxDuration How long a run that has lost its connection waits for a database
	 * that answers and can be written.
	 */
	public record Retry(@DefaultValue("5") int maxAttempts, @DefaultValue("5m") Duration maxDuration) {

		public Retry {
			requireOneOrMore("retry.max-attempts", maxAttempts);
			requireNotNegative("retry.max-duration", maxDuration);
		}

	}

	/**
	 * How often waiting processes inspect the schema.
	 *
	 * @param initialInterval Time between the first two inspections.
	 * @param maxInterval Longest time between two inspections.
	 */
	public record Wait(@DefaultValue("1s") Duration initialInterval, @DefaultValue("5s") Duration maxInterval) {

		public Wait {
			requirePositive("wait.initial-interval", initialInterval);
			requirePositive("wait.max-interval", maxInterval);
		}

	}

	/**
	 * Settings of processes that wait for an external migration.
	 *
	 * @param waitTimeout How long a starting process waits for the schema. With auto in a
	 * servlet container 30 seconds when not set.
	 * @param startup Whether a starting process waits for the schema, serves at once and
	 * is not ready until the schema is there, or fails when the schema is not there. With
	 * auto it waits; a function fails; and in a servlet container, whose other
	 * applications would wait as well, it waits only when it could not start without the
	 * schema, and serves otherwise.
	 * @param failAfter How long a process that fails when the schema is not there tries
	 * to read it.
	 */
	public record Defer(@DefaultValue("15m") Duration waitTimeout, @DefaultValue("auto") DeferStartup startup,
			@DefaultValue("5s") Duration failAfter) {

		public Defer {
			requireNotNegative("defer.wait-timeout", waitTimeout);
			requireNotNegative("defer.fail-after", failAfter);
		}

	}

	/**
	 * Settings of the readiness of a serving process.
	 *
	 * @param refreshInterval How often a serving process checks the schema again; as
	 * rarely as once a minute while nothing changes.
	 */
	public record Readiness(@DefaultValue("10s") Duration refreshInterval) {

		public Readiness {
			requirePositive("readiness.refresh-interval", refreshInterval);
		}

	}

	/**
	 * Settings of the answers to probes while the application starts.
	 *
	 * @param enabled Whether probes are answered from the beginning of the start until
	 * the web server listens. When not set, they are, except on platforms that take an
	 * open port for a started application: Azure App Service, Azure Container Apps, Cloud
	 * Foundry, Cloud Run and Heroku.
	 * @param stuckAfter Time after which a start in which nothing has moved is no longer
	 * live. Live for as long as it takes when not set.
	 * @param schema Where the endpoint schema, if it is exposed over the web, is answered
	 * from the beginning of the start as well, with the last inspection. What guards it
	 * in the application does not guard it yet: by default it is answered at a management
	 * port of its own alone, and there unless Spring Security is on the class path.
	 */
	public record Probe(@Nullable Boolean enabled, @Nullable Duration stuckAfter,
			@DefaultValue("management-port") EarlySchema schema) {

		public Probe {
			requirePositive("probe.stuck-after", stuckAfter);
		}

	}

	/**
	 * Settings of the ledger of runs.
	 *
	 * @param maxRuns How many runs of each history the ledger keeps.
	 */
	public record History(@DefaultValue("500") int maxRuns) {

		public History {
			requireOneOrMore("history.max-runs", maxRuns);
		}

	}

	/**
	 * Settings of how a schema is recognised to which there is nothing to do.
	 *
	 * @param enabled Whether a process that finds the code, the settings and the history
	 * as a run has left them does not let the engine compare them again.
	 */
	public record FastPath(@DefaultValue("false") boolean enabled) {
	}

	/**
	 * Settings of migrations of PostgreSQL.
	 *
	 * @param lockTimeout How long a change set waits for locks on tables, all its
	 * statements together, before it is rolled back and tried again later: as long as it
	 * waits, whatever uses the table queues behind it. As long as it takes with 0.
	 * @param lockRetry How a change set is tried again that other sessions are in the way
	 * of.
	 * @param setRole Role that owns what a migration creates, Lockkeeper's own tables
	 * included: a migrating process logs in as itself and takes it on in each of its
	 * sessions. The login owns everything when not set.
	 * @param appRole Role of the application. Each migrating run verifies that it may
	 * read and write every table of the schema, and may change none. Not verified when
	 * not set.
	 * @param verifyAppRole What a run does that finds the rights of the application not
	 * to be as they must be.
	 */
	public record Postgresql(@DefaultValue("2s") Duration lockTimeout, @DefaultValue LockRetry lockRetry,
			@Nullable String setRole, @Nullable String appRole, @DefaultValue("warn") VerifyAppRole verifyAppRole) {

		// PostgreSQL counts milliseconds in 31 bits
		private static final Duration LONGEST_TIMEOUT = Duration.ofDays(24);

		public Postgresql {
			require(!lockTimeout.isNegative() && lockTimeout.compareTo(LONGEST_TIMEOUT) <= 0, "postgresql.lock-timeout",
					lockTimeout, "between 0s and 24d");
			requireRole("postgresql.set-role", setRole);
			requireRole("postgresql.app-role", appRole);
			require(appRole == null || !appRole.equals(setRole), "postgresql.app-role", appRole,
					"another role than lockkeeper.postgresql.set-role");
			require(appRole != null || verifyAppRole == VerifyAppRole.WARN, "postgresql.verify-app-role", "fail",
					"warn where no lockkeeper.postgresql.app-role is set");
		}

		private static void requireRole(String key, @Nullable String role) {
			require(role == null
					|| !(role.isBlank() || role.equalsIgnoreCase("none") || role.equalsIgnoreCase("public")), key, role,
					"the name of a role");
		}

	}

	/**
	 * How a change set is tried again that other sessions are in the way of.
	 *
	 * @param maxAttempts How often it is tried, the first time included. It is not tried
	 * again with 1.
	 * @param maxDuration How long after its first attempt it is tried again, at most half
	 * of lockkeeper.lock.wait-timeout, because the lock is held meanwhile. When not set 5
	 * minutes, or that half.
	 */
	public record LockRetry(@DefaultValue("20") int maxAttempts, @Nullable Duration maxDuration) {

		public LockRetry {
			requireOneOrMore("postgresql.lock-retry.max-attempts", maxAttempts);
			require(maxDuration == null || !maxDuration.isNegative(), "postgresql.lock-retry.max-duration", maxDuration,
					"0s or more");
		}

	}

	/**
	 * What a run does that finds the rights of the application not to be as they must be.
	 */
	public enum VerifyAppRole {

		/** Warn of it. */
		WARN,

		/** Fail. */
		FAIL

	}

	/**
	 * What a process in DEFER does while the schema is not there.
	 */
	public enum DeferStartup {

		/** What suits where the process runs. */
		AUTO,

		/** Start up only when the schema is there. */
		WAIT,

		/** Start up at once, and be ready only when the schema is there. */
		SERVE,

		/** Start up only when the schema is there already. */
		FAIL

	}

	/**
	 * What is done with the scripts that Spring Boot executes beside the change sets.
	 */
	public enum Initializers {

		/** Execute them where the migration runs, and nowhere else. */
		GOVERN,

		/** Leave them to Spring Boot. */
		BOOT

	}

	/**
	 * What is done about a setting that does not exist.
	 */
	public enum UnknownKeys {

		/** Warn of it. */
		WARN,

		/** End the process. */
		FAIL

	}

}
