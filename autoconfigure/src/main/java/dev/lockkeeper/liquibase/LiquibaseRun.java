// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

import dev.lockkeeper.engine.EngineMigration;
import dev.lockkeeper.engine.EngineRun;
import dev.lockkeeper.liquibase.bean.LiquibaseAccess;
import dev.lockkeeper.liquibase.run.ChangeSetKey;
import dev.lockkeeper.liquibase.run.ForeignLocks;
import dev.lockkeeper.liquibase.run.GovernedRun;
import dev.lockkeeper.liquibase.run.LiquibaseActivity;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.transaction.RunningEngine;
import liquibase.Liquibase;
import liquibase.Scope;
import liquibase.changelog.FastCheckService;
import liquibase.changelog.visitor.ChangeExecListener;
import liquibase.changelog.visitor.DefaultChangeExecListener;
import liquibase.integration.spring.Customizer;
import liquibase.integration.spring.SpringLiquibase;
import org.jspecify.annotations.Nullable;

/**
 * One run of a bean. The bean keeps its properties: what is replaced for the run is put
 * back after it.
 */
final class LiquibaseRun implements EngineMigration {

	private final String name;

	private final SpringLiquibase bean;

	private final LiquibaseEngine engine;

	private final ForeignLocks foreignLocks;

	private final LiquibaseActivity activity = new LiquibaseActivity();

	/**
	 * The keys of the change sets that preconditions skip.
	 */
	private final Set<String> skipped = ConcurrentHashMap.newKeySet();

	LiquibaseRun(String name, SpringLiquibase bean, LiquibaseEngine engine, ForeignLocks foreignLocks) {
		this.name = name;
		this.bean = bean;
		this.engine = engine;
		this.foreignLocks = foreignLocks;
	}

	static Set<String> keys(List<ChangeSetReference> changeSets) {
		return changeSets.stream().map(LiquibaseRun::key).collect(Collectors.toUnmodifiableSet());
	}

	private static String key(ChangeSetReference changeSet) {
		return ChangeSetKey.of(changeSet.file(), changeSet.id(), changeSet.author());
	}

	@Override
	public RunningEngine getRunningEngine() {
		return this.activity;
	}

	@Override
	public boolean mayHoldLock() {
		return this.activity.isLocked();
	}

	@Override
	public void migrate(EngineRun run) throws Exception {
		boolean committed = false;
		try {
			if (hasEndedSilently(run)) {
				// A thread of the user does not show why Liquibase has begun with
				// nothing
				this.engine.validate();
			}
			run.requireCommitted();
			committed = true;
		}
		finally {
			// A precondition may have been checked in a transaction that was rolled
			// back
			this.engine.runEnded(committed ? this.skipped : Set.of());
		}
	}

	private boolean hasEndedSilently(EngineRun run) throws Exception {
		RunListener listener = new RunListener(run.getControl(), run.getTransactions(), this.activity,
				(changeSet) -> this.skipped.add(key(changeSet)));
		GovernedRun governed = new GovernedRun(run.getHolder(), run.getControl(), this.activity,
				keys(run.getHeldBack()), this.foreignLocks);
		Customizer<Liquibase> customizer = this.bean.getCustomizer();
		BeanInitialisation initialisation = BeanInitialisation.prepare(this.name, this.bean, run.getConnections(),
				governed, listener);
		try {
			this.bean.setCustomizer((liquibase) -> begin(liquibase, customizer, run, listener));
			Scope.getCurrentScope().getSingleton(FastCheckService.class).clearCache();
			initialisation.run(governed, listener, run.getBefore());
			return initialisation.hasEndedSilently(run.getControl());
		}
		finally {
			listener.leave();
			initialisation.leave();
			this.bean.setCustomizer(customizer);
		}
	}

	// Called when everything has been dropped, if anything has, and before anything runs
	private void begin(Liquibase liquibase, @Nullable Customizer<Liquibase> customizer, EngineRun run,
			RunListener listener) {
		run.begun();
		if (customizer != null) {
			customizer.customize(liquibase);
		}
		RunServices.require(this.name, liquibase.getDatabase());
		this.engine.runBegins(liquibase);
		listener.attach();
		ChangeExecListener present = LiquibaseAccess.getListener(liquibase);
		if (present instanceof DefaultChangeExecListener composite) {
			composite.addListener(listener);
		}
		else if (present != null) {
			liquibase.setChangeExecListener(new DefaultChangeExecListener(present, listener));
		}
		else {
			liquibase.setChangeExecListener(new DefaultChangeExecListener(listener));
		}
	}

}
