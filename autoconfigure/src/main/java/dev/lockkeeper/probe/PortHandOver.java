// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.probe;

import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.SmartLifecycle;

/**
 * Gives a port back in the phase right before the one in which the web server of the same
 * context binds it.
 *
 * @since 0.1.0
 */
public final class PortHandOver implements SmartLifecycle {

	private final Runnable giveBack;

	private volatile boolean running;

	/**
	 * Create a handing over.
	 * @param giveBack gives the port back, if it has not been given back yet
	 */
	public PortHandOver(Runnable giveBack) {
		this.giveBack = giveBack;
	}

	@Override
	public void start() {
		this.giveBack.run();
		this.running = true;
	}

	@Override
	public void stop() {
		this.running = false;
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	@Override
	public int getPhase() {
		return WebServerApplicationContext.START_STOP_LIFECYCLE_PHASE - 1;
	}

}
