// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase.preview;

import java.io.File;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

import javax.sql.DataSource;

import dev.lockkeeper.database.ConnectedDatabase;
import dev.lockkeeper.exit.ConfigurationException;
import dev.lockkeeper.liquibase.bean.LiquibaseAccess;
import dev.lockkeeper.liquibase.run.AsynchronousRun;
import dev.lockkeeper.migration.Preview;
import dev.lockkeeper.migration.PreviewLimits;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.schema.DatabaseFailure;
import liquibase.Contexts;
import liquibase.LabelExpression;
import liquibase.Liquibase;
import liquibase.Scope;
import liquibase.analytics.configuration.AnalyticsArgs;
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
 * listeners of the user are not notified: nothing runs.
 *
 * @since 0.1.0
 */
public final class SqlPreview {

	private static final String SCOPE_KEY = "dev.lockkeeper.preview";

	private static final List<String> EXECUTORS = List.of("jdbc", "logging");

	private final String name;

	private final SpringLiquibase bean;

	private final Set<String> heldBack;

	private final Clock clock;

	private final PreviewLimits limits;

	private final boolean keepsRole;

	private final ScriptText text;

	private @Nullable SqlScript script;

	private @Nullable Database database;

	/**
	 * Create a preview.
	 * @param name the name of the bean
	 * @param bean the bean
	 * @param heldBack the keys of the change sets that a run would hold back
	 * @param clock the clock for the time at which the script was written
	 * @param limits what the preview may cost
	 * @param keepsRole whether each change set of a run begins with the role that its
	 * session has at first
	 */
	public SqlPreview(String name, SpringLiquibase bean, Set<String> heldBack, Clock clock, PreviewLimits limits,
			boolean keepsRole) {
		this.name = name;
		this.bean = bean;
		this.heldBack = heldBack;
		this.clock = clock;
		this.limits = limits;
		this.keepsRole = keepsRole;
		this.text = new ScriptText(limits.characters());
	}

	/**
	 * Return the preview that this thread writes, if it does.
	 */
	static @Nullable SqlPreview current() {
		return Scope.getCurrentScope().get(SCOPE_KEY, SqlPreview.class);
	}

	/**
	 * Return whether this thread writes a preview.
	 * @return whether it does
	 */
	public static boolean isUnderWay() {
		return current() != null;
	}

	Set<String> getHeldBack() {
		return this.heldBack;
	}

	/**
	 * Return the script.
	 * @param connection a connection that only reads; it stays open
	 * @return the script
	 * @throws ConfigurationException when the class of the bean does not let itself be
	 * previewed
	 * @throws Exception when Liquibase fails
	 */
	public Preview write(Connection connection) throws Exception {
		refuseInitialisation();
		limitStatements(connection);
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
			// Nothing runs, so nothing is counted: that would need the Internet
			Map<String, Object> scope = Map.of(SCOPE_KEY, this, AnalyticsArgs.ENABLED.getKey(), false);
			Scope.child(scope, () -> initialise(elsewhere));
			return finish();
		}
		catch (LiquibaseException | UnexpectedLiquibaseException ex) {
			throw (SqlStates.kindOf(ex) == DatabaseFailure.READ_ONLY) ? new PreviewFailedException(this.name, ex) : ex;
		}
		finally {
			elsewhere.leave();
			forgetExecutors();
			if (!LiquibaseAccess.initialisesItself(this.bean)) {
				this.bean.setDataSource(dataSource);
			}
			this.bean.setCustomizer(customizer);
			LiquibaseAccess.setRollbackFile(this.bean, rollbackFile);
			this.bean.setDropFirst(dropFirst);
			this.bean.setTestRollbackOnUpdate(testRollback);
		}
	}

	// It may do anything, and has done it once
	private void refuseInitialisation() {
		if (this.limits.isServing() && LiquibaseAccess.initialisesItself(this.bean)) {
			throw new ConfigurationException(
					"The class of bean %s decides itself what its initialisation does, so a process that serves does not initialise the bean again."
						.formatted(this.name),
					"Ask a process that does nothing else: java -jar application.jar --migrate-only --dry-run");
		}
	}

	private void limitStatements(Connection connection) throws SQLException {
		Duration longest = this.limits.statement();
		if (longest != null) {
			ConnectedDatabase.of(connection).limitStatements(longest);
		}
	}

	// Another thread gets no connection: the script is written here in its place
	private void initialise(AsynchronousRun elsewhere) throws Exception {
		this.bean.afterPropertiesSet();
		if (this.script == null && LiquibaseAccess.initialisesItself(this.bean)
				&& elsewhere.awaitBegin(AsynchronousRun.BEGIN_TIMEOUT, null) && elsewhere.isElsewhere()) {
			LiquibaseAccess.initialiseAsLiquibase(this.bean);
		}
	}

	// Liquibase would keep them, and the script with them, as long as the process lives
	private void forgetExecutors() {
		Database written = this.database;
		if (written != null) {
			ExecutorService executors = Scope.getCurrentScope().getSingleton(ExecutorService.class);
			EXECUTORS.forEach((kind) -> executors.clearExecutor(kind, written));
		}
	}

	private void writeDown(Liquibase liquibase) {
		try {
			Database database = liquibase.getDatabase();
			this.database = database;
			ExecutorService executors = Scope.getCurrentScope().getSingleton(ExecutorService.class);
			Executor reading = executors.getExecutor("jdbc", database);
			ScriptSession session = session(database, reading, this.keepsRole);
			SqlScript started = new SqlScript(reading, this.text, database, session);
			this.script = started;
			started.comment(
					"Schema %s: the SQL that a run would execute (%s).".formatted(this.name, this.clock.instant()));
			started
				.comment("Nothing is locked by it: run it while nothing else migrates, and stop at the first error.");
			if (session != null) {
				session.start().forEach(started::write);
			}
			for (String kind : EXECUTORS) {
				executors.setExecutor(kind, database, started);
			}
			liquibase.setChangeExecListener(new DefaultChangeExecListener(new PreviewListener(started)));
			judgePreconditions(liquibase, database);
		}
		catch (Exception ex) {
			throw new UnexpectedLiquibaseException(ex);
		}
	}

	private static @Nullable ScriptSession session(Database database, Executor reading, boolean keepsRole)
			throws LiquibaseException {
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
		return new ScriptSession(settings, role, searchPath, schema, keepsRole);
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

	private Preview finish() throws LiquibaseException {
		SqlScript written = this.script;
		if (written == null) {
			throw new ConfigurationException(
					"Bean %s cannot be previewed: its class does not run Liquibase when it is initialised, or replaces the customizer."
						.formatted(this.name),
					"Let the class of the bean run Liquibase, or hand its run to another thread, when it is "
							+ "initialised, and call the customizer that the bean has.");
		}
		written.end();
		this.text.append('\n');
		return new Preview(this.text.toString(), this.text.length(), written.getChangeSets());
	}

}
