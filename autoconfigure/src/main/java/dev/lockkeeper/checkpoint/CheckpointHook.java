// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.checkpoint;

import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;

/**
 * The hooks that a JVM or a platform calls around a checkpoint. Loaded only where
 * {@code org.crac} is on the class path, which refers to them weakly.
 */
final class CheckpointHook implements Resource {

	private final Runnable beforeCheckpoint;

	private final Runnable afterRestore;

	private CheckpointHook(Runnable beforeCheckpoint, Runnable afterRestore) {
		this.beforeCheckpoint = beforeCheckpoint;
		this.afterRestore = afterRestore;
	}

	static CheckpointHook register(Runnable beforeCheckpoint, Runnable afterRestore) {
		CheckpointHook hook = new CheckpointHook(beforeCheckpoint, afterRestore);
		Core.getGlobalContext().register(hook);
		return hook;
	}

	@Override
	public void beforeCheckpoint(Context<? extends Resource> context) {
		this.beforeCheckpoint.run();
	}

	@Override
	public void afterRestore(Context<? extends Resource> context) {
		this.afterRestore.run();
	}

}
