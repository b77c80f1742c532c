// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import liquibase.change.custom.CustomTaskChange;
import liquibase.database.Database;
import liquibase.exception.CustomChangeException;
import liquibase.exception.ValidationErrors;
import liquibase.resource.ResourceAccessor;

/**
 * A custom change that does nothing, for a long time.
 */
public class ForgetfulTaskChange implements CustomTaskChange {

	static final String FORGETS = "FORGETS what it was to do";

	@Override
	public void execute(Database database) throws CustomChangeException {
		System.out.println(FORGETS);
		try {
			boolean reminded = new CountDownLatch(1).await(2, TimeUnit.MINUTES);
			throw new CustomChangeException("reminded: " + reminded);
		}
		catch (InterruptedException ex) {
			throw new CustomChangeException(ex);
		}
	}

	@Override
	public String getConfirmationMessage() {
		return "forgotten";
	}

	@Override
	public void setUp() {
	}

	@Override
	public void setFileOpener(ResourceAccessor resourceAccessor) {
	}

	@Override
	public ValidationErrors validate(Database database) {
		return new ValidationErrors();
	}

}
