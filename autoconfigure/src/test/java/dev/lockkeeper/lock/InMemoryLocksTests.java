// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock;

import java.lang.reflect.Proxy;
import java.sql.Connection;

import org.springframework.jdbc.datasource.SimpleDriverDataSource;

/**
 * The least that an implementation does fulfils the contract.
 */
class InMemoryLocksTests extends LockContract {

	private static final LockAddress ADDRESS = new LockAddress("public.lock", "public.lockkeeper_lock",
			new SimpleDriverDataSource());

	private final InMemoryLocks locks = new InMemoryLocks();

	@Override
	protected MigrationLock lockOf(String process) {
		return this.locks.at(ADDRESS);
	}

	@Override
	protected void loseLock() {
		this.locks.takeAway(ADDRESS.name());
	}

	// Nothing is called on it
	@Override
	protected Connection open() {
		return (Connection) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] { Connection.class },
				(proxy, method, arguments) -> null);
	}

}
