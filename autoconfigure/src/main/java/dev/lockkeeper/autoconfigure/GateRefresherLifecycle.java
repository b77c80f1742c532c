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

	GateRefresherLifecycle(GateRefresher refresher, boolean wanted) {
		this.refresher = refresher;
		this.wanted = wanted;
	}

	@Override
	public boolean isAutoStartup() {
		return this.wanted;
	}

	@Override
	public void start() {
		this.refresher.start();
	}

	@Override
	public void stop() {
		this.refresher.stop();
	}

	@Override
	public boolean isRunning() {
		return this.refresher.isRunning();
	}

}
