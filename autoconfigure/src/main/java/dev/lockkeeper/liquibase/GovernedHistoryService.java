// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.util.List;
import java.util.Map;

import dev.lockkeeper.liquibase.run.GovernedRun;
import dev.lockkeeper.liquibase.run.LiquibaseTableException;
import dev.lockkeeper.liquibase.run.OwnService;
import dev.lockkeeper.liquibase.run.ReplacedChangeSets;
import dev.lockkeeper.liquibase.run.StoredPath;
import dev.lockkeeper.postgresql.SqlStates;
import liquibase.Contexts;
import liquibase.LabelExpression;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.ChangeSet.ExecType;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.changelog.StandardChangeLogHistoryService;
import liquibase.database.Database;
import liquibase.database.jvm.JdbcConnection;
import liquibase.exception.DatabaseException;

/**
 * The history of change sets during a governed run. It sees the changelog after it was
 * parsed and before anything of it runs, and takes out what must not run again. Found by
 * Liquibase's service loader.
 *
 * @since 0.1.0
 */
public class GovernedHistoryService extends StandardChangeLogHistoryService implements OwnService {

	private static final int ATTEMPTS = 5;

	/**
	 * What Liquibase writes into the message when a statement has failed.
	 */
	private static final String OF_STATEMENT = "[Failed SQL";

	@Override
	public int getPriority() {
		return PRIORITY;
	}

	@Override
	public boolean supports(Database database) {
		return GovernedRun.of(database) != null && database.getConnection() instanceof JdbcConnection;
	}

	/**
	 * Create the table unless it is there. A Liquibase that is not governed may do so at
	 * the same time: it creates the table before it waits for the lock.
	 */
	@Override
	public void init() throws DatabaseException {
		for (int attempt = 1;; attempt++) {
			try {
				super.init();
				return;
			}
			catch (DatabaseException ex) {
				if (attempt == ATTEMPTS || !SqlStates.isRace(SqlStates.of(ex))) {
					throw noted(LiquibaseTableException.ofHistory(table(), false, ex));
				}
				getDatabase().rollback();
			}
		}
	}

	@Override
	public List<Map<String, ?>> queryDatabaseChangeLogTable(Database database) throws DatabaseException {
		try {
			return super.queryDatabaseChangeLogTable(database);
		}
		catch (DatabaseException ex) {
			throw noted(LiquibaseTableException.ofHistory(table(), false, ex));
		}
	}

	@Override
	public void setExecType(ChangeSet changeSet, ExecType execType) throws DatabaseException {
		try {
			StoredPath.during(changeSet, execType, () -> super.setExecType(changeSet, execType));
		}
		catch (DatabaseException ex) {
			// A commit may fail for what the change set has done
			throw noted(String.valueOf(ex.getMessage()).contains(OF_STATEMENT)
					? LiquibaseTableException.ofHistory(table(), true, ex) : ex);
		}
	}

	private DatabaseException noted(DatabaseException failure) {
		GovernedRun run = GovernedRun.of(getDatabase());
		if (run != null) {
			run.failed(failure);
		}
		return failure;
	}

	private String table() {
		return getDatabase().escapeTableName(getLiquibaseCatalogName(), getLiquibaseSchemaName(),
				getDatabaseChangeLogTableName());
	}

	@Override
	public void upgradeChecksums(DatabaseChangeLog changeLog, Contexts contexts, LabelExpression labels)
			throws DatabaseException {
		super.upgradeChecksums(changeLog, contexts, labels);
		GovernedRun run = GovernedRun.of(getDatabase());
		if (run != null) {
			ReplacedChangeSets.holdBack(changeLog, run.heldBack());
		}
	}

}
