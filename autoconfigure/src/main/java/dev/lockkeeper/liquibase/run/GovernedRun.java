// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase.run;

import java.sql.Connection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;

import dev.lockkeeper.migration.RunControl;
import liquibase.Scope;
import liquibase.database.Database;
import liquibase.database.jvm.JdbcConnection;
import org.jspecify.annotations.Nullable;

/**
 * The run that Liquibase executes on this thread.
 *
 * @param holder the name under which the lock is held
 * @param control decides when to stop, and records what is done
 * @param activity notes what Liquibase does
 * @param heldBack the keys of change sets that newer code has replaced, and that must not
 * run again
 * @param foreignLocks what to do about the lock of a Liquibase that is not governed
 * @param failure the first failure outside of a change set
 * @since 0.1.0
 */
public record GovernedRun(String holder, RunControl control, LiquibaseActivity activity, Set<String> heldBack,
		ForeignLocks foreignLocks, AtomicReference<@Nullable Exception> failure) {

	/**
	 * The key under which a scope of Liquibase has the run.
	 */
	public static final String SCOPE_KEY = "dev.lockkeeper.run";

	/**
	 * Runs by their connections, for threads that have no scope of the run.
	 */
	private static final Map<Connection, GovernedRun> BOUND = Collections.synchronizedMap(new IdentityHashMap<>());

	/**
	 * Create a run that has not failed.
	 * @param holder the name under which the lock is held
	 * @param control decides when to stop, and records what is done
	 * @param activity notes what Liquibase does
	 * @param heldBack the keys of change sets that newer code has replaced, and that must
	 * not run again
	 * @param foreignLocks what to do about the lock of a Liquibase that is not governed
	 */
	public GovernedRun(String holder, RunControl control, LiquibaseActivity activity, Set<String> heldBack,
			ForeignLocks foreignLocks) {
		this(holder, control, activity, heldBack, foreignLocks, new AtomicReference<>());
	}

	/**
	 * Note a failure outside of a change set, on whatever thread the run takes place. The
	 * first one counts.
	 * @param ex the failure
	 */
	public void failed(Exception ex) {
		this.failure.compareAndSet(null, ex);
	}

	/**
	 * Return the run of the calling thread.
	 * @return the run, or {@code null} when the thread executes none
	 */
	public static @Nullable GovernedRun current() {
		return Scope.getCurrentScope().get(SCOPE_KEY, GovernedRun.class);
	}

	/**
	 * Return the run that uses a database: that of the calling thread, or the one that
	 * the connection belongs to.
	 * @param database the database
	 * @return the run, or {@code null} when none uses the database
	 */
	public static @Nullable GovernedRun of(@Nullable Database database) {
		GovernedRun current = current();
		if (current == null && database != null && database.getConnection() instanceof JdbcConnection connection) {
			return BOUND.get(connection.getUnderlyingConnection());
		}
		return current;
	}

	static void bind(Connection connection, GovernedRun run) {
		BOUND.put(connection, run);
	}

	static void unbind(Connection connection) {
		BOUND.remove(connection);
	}

}
