// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.RunActivity.Blocker;
import dev.lockkeeper.schema.RunEnd;

/**
 * Remembers what it receives.
 */
class RecordingListener implements MigrationListener {

	private final List<String> events = new CopyOnWriteArrayList<>();

	List<String> getEvents() {
		return List.copyOf(this.events);
	}

	@Override
	public void runStarted(RunReference run) {
		this.events.add("run started");
	}

	@Override
	public void runEnded(RunReference run, RunEnd end) {
		this.events.add("run ended " + end.applied());
	}

	@Override
	public void runFailed(RunReference run, RunEnd end) {
		this.events.add("run failed");
	}

	@Override
	public void lockWaitStarted(RunReference run) {
		this.events.add("lock wait started");
	}

	@Override
	public void lockWaitEnded(RunReference run, LockWaitOutcome outcome) {
		this.events.add("lock wait ended " + outcome);
	}

	@Override
	public void lockWaitFailed(RunReference run, RunEnd end) {
		this.events.add("lock wait failed");
	}

	@Override
	public void changeSetStarted(RunReference run, ChangeSetReference changeSet) {
		this.events.add("change set started " + changeSet.id());
	}

	@Override
	public void changeSetEnded(RunReference run, ChangeSetReference changeSet, ChangeSetOutcome outcome) {
		this.events.add("change set ended %s %s".formatted(changeSet.id(), outcome));
	}

	@Override
	public void changeSetFailed(RunReference run, ChangeSetReference changeSet, RunEnd end) {
		this.events.add("change set failed " + changeSet.id());
	}

	@Override
	public void changeSetBlocked(RunReference run, ChangeSetReference changeSet, List<Blocker> blockers) {
		this.events.add("change set blocked %s by %d".formatted(changeSet.id(), blockers.size()));
	}

	@Override
	public void leaseLost(RunReference run) {
		this.events.add("lease lost");
	}

	@Override
	public void lockTakenOver(RunReference run) {
		this.events.add("lock taken over");
	}

	@Override
	public void runResumed(RunReference run) {
		this.events.add("run resumed");
	}

}
