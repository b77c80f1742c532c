// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import dev.lockkeeper.gate.GateRefresher;

import org.springframework.context.SmartLifecycle;

/**
 * Lets the gate be refreshed while the context runs.
 */
class GateRefresherLifecycle implements SmartLifecycle {

	private final GateRefresher refresher;

	private final boolean wanted;

	private final CheckpointLifecycle checkpoint;

	private volatile boolean running;

	GateRefresherLifecycle(GateRefresher refresher, boolean wanted, CheckpointLifecycle checkpoint) {
		this.refresher = refresher;
		this.wanted = wanted;
		this.checkpoint = checkpoint;
	}

	@Override
	public boolean isAutoStartup() {
		return this.wanted;
	}

	// After a restore Spring starts again what was running at the checkpoint
	@Override
	public void start() {
		this.running = true;
		if (!this.checkpoint.isAwaiting()) {
			this.refresher.start();
		}
	}

	@Override
	public void stop() {
		this.running = false;
		this.refresher.stop();
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

}
