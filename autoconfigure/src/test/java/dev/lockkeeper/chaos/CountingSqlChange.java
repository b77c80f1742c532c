// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.chaos;

import liquibase.change.custom.CustomSqlChange;
import liquibase.database.Database;
import liquibase.exception.ValidationErrors;
import liquibase.resource.ResourceAccessor;
import liquibase.statement.SqlStatement;
import liquibase.statement.core.RawParameterizedSqlStatement;

/**
 * A custom change that gives Liquibase its statements.
 */
public class CountingSqlChange implements CustomSqlChange {

	@Override
	public SqlStatement[] generateStatements(Database database) {
		return new SqlStatement[] {
				new RawParameterizedSqlStatement("UPDATE tally SET times = times + 1 WHERE what = 'custom-sql'"),
				new RawParameterizedSqlStatement("CREATE TABLE made_by_custom_sql (id int PRIMARY KEY)") };
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
