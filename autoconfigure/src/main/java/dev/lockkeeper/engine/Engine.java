// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.engine;

import java.sql.Connection;
import java.util.List;

import dev.lockkeeper.migration.Diagnosis;
import dev.lockkeeper.migration.EngineWords;
import dev.lockkeeper.postgresql.Login;
import dev.lockkeeper.schema.HistoryMark;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaUnreadableException;
import dev.lockkeeper.schema.SchemaVersion;
import org.jspecify.annotations.Nullable;

/**
 * A tool that migrates one schema. It answers what it alone can know: where its history
 * is, how the code compares with it, what a failure means; and it migrates. Connections,
 * locks, the ledger and the proof of the lease are not its business. Optional
 * capabilities are interfaces of their own, which an engine may implement:
 * {@link PreviewingEngine}, {@link LockingEngine}.
 * <p>
 * A connection that an engine receives is in auto-commit mode. It stays open, and in the
 * state in which it was. Nothing is written, except by a {@linkplain #prepare()
 * migration}. An engine is used by several threads, one at a time; only
 * {@link #diagnose}, {@link #getTraits}, {@link #getWords} and {@link #readHistory} may
 * be called while it migrates.
 *
 * @since 0.1.0
 */
public interface Engine {

	/**
	 * Return the words that messages use for the engine.
	 * @return the words
	 */
	EngineWords getWords();

	/**
	 * Return the version of the engine.
	 * @return the version, as the engine names it itself; {@code null} when it names none
	 */
	@Nullable String getVersion();

	/**
	 * Return what the settings of the engine make of its runs.
	 * @return the traits
	 */
	EngineTraits getTraits();

	/**
	 * Return the schemas that the settings name. Nothing is read.
	 * @return the schemas
	 */
	default ConfiguredSchemas getConfiguredSchemas() {
		return ConfiguredSchemas.NONE;
	}

	/**
	 * Return the tables of the schema, as far as that can be known without reading the
	 * history.
	 * @param connection a connection to the database
	 * @return the tables
	 * @throws Exception when they cannot be known
	 */
	SchemaTables locate(Connection connection) throws Exception;

	/**
	 * Compare what the code expects with the history, exactly.
	 * @param connection a connection to the database
	 * @return what was found
	 * @throws SchemaUnreadableException when the history is not where it must be
	 * @throws Exception when the history or the code cannot be read
	 */
	Comparison compare(Connection connection) throws Exception;

	/**
	 * Take note of the state that the last comparison has led to, with what is known of
	 * the schema besides.
	 * @param connection the connection of the comparison
	 * @param state the state
	 * @throws SchemaUnreadableException when a run could not begin in this state
	 * @throws Exception when the database does not answer
	 */
	default void inspected(Connection connection, SchemaState state) throws Exception {
	}

	/**
	 * Forget what only a comparison needs of the code: the process serves, and another
	 * comparison is not expected soon. The next one reads it again.
	 */
	default void forgetCode() {
	}

	/**
	 * Create what has to be there before the first of our own tables, if it is missing:
	 * an engine may take those for content of the user's. Called by a process that is
	 * about to take the lock; another process may do the same at the same time, and
	 * either may die in the middle.
	 * @return whether something was created
	 * @throws Exception when the engine refuses to migrate what it finds, or the database
	 * does not answer
	 */
	default boolean createHistory() throws Exception {
		return false;
	}

	/**
	 * Read what is cheap to read of the history.
	 * @param connection a connection to the database
	 * @return the mark, which knows of no run
	 * @throws Exception when the history cannot be read
	 */
	HistoryMark mark(Connection connection) throws Exception;

	/**
	 * Read the whole history.
	 * @param connection a connection to the database
	 * @return every change set that has been executed, in the order of execution
	 * @throws Exception when the history cannot be read
	 */
	List<SchemaVersion> readHistory(Connection connection) throws Exception;

	/**
	 * Return what recognises a schema to which there is nothing to do.
	 * @return the recognition, always the same; {@code null} when the engine has none
	 */
	default @Nullable Recognition getRecognition() {
		return null;
	}

	/**
	 * Prepare to migrate. Nothing is read or written yet.
	 * @return the migration
	 */
	EngineMigration prepare();

	/**
	 * Explain a failure.
	 * @param failure what was thrown, by the engine, the driver or the lock
	 * @param phase when it was thrown
	 * @param login the login as the database has it
	 * @return the explanation, or {@code null} when it is a bug, of the user's code or of
	 * Lockkeeper
	 */
	@Nullable Diagnosis diagnose(Throwable failure, Phase phase, Login login);

	/**
	 * What an engine was doing when something failed.
	 */
	enum Phase {

		/** It was reading the history, or the code. */
		INSPECTION,

		/** It was migrating, or the lock was to be taken. */
		RUN

	}

}
