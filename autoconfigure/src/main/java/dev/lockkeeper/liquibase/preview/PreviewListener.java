// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase.preview;

import java.util.ArrayList;
import java.util.List;

import liquibase.changelog.ChangeSet;
import liquibase.changelog.ChangeSet.ExecType;
import liquibase.changelog.ChangeSet.RunStatus;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.changelog.visitor.AbstractChangeExecListener;
import liquibase.database.Database;
import liquibase.exception.DatabaseException;
import liquibase.exception.UnexpectedLiquibaseException;
import liquibase.precondition.Precondition;
import liquibase.precondition.PreconditionLogic;
import liquibase.precondition.core.PreconditionContainer;
import liquibase.precondition.core.PreconditionContainer.OnSqlOutputOption;
import org.jspecify.annotations.Nullable;

/**
 * Divides the script into change sets, and judges their preconditions. Liquibase ignores
 * these when it writes SQL. As long as nothing before them changes the database, they
 * hold or fail now as they would in a run, and are judged. After that it cannot be known,
 * and a note in the script states that.
 */
class PreviewListener extends AbstractChangeExecListener {

	private final SqlScript script;

	PreviewListener(SqlScript script) {
		this.script = script;
	}

	/**
	 * Have preconditions judged, those that contain others with all of them. What the
	 * changelog itself has set for SQL output stays.
	 */
	static void judge(@Nullable Precondition precondition) {
		if (precondition instanceof PreconditionContainer container
				&& container.getOnSqlOutput() == OnSqlOutputOption.IGNORE) {
			container.setOnSqlOutput(OnSqlOutputOption.TEST.name());
		}
		if (precondition instanceof PreconditionLogic logic) {
			logic.getNestedPreconditions().forEach(PreviewListener::judge);
		}
	}

	@Override
	public void willRun(ChangeSet changeSet, DatabaseChangeLog changeLog, Database database, RunStatus runStatus) {
		List<String> notes = new ArrayList<>();
		PreconditionContainer preconditions = changeSet.getPreconditions();
		if (preconditions != null && !this.script.isChanging()) {
			judge(preconditions);
		}
		else if (preconditions != null) {
			notes.add(
					"Its preconditions (onFail %s) are not judged here: what comes before may change how they turn out."
						.formatted(preconditions.getOnFail()));
		}
		if (Boolean.FALSE.equals(changeSet.getFailOnError())) {
			notes.add("It may fail (failOnError false): a run would then go on.");
		}
		try {
			this.script.begin(changeSet, notes);
		}
		catch (DatabaseException ex) {
			throw new UnexpectedLiquibaseException(ex);
		}
	}

	@Override
	public void ran(ChangeSet changeSet, DatabaseChangeLog changeLog, Database database, ExecType execType) {
		this.script.end();
	}

}
