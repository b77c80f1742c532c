// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governed;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.engine.Comparison;
import dev.lockkeeper.engine.Engine;
import dev.lockkeeper.engine.Recognition;
import dev.lockkeeper.engine.SchemaTables;
import dev.lockkeeper.fastpath.Manifest;
import dev.lockkeeper.fastpath.ManifestTable;
import dev.lockkeeper.fastpath.ManifestTable.Found;
import dev.lockkeeper.postgresql.SelectGrants;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.SchemaLevel;
import dev.lockkeeper.schema.SchemaVersion;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Recognises a schema to which this code has nothing to do, without a comparison by the
 * engine. Whatever is not known makes the engine compare.
 */
final class FastPath {

	private static final Log logger = LogFactory.getLog(FastPath.class);

	private final String name;

	private final @Nullable Recognition recognition;

	private final boolean writes;

	/**
	 * The digest of the history before the last comparison.
	 */
	private @Nullable String digest;

	/**
	 * Whether the tables can be read, as far as that is known.
	 */
	private boolean readable = true;

	/**
	 * Create the fast path of a schema.
	 * @param enabled whether a schema may be recognised
	 * @param writes whether this process writes down what is to be recognised
	 */
	FastPath(String name, Engine engine, boolean enabled, boolean writes) {
		this.name = name;
		this.recognition = enabled ? engine.getRecognition() : null;
		this.writes = writes;
	}

	/**
	 * Find what a comparison would find.
	 * @return the comparison, or {@code null} when the engine is to compare
	 */
	@Nullable Comparison find(Connection connection) {
		Recognition recognising = this.recognition;
		if (recognising == null || !this.readable) {
			return null;
		}
		try {
			if (!ManifestTable.isKnownTo(connection)) {
				return null;
			}
			String settings = recognising.findSettings();
			return (settings != null) ? find(connection, recognising, settings)
					: miss("the settings allow no conclusion");
		}
		catch (SQLException ex) {
			this.readable = false;
			logger.debug("lockkeeper - nothing could be read of what was done before (schema %s)".formatted(this.name),
					ex);
			return null;
		}
	}

	private @Nullable Comparison find(Connection connection, Recognition recognising, String settings)
			throws SQLException {
		List<Found<SchemaVersion>> candidates = new ManifestTable(recognising.getHistory()).find(connection, settings,
				recognising::toVersion);
		if (candidates.isEmpty()) {
			return miss("the history or the settings differ, or a process holds a lock");
		}
		for (Found<SchemaVersion> candidate : candidates) {
			SchemaTables tables = recognising.tablesIn(candidate.schema());
			String difference = tables.digest().equals(candidate.manifest().tables())
					? recognising.findDifference(candidate.manifest()) : "the tables are in another schema";
			if (difference != null) {
				miss(difference);
				continue;
			}
			List<ChangeSetReference> unknown = candidate.hasMore()
					? recognising.readBehind(connection, candidate.highestOrder()) : List.of();
			if (unknown == null
					|| unknown.stream().map(FastPath::key).anyMatch(candidate.manifest().absent()::contains)) {
				return miss("change sets were executed that the code knows");
			}
			recognising.recognised(tables, candidate.manifest().level());
			return new Comparison(tables, new SchemaLevel(tables.history(), candidate.manifest().level()),
					candidate.last(), Math.toIntExact(candidate.rows()), List.of(), List.of(), List.of(), unknown,
					List.of(), false);
		}
		return null;
	}

	private static String key(ChangeSetReference changeSet) {
		return Manifest.key(changeSet.id(), changeSet.author());
	}

	private @Nullable Comparison miss(String why) {
		logger.debug("lockkeeper - the engine compares (schema %s: %s)".formatted(this.name, why));
		return null;
	}

	/**
	 * Note that the engine is about to compare.
	 */
	void compares(Connection connection) {
		this.digest = null;
		Recognition recognising = this.recognition;
		if (recognising == null || !this.writes) {
			return;
		}
		try {
			if (ManifestTable.isKnownTo(connection) && recognising.findSettings() != null) {
				recognising.record();
				this.digest = new ManifestTable(recognising.getHistory()).readDigest(connection);
			}
		}
		catch (SQLException ex) {
			logger.debug("lockkeeper - the digest of the history could not be read (schema %s)".formatted(this.name),
					ex);
		}
	}

	/**
	 * Write down what the last comparison has read, if it left nothing to do. A failure
	 * is only logged.
	 */
	void remember(Comparison comparison, OwnConnections connections, Instant now) {
		String known = this.digest;
		this.digest = null;
		Recognition recognising = this.recognition;
		if (known == null || recognising == null) {
			return;
		}
		String settings = recognising.findSettings();
		Manifest manifest = leavesNothing(comparison) ? recognising.findManifest() : null;
		String text = (manifest != null && comparison.tables().digest().equals(manifest.tables())) ? manifest.toText()
				: null;
		if (settings == null) {
			return;
		}
		SchemaTables tables = comparison.tables();
		try (Connection connection = connections.openToCreate()) {
			new ManifestTable(recognising.getHistory()).write(connection, tables.history(), settings, text,
					tables.leaseName(), known, now);
			SelectGrants.copy(connection, tables.history(), tables.manifests());
			this.readable = true;
		}
		catch (SQLException ex) {
			logger.debug("lockkeeper - what was done is not remembered (schema %s)".formatted(this.name), ex);
		}
	}

	private static boolean leavesNothing(Comparison comparison) {
		return comparison.missing().isEmpty() && comparison.differing().isEmpty() && comparison.changed().isEmpty()
				&& comparison.unknown().isEmpty() && !comparison.runDue();
	}

}
