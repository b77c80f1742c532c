// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.util.List;
import java.util.Map;

import javax.sql.DataSource;

import dev.lockkeeper.liquibase.bean.LiquibaseAccess;
import dev.lockkeeper.liquibase.run.AsynchronousRun;
import dev.lockkeeper.liquibase.run.GovernedRun;
import dev.lockkeeper.migration.RunControl;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.SchemaState;
import liquibase.Scope;
import liquibase.exception.SetupException;
import liquibase.integration.spring.SpringLiquibase;
import org.jspecify.annotations.Nullable;

/**
 * Lets a bean run Liquibase by its own initialisation, and returns when that run is over,
 * on whatever thread it takes place. A failure that the user's class swallows is thrown
 * all the same.
 */
final class BeanInitialisation {

	private final SpringLiquibase bean;

	private final DataSource original;

	private final @Nullable AsynchronousRun asynchronous;

	private boolean left;

	private BeanInitialisation(SpringLiquibase bean, DataSource original, @Nullable AsynchronousRun asynchronous) {
		this.bean = bean;
		this.original = original;
		this.asynchronous = asynchronous;
	}

	/**
	 * Give a bean the connections of a run.
	 * @param name the name of the bean
	 * @param bean the bean
	 * @param connections the connections of the run
	 * @param run the run
	 * @param listener listens to the run
	 */
	static BeanInitialisation prepare(String name, SpringLiquibase bean, DataSource connections, GovernedRun run,
			RunListener listener) {
		DataSource original = AsynchronousRun.originalOf(bean);
		if (!LiquibaseAccess.initialisesItself(bean)) {
			bean.setDataSource(connections);
			return new BeanInitialisation(bean, original, null);
		}
		AsynchronousRun asynchronous = new AsynchronousRun(name, bean, listener::isAttached, connections, run);
		bean.setDataSource(asynchronous);
		return new BeanInitialisation(bean, original, asynchronous);
	}

	/**
	 * Run Liquibase.
	 * @param run the run
	 * @param listener listens to the run, and has its failure
	 * @param before what was found before the run
	 */
	void run(GovernedRun run, RunListener listener, @Nullable SchemaState before) throws Exception {
		Scope.child(Map.of(GovernedRun.SCOPE_KEY, run), this.bean::afterPropertiesSet);
		AsynchronousRun elsewhere = this.asynchronous;
		if (elsewhere == null) {
			return;
		}
		List<ChangeSetReference> changed = (before != null) ? before.changed() : List.of();
		boolean due = before == null || !before.pending().isEmpty() || !changed.isEmpty();
		this.left = !elsewhere.await(due ? AsynchronousRun.BEGIN_TIMEOUT : AsynchronousRun.SHORT_BEGIN_TIMEOUT,
				run.control());
		requireSuccess(run, listener);
		if (elsewhere.isElsewhere() && !changed.isEmpty()) {
			throw new SetupException("Change sets were applied with another checksum: " + SchemaState.name(changed));
		}
	}

	private static void requireSuccess(GovernedRun run, RunListener listener) throws Exception {
		Exception failure = listener.getFailure();
		if (failure == null) {
			failure = run.failure().get();
		}
		if (failure != null) {
			throw failure;
		}
		if (run.control().getStopReason() != null) {
			throw new IllegalStateException("The run stopped because " + run.control().getStopReason());
		}
	}

	/**
	 * Return whether a run on another thread has ended without a known failure, and
	 * without a change set.
	 */
	boolean hasEndedSilently(RunControl control) {
		return this.asynchronous != null && this.asynchronous.isElsewhere() && control.countApplied() == 0;
	}

	/**
	 * Give the bean its data source back, unless a run may still begin that is to be
	 * refused.
	 */
	void leave() {
		if (this.asynchronous != null) {
			this.asynchronous.leave();
		}
		if (!this.left) {
			this.bean.setDataSource(this.original);
		}
	}

}
