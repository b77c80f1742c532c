// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

import dev.lockkeeper.redaction.Redaction;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.RunActivity.Blocker;
import dev.lockkeeper.schema.RunEnd;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * All listeners of a process, as one that never throws. They are created when there is
 * something to report for the first time.
 *
 * @since 0.1.0
 */
public final class MigrationListeners implements MigrationListener {

	private static final Log logger = LogFactory.getLog(MigrationListeners.class);

	private final Supplier<List<MigrationListener>> source;

	private @Nullable List<MigrationListener> listeners;

	/**
	 * Create listeners.
	 * @param source returns them in their order, and may fail
	 */
	public MigrationListeners(Supplier<List<MigrationListener>> source) {
		this.source = source;
	}

	/**
	 * Create the listeners of a process that has none.
	 * @return no listeners
	 */
	public static MigrationListeners none() {
		return new MigrationListeners(List::of);
	}

	@Override
	public void runStarted(RunReference run) {
		report((listener) -> listener.runStarted(run));
	}

	@Override
	public void runEnded(RunReference run, RunEnd end) {
		report((listener) -> listener.runEnded(run, end));
	}

	@Override
	public void runFailed(RunReference run, RunEnd end) {
		report((listener) -> listener.runFailed(run, end));
	}

	@Override
	public void lockWaitStarted(RunReference run) {
		report((listener) -> listener.lockWaitStarted(run));
	}

	@Override
	public void lockWaitEnded(RunReference run, LockWaitOutcome outcome) {
		report((listener) -> listener.lockWaitEnded(run, outcome));
	}

	@Override
	public void lockWaitFailed(RunReference run, RunEnd end) {
		report((listener) -> listener.lockWaitFailed(run, end));
	}

	@Override
	public void changeSetStarted(RunReference run, ChangeSetReference changeSet) {
		report((listener) -> listener.changeSetStarted(run, changeSet));
	}

	@Override
	public void changeSetEnded(RunReference run, ChangeSetReference changeSet, ChangeSetOutcome outcome) {
		report((listener) -> listener.changeSetEnded(run, changeSet, outcome));
	}

	@Override
	public void changeSetFailed(RunReference run, ChangeSetReference changeSet, RunEnd end) {
		report((listener) -> listener.changeSetFailed(run, changeSet, end));
	}

	@Override
	public void changeSetBlocked(RunReference run, ChangeSetReference changeSet, List<Blocker> blockers) {
		report((listener) -> listener.changeSetBlocked(run, changeSet, blockers));
	}

	@Override
	public void leaseLost(RunReference run) {
		report((listener) -> listener.leaseLost(run));
	}

	@Override
	public void lockTakenOver(RunReference run) {
		report((listener) -> listener.lockTakenOver(run));
	}

	@Override
	public void runResumed(RunReference run) {
		report((listener) -> listener.runResumed(run));
	}

	private void report(Consumer<MigrationListener> event) {
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
			logger.warn("lockkeeper - migration listeners are disabled: %s"
				.formatted(Redaction.redact(String.valueOf(ex))));
			return List.of();
		}
	}

}
