// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The end of a lease, which comes once: it is closed, or lost before that. Safe for use
 * by several threads.
 */
final class LeaseEnd {

	private static final Log logger = LogFactory.getLog(LeaseEnd.class);

	private final List<Consumer<String>> actions = new ArrayList<>();

	private boolean closed;

	private @Nullable String loss;

	/**
	 * End the lease, because it is lost.
	 * @param why the reason, as a clause
	 * @return whether it has ended by that
	 */
	boolean lose(String why) {
		List<Consumer<String>> toCall;
		synchronized (this) {
			if (isOver()) {
				return false;
			}
			this.loss = why;
			toCall = List.copyOf(this.actions);
			this.actions.clear();
		}
		for (Consumer<String> action : toCall) {
			try {
				action.accept(why);
			}
			catch (RuntimeException ex) {
				logger.warn("lockkeeper - a listener failed when the lease was lost", ex);
			}
		}
		return true;
	}

	/**
	 * End the lease, because it is closed.
	 * @return whether it was not closed before
	 */
	synchronized boolean close() {
		boolean first = !this.closed;
		this.closed = true;
		return first;
	}

	/**
	 * Call something once the lease is lost, or at once.
	 */
	void onLost(Consumer<String> action) {
		String why;
		synchronized (this) {
			why = this.loss;
			if (why == null) {
				this.actions.add(action);
			}
		}
		if (why != null) {
			action.accept(why);
		}
	}

	synchronized boolean isOver() {
		return this.closed || this.loss != null;
	}

	synchronized boolean isLost() {
		return this.loss != null;
	}

}
