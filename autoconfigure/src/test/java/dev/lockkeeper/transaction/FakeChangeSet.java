// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import dev.lockkeeper.schema.ChangeSetReference;
import org.jspecify.annotations.Nullable;

/**
 * A change set of no engine.
 */
final class FakeChangeSet implements RunningChangeSet {

	private final boolean oneTransaction;

	private final @Nullable String executor;

	boolean skipped;

	boolean failed;

	boolean evaluatesPreconditions = true;

	FakeChangeSet(boolean oneTransaction, @Nullable String executor) {
		this.oneTransaction = oneTransaction;
		this.executor = executor;
	}

	@Override
	public ChangeSetReference getReference() {
		return new ChangeSetReference("id", "me", "file");
	}

	@Override
	public boolean isOneTransaction() {
		return this.oneTransaction;
	}

	@Override
	public String getChecksum() {
		return "1";
	}

	@Override
	public @Nullable String getExecutor() {
		return this.executor;
	}

	@Override
	public boolean isSkipped() {
		return this.skipped;
	}

	@Override
	public boolean hasFailed() {
		return this.failed;
	}

	@Override
	public void removePreconditions() {
		this.evaluatesPreconditions = false;
	}

	@Override
	public void restorePreconditions() {
		this.evaluatesPreconditions = true;
	}

}
