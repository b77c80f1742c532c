// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

import dev.lockkeeper.exit.Redaction;
import dev.lockkeeper.schema.ChangeSetReference;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * All listeners of a process, as one that never throws. Who they are is asked when there
 * is something to tell for the first time.
 *
 * @since 0.1.0
 */
public final class MigrationListeners implements MigrationListener {

	private static final Log logger = LogFactory.getLog(MigrationListeners.class);

	private final Supplier<List<MigrationListener>> source;

	private @Nullable List<MigrationListener> listeners;

	/**
	 * Create listeners.
	 * @param source knows them
	 */
	public MigrationListeners(Supplier<List<MigrationListener>> source) {
		this.source = source;
	}

	/**
	 * Create the listeners of a process in which nobody listens.
	 * @return no listeners
	 */
	public static MigrationListeners none() {
		return new MigrationListeners(List::of);
	}

	@Override
	public void runStarted(RunReference run) {
		tell((listener) -> listener.runStarted(run));
	}

	@Override
	public void runEnded(RunReference run, MigrationOutcome outcome) {
		tell((listener) -> listener.runEnded(run, outcome));
	}

	@Override
	public void runFailed(RunReference run, Throwable failure) {
		tell((listener) -> listener.runFailed(run, failure));
	}

	@Override
	public void lockWaitStarted(RunReference run) {
		tell((listener) -> listener.lockWaitStarted(run));
	}

	@Override
	public void lockWaitEnded(RunReference run, boolean acquired) {
		tell((listener) -> listener.lockWaitEnded(run, acquired));
	}

	@Override
	public void lockWaitFailed(RunReference run, Throwable failure) {
		tell((listener) -> listener.lockWaitFailed(run, failure));
	}

	@Override
	public void changeSetStarted(RunReference run, ChangeSetReference changeSet) {
		tell((listener) -> listener.changeSetStarted(run, changeSet));
	}

	@Override
	public void changeSetEnded(RunReference run, ChangeSetReference changeSet, ChangeSetOutcome outcome) {
		tell((listener) -> listener.changeSetEnded(run, changeSet, outcome));
	}

	@Override
	public void changeSetFailed(RunReference run, ChangeSetReference changeSet, Throwable failure) {
		tell((listener) -> listener.changeSetFailed(run, changeSet, failure));
	}

	@Override
	public void leaseLost(RunReference run) {
		tell((listener) -> listener.leaseLost(run));
	}

	@Override
	public void lockTakenOver(RunReference run) {
		tell((listener) -> listener.lockTakenOver(run));
	}

	@Override
	public void runResumed(RunReference run) {
		tell((listener) -> listener.runResumed(run));
	}

	private void tell(Consumer<MigrationListener> event) {
		for (MigrationListener listener : getListeners()) {
			try {
				event.accept(listener);
			}
			catch (RuntimeException | Error ex) {
				logger.warn("lockkeeper - a listener failed (%s: %s); the run goes on without it"
					.formatted(listener.getClass().getName(), Redaction.redact(String.valueOf(ex))));
			}
		}
	}

	private synchronized List<MigrationListener> getListeners() {
		List<MigrationListener> known = this.listeners;
		if (known == null) {
			known = find();
			this.listeners = known;
		}
		return known;
	}

	private List<MigrationListener> find() {
		try {
			return List.copyOf(this.source.get());
		}
		catch (RuntimeException ex) {
			logger.warn("lockkeeper - no listener hears of the runs, because one could not be created (%s)"
				.formatted(Redaction.redact(String.valueOf(ex))));
			return List.of();
		}
	}

}
