// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock;

import java.sql.Connection;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;

import dev.lockkeeper.schema.LockHolder;

/**
 * Locks in the memory of one process: the least that an implementation has to do.
 */
public final class InMemoryLocks implements MigrationLocks {

	private final ConcurrentMap<String, InMemoryLease> leases = new ConcurrentHashMap<>();

	@Override
	public MigrationLock at(LockAddress address) {
		return new InMemoryLock(address.name());
	}

	/**
	 * Take a lock away from its holder.
	 * @param name the name of the lock
	 */
	public void takeAway(String name) {
		InMemoryLease lease = this.leases.remove(name);
		if (lease != null) {
			lease.lose();
		}
	}

	private final class InMemoryLock implements MigrationLock {

		private final String name;

		InMemoryLock(String name) {
			this.name = name;
		}

		@Override
		public Optional<Lease> tryAcquire() {
			InMemoryLease lease = new InMemoryLease(this.name);
			boolean free = InMemoryLocks.this.leases.putIfAbsent(this.name, lease) == null;
			return free ? Optional.of(lease) : Optional.empty();
		}

		@Override
		public Optional<LockHolder> findHolder(Connection connection) {
			return Optional.ofNullable(InMemoryLocks.this.leases.get(this.name))
				.map((lease) -> new LockHolder(lease.holder, lease.since, null));
		}

	}

	private final class InMemoryLease implements Lease {

		private final String holder = "in memory/" + UUID.randomUUID();

		private final Instant since = Instant.now();

		private final List<Consumer<String>> actions = new ArrayList<>();

		private final String name;

		private boolean lost;

		private boolean closed;

		InMemoryLease(String name) {
			this.name = name;
		}

		@Override
		public String getHolder() {
			return this.holder;
		}

		@Override
		public synchronized boolean isLost() {
			return this.lost;
		}

		@Override
		public synchronized void onLost(Consumer<String> action) {
			if (this.lost) {
				action.accept("it was taken away");
			}
			else {
				this.actions.add(action);
			}
		}

		synchronized void lose() {
			if (!this.closed) {
				this.lost = true;
				this.actions.forEach((action) -> action.accept("it was taken away"));
			}
		}

		@Override
		public void close() {
			synchronized (this) {
				this.closed = true;
			}
			InMemoryLocks.this.leases.remove(this.name, this);
		}

	}

}
