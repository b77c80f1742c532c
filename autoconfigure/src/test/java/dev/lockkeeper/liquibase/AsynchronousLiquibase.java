// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;

import liquibase.exception.LiquibaseException;
import liquibase.integration.spring.SpringLiquibase;

/**
 * A Liquibase bean of the shape that generated applications have: it hands its run to an
 * executor, opens a connection beforehand to see that there is a database, and logs what
 * the run fails with, on the thread of the run.
 */
class AsynchronousLiquibase extends SpringLiquibase {

	private final Executor executor;

	/**
	 * Counted down when the run is over, whatever became of it.
	 */
	final CountDownLatch over = new CountDownLatch(1);

	AsynchronousLiquibase(Executor executor) {
		this.executor = executor;
	}

	@Override
	public void afterPropertiesSet() throws LiquibaseException {
		try (Connection connection = getDataSource().getConnection()) {
			this.executor.execute(this::run);
		}
		catch (SQLException ex) {
			throw new LiquibaseException(ex);
		}
	}

	private void run() {
		try {
			initialise();
		}
		catch (LiquibaseException ex) {
			System.err.println("The database is not ready: " + ex.getMessage());
		}
		finally {
			this.over.countDown();
		}
	}

	private void initialise() throws LiquibaseException {
		super.afterPropertiesSet();
	}

}
