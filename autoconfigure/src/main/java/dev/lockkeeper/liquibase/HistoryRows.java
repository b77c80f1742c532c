// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;

import dev.lockkeeper.liquibase.ChangeHistory.Row;
import dev.lockkeeper.liquibase.run.ChangeSetKey;
import liquibase.Scope;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.RanChangeSet;
import liquibase.database.Database;
import liquibase.logging.core.NoOpLogService;
import liquibase.util.ValidatingVisitorUtil;
import org.jspecify.annotations.Nullable;

/**
 * Finds the row of a change set in the history, as Liquibase does before a run.
 */
final class HistoryRows {

	private final Database database;

	private final Map<String, Row> rows = new HashMap<>();

	private final Map<String, RanChangeSet> ran = new HashMap<>();

	private final IdentityHashMap<RanChangeSet, Row> origins = new IdentityHashMap<>();

	private final Set<Row> misplaced = new HashSet<>();

	HistoryRows(ChangeHistory history, Database database) {
		this.database = database;
		for (Row row : history.rows()) {
			RanChangeSet ranChangeSet = row.toRanChangeSet();
			this.rows.put(row.key(), row);
			this.ran.put(ranChangeSet.toString(), ranChangeSet);
			this.origins.put(ranChangeSet, row);
		}
	}

	/**
	 * Return the row of a change set, or {@code null} when it has none.
	 */
	@Nullable Row of(ChangeSet changeSet) {
		Row row = this.rows.get(ChangeSetKey.of(changeSet));
		return (row != null) ? row : misplaced(changeSet);
	}

	/**
	 * Return whether a row was found under a path that a run corrects.
	 */
	boolean isMisplaced(Row row) {
		return this.misplaced.contains(row);
	}

	// Some releases of Liquibase wrote the path of the including file. In a run
	// Liquibase would correct the row and log that; an inspection changes nothing, and
	// logs nothing
	private @Nullable Row misplaced(ChangeSet changeSet) {
		try {
			RanChangeSet found = Scope.child(Map.of(Scope.Attr.logService.name(), new NoOpLogService()),
					() -> ValidatingVisitorUtil.fixChangesetFilenameForLogicalfilepathBugIn4300(changeSet, null,
							changeSet.toNormalizedString(), this.ran, this.database));
			Row row = (found != null) ? this.origins.get(found) : null;
			if (row != null) {
				this.misplaced.add(row);
			}
			return row;
		}
		catch (RuntimeException ex) {
			throw ex;
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

}
