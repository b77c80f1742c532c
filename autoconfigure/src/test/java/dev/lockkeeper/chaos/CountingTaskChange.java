// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.chaos;

import java.sql.PreparedStatement;
import java.sql.SQLException;

import liquibase.change.custom.CustomTaskChange;
import liquibase.database.Database;
import liquibase.database.jvm.JdbcConnection;
import liquibase.exception.CustomChangeException;
import liquibase.exception.DatabaseException;
import liquibase.exception.ValidationErrors;
import liquibase.resource.ResourceAccessor;

/**
 * A custom change that works on Liquibase's connection by itself.
 */
public class CountingTaskChange implements CustomTaskChange {

	private static final int TIMES = 3;

	@Override
	public void execute(Database database) throws CustomChangeException {
		JdbcConnection connection = (JdbcConnection) database.getConnection();
		try (PreparedStatement statement = connection
			.prepareStatement("UPDATE tally SET times = times + ? WHERE what = 'custom-task'")) {
			for (int i = 1; i <= TIMES; i++) {
				statement.setInt(1, i);
				statement.executeUpdate();
			}
		}
		catch (DatabaseException | SQLException ex) {
			throw new CustomChangeException(ex);
		}
	}

	@Override
	public String getConfirmationMessage() {
		return "counted";
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
