// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase.preview;

import java.util.List;

import liquibase.change.Change;
import liquibase.change.core.ExecuteShellCommandChange;
import liquibase.change.custom.CustomChangeWrapper;
import liquibase.change.custom.CustomTaskChange;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.ChangeSet.ExecType;
import liquibase.database.Database;
import liquibase.exception.DatabaseException;
import liquibase.executor.Executor;
import liquibase.executor.LoggingExecutor;
import liquibase.sql.visitor.SqlVisitor;
import liquibase.sqlgenerator.SqlGeneratorFactory;
import liquibase.statement.ExecutablePreparedStatement;
import liquibase.statement.SqlStatement;
import liquibase.statement.core.MarkChangeSetRanStatement;
import org.jspecify.annotations.Nullable;

/**
 * Writes down what Liquibase would execute, as a script for {@code psql}: every statement
 * ends with a semicolon, and a change set that Liquibase runs in a transaction is one in
 * the script. What cannot be written as SQL raises an error in its place, so that a
 * change set is never recorded that was not carried out.
 */
class SqlScript extends LoggingExecutor {

	/**
	 * What Liquibase begins a change set with; we name it before its transaction begins.
	 */
	private static final String TITLE = "Changeset ";

	private final ScriptText text;

	/**
	 * What the script sets for its session; {@code null} when it is not for PostgreSQL.
	 */
	private final @Nullable ScriptSession session;

	private boolean inTransaction;

	private boolean wholeInTransaction;

	private boolean readOnly;

	private boolean inChangeSet;

	private boolean changing;

	private int changeSets;

	SqlScript(Executor reading, ScriptText text, Database database, @Nullable ScriptSession session) {
		super(reading, text, database);
		this.text = text;
		this.session = session;
	}

	/**
	 * Begin a change set, and end the one before.
	 */
	void begin(ChangeSet changeSet, List<String> notes) throws DatabaseException {
		end();
		this.changeSets++;
		this.text.append('\n');
		comment("Change set: id %s, author %s, file %s".formatted(changeSet.getId(), changeSet.getAuthor(),
				changeSet.getFilePath()));
		for (String note : notes) {
			comment(note);
		}
		ScriptSession around = this.session;
		if (around != null) {
			around.beforeChangeSet().forEach(this::write);
		}
		this.wholeInTransaction = around != null && changeSet.isRunInTransaction();
		if (this.wholeInTransaction) {
			beginTransaction();
		}
		this.inChangeSet = true;
	}

	/**
	 * End the change set that was begun last, if one was.
	 */
	void end() {
		endTransaction();
		this.wholeInTransaction = false;
		this.inChangeSet = false;
	}

	private void beginTransaction() {
		write("BEGIN");
		this.inTransaction = true;
		this.readOnly = false;
	}

	private void endTransaction() {
		if (this.inTransaction) {
			write("COMMIT");
		}
		this.inTransaction = false;
	}

	// As a run does between the changes and the row
	private void beforeRow(ScriptSession around) {
		if (this.readOnly) {
			endTransaction();
		}
		if (!this.inTransaction) {
			beginTransaction();
		}
		if (this.changing) {
			around.beforeRow().forEach(this::write);
		}
	}

	/**
	 * Return how many change sets were begun.
	 */
	int getChangeSets() {
		return this.changeSets;
	}

	/**
	 * Return whether the script changes anything but the history up to here.
	 */
	boolean isChanging() {
		return this.changing;
	}

	@Override
	public void comment(String message) throws DatabaseException {
		if (this.inChangeSet && message.startsWith(TITLE)) {
			return;
		}
		for (String line : message.lines().toList()) {
			String lineComment = getLineComment();
			super.comment(line.startsWith(lineComment) ? line.substring(lineComment.length()).strip() : line);
		}
	}

	private String getLineComment() {
		return this.database.getLineComment();
	}

	@Override
	public void execute(Change change, List<SqlVisitor> sqlVisitors) throws DatabaseException {
		this.changing = true;
		if (change instanceof CustomChangeWrapper custom && custom.getCustomChange() instanceof CustomTaskChange) {
			writeUnknown("Here a run executes the Java code of %s".formatted(custom.getClassName()));
		}
		else if (change instanceof ExecuteShellCommandChange) {
			writeUnknown("Here a run executes a command of the operating system");
		}
		else {
			super.execute(change, sqlVisitors);
		}
	}

	@Override
	public void execute(SqlStatement sql) throws DatabaseException {
		execute(sql, List.of());
	}

	@Override
	public int update(SqlStatement sql) throws DatabaseException {
		execute(sql, List.of());
		return 0;
	}

	@Override
	public int update(SqlStatement sql, List<SqlVisitor> sqlVisitors) throws DatabaseException {
		execute(sql, sqlVisitors);
		return 0;
	}

	@Override
	public void execute(SqlStatement sql, List<SqlVisitor> sqlVisitors) throws DatabaseException {
		ScriptSession around = this.session;
		if (around != null && sql instanceof MarkChangeSetRanStatement row && row.getExecType() != ExecType.FAILED
				&& row.getExecType() != ExecType.SKIPPED) {
			beforeRow(around);
		}
		if (sql instanceof ExecutablePreparedStatement) {
			writeUnknown("Here a run writes values that a script cannot hold");
		}
		else if (SqlGeneratorFactory.getInstance().generateStatementsVolatile(sql, this.database)) {
			writeUnknown("Here a run executes what it finds out from the database at that moment");
		}
		else if (around != null) {
			for (String statement : applyVisitors(sql, sqlVisitors)) {
				if (statement != null) {
					write(statement);
					wrote(statement, around);
				}
			}
		}
		else {
			super.execute(sql, sqlVisitors);
		}
	}

	private void wrote(String statement, ScriptSession around) {
		if (this.inChangeSet && ScriptSession.resets(statement)) {
			around.afterReset().forEach(this::write);
		}
		if (this.wholeInTransaction) {
			this.readOnly |= ScriptSession.makesReadOnly(statement);
			if (ScriptSession.endsTransaction(statement)) {
				beginTransaction();
			}
		}
	}

	// On a line of its own where the statement may end with a comment
	final void write(String statement) {
		String stripped = statement.stripTrailing();
		String lastLine = stripped.substring(stripped.lastIndexOf('\n') + 1);
		this.text.append(stripped);
		if (lastLine.contains(getLineComment())) {
			this.text.append("\n;");
		}
		else if (!stripped.endsWith(";")) {
			this.text.append(';');
		}
		this.text.append('\n');
	}

	private void writeUnknown(String what) throws DatabaseException {
		comment(what + ", which this script does not do.");
		if (this.session != null) {
			write("DO $lockkeeper$ BEGIN RAISE EXCEPTION USING MESSAGE = '%s, which this script does not do'; END $lockkeeper$"
				.formatted(what.replace("'", "''").replace("$", "")));
		}
	}

}
