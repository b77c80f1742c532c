// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import dev.lockkeeper.checkpoint.ExpectedCheckpoint;
import dev.lockkeeper.exit.ExitStrategy;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.governance.PostponedStart;
import dev.lockkeeper.wording.Sentences;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.context.SmartLifecycle;

/**
 * Begins what was postponed once the process has been restored from its checkpoint, and
 * before anything else is started. Spring takes its checkpoint in the refresh right
 * before this phase; around any other checkpoint a hook is called, which is older than
 * that of Spring.
 */
class CheckpointLifecycle implements SmartLifecycle {

	private static final Log logger = LogFactory.getLog(CheckpointLifecycle.class);

	private final @Nullable ExpectedCheckpoint checkpoint;

	private final PostponedStart start;

	private final ExitStrategy exitStrategy;

	/**
	 * Kept, because {@code org.crac} refers to it weakly.
	 */
	@SuppressWarnings("unused")
	private final @Nullable Object hook;

	private volatile boolean awaiting;

	private volatile boolean running;

	CheckpointLifecycle(@Nullable ExpectedCheckpoint checkpoint, PostponedStart start, ExitStrategy exitStrategy) {
		this.checkpoint = checkpoint;
		this.start = start;
		this.exitStrategy = exitStrategy;
		this.awaiting = checkpoint != null;
		boolean hooked = checkpoint != null && !checkpoint.duringRefresh();
		this.hook = hooked ? ExpectedCheckpoint.register(this::beforeCheckpoint, this::afterRestore) : null;
	}

	/**
	 * Return whether the process is yet to be restored.
	 */
	boolean isAwaiting() {
		return this.awaiting;
	}

	private void beforeCheckpoint() {
		this.awaiting = true;
	}

	private void afterRestore() {
		try {
			begin();
		}
		catch (LockkeeperException ex) {
			logger.error("lockkeeper - the process is restored and may not serve (%s, exit code %d); %s".formatted(
					Sentences.inParentheses(String.valueOf(ex.getMessage())), ex.getStatus().getCode(),
					Sentences.afterSemicolon(ex.getAction())));
			if (this.checkpoint != null && !this.checkpoint.function()) {
				this.exitStrategy.exit(ex.getStatus().getCode());
			}
			throw ex;
		}
	}

	private void begin() {
		this.start.begin();
		this.awaiting = false;
	}

	@Override
	public void start() {
		if (this.awaiting && this.checkpoint != null && this.checkpoint.duringRefresh()) {
			begin();
		}
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
		return Integer.MIN_VALUE;
	}

}
