// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock;

import java.util.function.Consumer;

/**
 * The lease of a database that no other process can reach. Nothing is committed under the
 * lock of another holder, because there is none.
 */
enum LocalLease implements Lease {

	INSTANCE;

	@Override
	public String getHolder() {
		return "this process";
	}

	@Override
	public boolean isLost() {
		return false;
	}

	@Override
	public void onLost(Consumer<String> action) {
	}

	@Override
	public boolean isFenced() {
		return true;
	}

	@Override
	public void close() {
	}

}
