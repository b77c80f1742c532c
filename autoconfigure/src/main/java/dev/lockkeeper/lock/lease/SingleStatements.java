// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import org.jspecify.annotations.Nullable;

import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.SimpleTransactionStatus;

/**
 * Lets each statement commit itself. A holder that is frozen between a statement and its
 * commit would keep the row of the lease locked, and no process could take the lease over
 * before it wakes up. Each transaction has one statement only, on a connection in
 * autocommit.
 */
final class SingleStatements implements PlatformTransactionManager {

	@Override
	public TransactionStatus getTransaction(@Nullable TransactionDefinition definition) {
		return new SimpleTransactionStatus();
	}

	@Override
	public void commit(TransactionStatus status) {
		// Nothing is open
	}

	@Override
	public void rollback(TransactionStatus status) {
		// Nothing is open
	}

}
