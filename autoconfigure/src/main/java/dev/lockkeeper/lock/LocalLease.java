// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock;

import java.sql.Connection;

/**
 * The lease of a database that no other process can reach.
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
	public void onLost(Runnable action) {
	}

	@Override
	public void recordSession(Connection connection) {
	}

	@Override
	public void sessionClosed() {
	}

	@Override
	public void endSession() {
	}

	@Override
	public boolean prove(Connection connection) {
		return true;
	}

	@Override
	public boolean proveApart(Connection connection) {
		return true;
	}

	@Override
	public void restore() {
	}

	@Override
	public void close() {
	}

}
