// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.engine;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.LockHolder;
import dev.lockkeeper.schema.SchemaLevel;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.schema.SchemaVersion;
import org.jspecify.annotations.Nullable;

/**
 * What a comparison of the code with the history has found.
 *
 * @param tables the tables of the schema
 * @param level the level that the code expects
 * @param version the change set executed last, or {@code null} for an empty history
 * @param applied the number of change sets in the history
 * @param missing the change sets that a run executes and records, in their order
 * @param differing the change sets that were applied with another content, and that the
 * engine executes again for that
 * @param repeated those of them that a run also records, so that they differ no longer
 * @param unknown the change sets of the history that the code does not know
 * @param changed the change sets that were applied with another content, and that the
 * engine refuses for that
 * @param runDue whether a run has something to do besides, which is no reason not to
 * serve
 * @since 0.1.0
 */
public record Comparison(SchemaTables tables, SchemaLevel level, @Nullable SchemaVersion version, int applied,
		List<ChangeSetReference> missing, List<ChangeSetReference> differing, List<ChangeSetReference> repeated,
		List<ChangeSetReference> unknown, List<ChangeSetReference> changed, boolean runDue) {

	/**
	 * Return the state of the schema.
	 * @param checkedAt when the comparison began
	 * @param levelReached whether the schema has been at this code's level before: then
	 * newer code has executed what is to be repeated
	 * @param lock the holder of the lock, if that is known
	 * @return the state
	 */
	public SchemaState toState(Instant checkedAt, boolean levelReached, @Nullable LockHolder lock) {
		List<ChangeSetReference> pending = new ArrayList<>(this.missing);
		if (levelReached) {
			pending.removeAll(this.repeated);
		}
		return new SchemaState(status(pending), checkedAt, this.version, this.applied, List.copyOf(pending),
				this.unknown, this.changed, lock, null);
	}

	private SchemaStatus status(List<ChangeSetReference> pending) {
		if (!pending.isEmpty()) {
			return SchemaStatus.PENDING;
		}
		if (!this.changed.isEmpty()) {
			return SchemaStatus.CHANGED;
		}
		return (this.unknown.isEmpty() && this.repeated.isEmpty()) ? SchemaStatus.CURRENT : SchemaStatus.AHEAD;
	}

}
