// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import dev.lockkeeper.flyway.FlywayActivity.LockAttempts;
import dev.lockkeeper.migration.RunControl;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * The wait for Flyway's own lock, which a Flyway that is not governed may hold. Flyway
 * polls; the run reports that, and stops in it.
 */
final class LockWait implements LockAttempts {

	private static final Log logger = LogFactory.getLog(LockWait.class);

	private final String schema;

	private final RunControl control;

	private boolean attempted;

	private boolean waiting;

	LockWait(String schema, RunControl control) {
		this.schema = schema;
		this.control = control;
	}

	@Override
	public void attempted() {
		if (this.attempted && this.control.getStopReason() != null) {
			throw new IllegalStateException("The run stopped because " + this.control.getStopReason());
		}
		if (this.waiting) {
			this.control.moved();
		}
		else if (this.attempted) {
			this.waiting = true;
			logger.info("lockkeeper - waiting for the lock of a Flyway that is not governed (schema %s)"
				.formatted(this.schema));
			this.control.lockWaitBegan("waiting for the lock of a Flyway that is not governed");
		}
		this.attempted = true;
	}

	@Override
	public void over() {
		this.attempted = false;
		if (this.waiting) {
			this.waiting = false;
			this.control.lockWaitEnded(null);
		}
	}

	/**
	 * The run has failed, perhaps because it did not get the lock.
	 */
	void failed(Exception failure) {
		if (this.waiting) {
			this.waiting = false;
			this.control.lockWaitEnded(failure);
		}
	}

}
