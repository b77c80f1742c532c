// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.engine;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

import dev.lockkeeper.fastpath.History;
import dev.lockkeeper.fastpath.Manifest;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.SchemaVersion;
import org.jspecify.annotations.Nullable;

/**
 * Tells for an engine, without reading the code, whether it would find what it has found
 * before. No class of the engine is loaded for that which the bean itself does not need.
 * Used by the same threads as the engine.
 *
 * @since 0.1.0
 */
public interface Recognition {

	/**
	 * Return what determines what the engine does, apart from what it reads.
	 * @return a digest, without the value of any credential; {@code null} when only a
	 * comparison can show whether something is to be done
	 */
	@Nullable String findSettings();

	/**
	 * Return the tables from which the schema can be recognised.
	 * @return the tables; only asked when there are settings
	 */
	History getHistory();

	/**
	 * Return the tables of the schema.
	 * @param current the current schema of the connection, {@code null} when it has none
	 * @return the tables
	 */
	SchemaTables tablesIn(@Nullable String current);

	/**
	 * Take note, from now on, of what is read to compare. To be called before the first
	 * comparison.
	 */
	void record();

	/**
	 * Return what the last comparison has read.
	 * @return the manifest, or {@code null} when a run may do something although nothing
	 * was found, or no note was taken
	 */
	@Nullable Manifest findManifest();

	/**
	 * Compare what the engine would read now with what it has read before.
	 * @param manifest what was read before
	 * @return the first difference, in words; {@code null} when there is none
	 */
	@Nullable String findDifference(Manifest manifest);

	/**
	 * Read the last row of the history.
	 * @param row the row
	 * @param column the number of the first of the columns that the engine wants to have
	 * @return the change set executed last
	 * @throws SQLException when the row cannot be read
	 */
	SchemaVersion toVersion(ResultSet row, int column) throws SQLException;

	/**
	 * Read the change sets that are in the history behind a number.
	 * @param connection a connection in auto-commit mode
	 * @param order the number
	 * @return the change sets, in the order of their execution; {@code null} when one of
	 * them was executed before as well
	 * @throws SQLException when they cannot be read
	 */
	@Nullable List<ChangeSetReference> readBehind(Connection connection, long order) throws SQLException;

	/**
	 * Take note that the schema was recognised.
	 * @param tables its tables
	 * @param level the digest of the level that the code expects
	 */
	void recognised(SchemaTables tables, String level);

}
