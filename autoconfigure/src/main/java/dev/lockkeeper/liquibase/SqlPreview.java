// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.io.File;
import java.io.StringWriter;
import java.sql.Connection;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

import javax.sql.DataSource;

import dev.lockkeeper.exit.ConfigurationException;
import dev.lockkeeper.postgresql.SqlStates;
import liquibase.Contexts;
import liquibase.LabelExpression;
import liquibase.Liquibase;
import liquibase.Scope;
import liquibase.changelog.FastCheckService;
import liquibase.changelog.visitor.DefaultChangeExecListener;
import liquibase.database.Database;
import liquibase.database.core.PostgresDatabase;
import liquibase.exception.LiquibaseException;
import liquibase.exception.UnexpectedLiquibaseException;
import liquibase.executor.Executor;
import liquibase.executor.ExecutorService;
import liquibase.integration.spring.Customizer;
import liquibase.integration.spring.SpringLiquibase;
import liquibase.statement.core.RawParameterizedSqlStatement;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/**
 * Lets a bean run as it always does, subclasses and customizers included, with an
 * executor that writes down what it is given, on a connection that only reads. The
 * listeners of the user are not told: nothing runs.
 */
final class SqlPreview {

	private static final String SCOPE_KEY = "dev.lockkeeper.preview";

	private final String name;

	private final SpringLiquibase bean;

	private final Set<String> heldBack;

	private final Clock clock;

	private final StringWriter text = new StringWriter();

	private @Nullable SqlScript script;

	/**
	 * Create a preview.
	 * @param heldBack the keys of the change sets that a run would hold back
	 */
	SqlPreview(String name, SpringLiquibase bean, Set<String> heldBack, Clock clock) {
		this.name = name;
		this.bean = bean;
		this.heldBack = heldBack;
		this.clock = clock;
	}

	/**
	 * Return the preview that this thread writes, if it does.
	 */
	static @Nullable SqlPreview current() {
		return Scope.getCurrentScope().get(SCOPE_KEY, SqlPreview.class);
	}

	static boolean isUnderWay() {
		return current() != null;
	}

	Set<String> getHeldBack() {
		return this.heldBack;
	}

	/**
	 * Return the script.
	 * @param connection a connection that only reads; it stays open
	 */
	String write(Connection connection) throws Exception {
		DataSource dataSource = this.bean.getDataSource();
		Customizer<Liquibase> customizer = this.bean.getCustomizer();
		File rollbackFile = LiquibaseAccess.getRollbackFile(this.bean);
		boolean dropFirst = this.bean.isDropFirst();
		boolean testRollback = this.bean.isTestRollbackOnUpdate();
		AsynchronousRun elsewhere = new AsynchronousRun(this.name, this.bean, () -> this.script != null,
				new SingleConnectionDataSource(connection, true), null);
		try {
			this.bean.setDataSource(elsewhere);
			this.bean.setCustomizer((liquibase) -> {
				if (customizer != null) {
					customizer.customize(liquibase);
				}
				writeDown(liquibase);
			});
			LiquibaseAccess.setRollbackFile(this.bean, null);
			this.bean.setDropFirst(false);
			this.bean.setTestRollbackOnUpdate(false);
			Scope.getCurrentScope().getSingleton(FastCheckService.class).clearCache();
			Scope.child(Map.of(SCOPE_KEY, this), () -> initialise(elsewhere));
			return finish();
		}
		catch (LiquibaseException | UnexpectedLiquibaseException ex) {
			throw SqlStates.isReadOnly(SqlStates.of(ex)) ? new PreviewFailedException(this.name, ex) : ex;
		}
		finally {
			elsewhere.leave();
			if (!LiquibaseAccess.initialisesItself(this.bean)) {
				this.bean.setDataSource(dataSource);
			}
			this.bean.setCustomizer(customizer);
			LiquibaseAccess.setRollbackFile(this.bean, rollbackFile);
			this.bean.setDropFirst(dropFirst);
			this.bean.setTestRollbackOnUpdate(testRollback);
		}
	}

	// What another thread asks for is refused: the script is written here in its place
	private void initialise(AsynchronousRun elsewhere) throws Exception {
		this.bean.afterPropertiesSet();
		if (this.script == null && LiquibaseAccess.initialisesItself(this.bean)
				&& elsewhere.awaitBegin(AsynchronousRun.PATIENCE, null) && elsewhere.isElsewhere()) {
			LiquibaseAccess.initialiseAsLiquibase(this.bean);
		}
	}

	private void writeDown(Liquibase liquibase) {
		try {
			Database database = liquibase.getDatabase();
			ExecutorService executors = Scope.getCurrentScope().getSingleton(ExecutorService.class);
			Executor reading = executors.getExecutor("jdbc", database);
			ScriptSession session = session(database, reading);
			SqlScript started = new SqlScript(reading, this.text, database, session);
			this.script = started;
			started.comment(
					"Schema %s: the SQL that a run would execute (%s).".formatted(this.name, this.clock.instant()));
			started
				.comment("Nothing is locked by it: run it while nothing else migrates, and stop at the first error.");
			if (session != null) {
				session.start().forEach(started::write);
			}
			executors.setExecutor("jdbc", database, started);
			executors.setExecutor("logging", database, started);
			liquibase.setChangeExecListener(new DefaultChangeExecListener(new PreviewListener(started)));
			judgePreconditions(liquibase, database);
		}
		catch (Exception ex) {
			throw new UnexpectedLiquibaseException(ex);
		}
	}

	private static @Nullable ScriptSession session(Database database, Executor reading) throws LiquibaseException {
		if (!(database instanceof PostgresDatabase)) {
			return null;
		}
		// Takes back the path that Liquibase has set
		database.getConnection().rollback();
		String searchPath = show(reading, "search_path");
		List<String> settings = new ArrayList<>();
		for (Object setting : reading.queryForList(new RawParameterizedSqlStatement(ScriptSession.SETTINGS),
				String.class)) {
			settings.add(String.valueOf(setting));
		}
		String role = show(reading, "role");
		// Sets it anew, as it does for each change set
		database.rollback();
		String schema = (database.getDefaultSchemaName() != null) ? firstOf(show(reading, "search_path")) : null;
		return new ScriptSession(settings, role, searchPath, schema);
	}

	private static String show(Executor reading, String setting) throws LiquibaseException {
		return reading.queryForObject(new RawParameterizedSqlStatement("SHOW " + setting), String.class);
	}

	private static String firstOf(String searchPath) {
		int end = searchPath.startsWith("\"") ? searchPath.indexOf("\",") + 1 : searchPath.indexOf(',');
		return (end > 0) ? searchPath.substring(0, end) : searchPath;
	}

	// Those of the changelog as a whole are checked before anything runs
	private void judgePreconditions(Liquibase liquibase, Database database) throws Exception {
		liquibase.getChangeLogParameters().setContexts(new Contexts(this.bean.getContexts()));
		liquibase.getChangeLogParameters().setLabels(new LabelExpression(this.bean.getLabelFilter()));
		Map<String, Object> scope = Map.of(Scope.Attr.database.name(), database, Scope.Attr.resourceAccessor.name(),
				liquibase.getResourceAccessor());
		PreviewListener.judge(Scope.child(scope, liquibase::getDatabaseChangeLog).getPreconditions());
	}

	private String finish() throws LiquibaseException {
		SqlScript written = this.script;
		if (written == null) {
			throw new ConfigurationException(
					"Bean %s cannot be previewed: its class does not run Liquibase when it is initialised, or replaces the customizer."
						.formatted(this.name),
					"Let the class of the bean run Liquibase, or hand its run to another thread, when it is "
							+ "initialised, and call the customizer that the bean has.");
		}
		written.end();
		return this.text.append('\n').toString();
	}

}
