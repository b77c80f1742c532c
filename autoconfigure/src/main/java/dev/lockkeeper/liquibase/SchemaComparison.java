// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

import dev.lockkeeper.engine.Comparison;
import dev.lockkeeper.liquibase.ChangeHistory.Row;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.SchemaVersion;
import liquibase.change.core.TagDatabaseChange;
import liquibase.changelog.ChangeSet;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * Compares what the code expects with the history, by the rules by which Liquibase
 * decides what it runs and what it refuses.
 */
final class SchemaComparison {

	private final ExpectedChangeSets code;

	private final ChangeHistory history;

	private final Checksums checksums;

	private final Predicate<ChangeSet> skipped;

	/**
	 * What is missing, and what runs again, in the order of the changelog.
	 */
	private final List<ChangeSet> missing = new ArrayList<>();

	private final List<ChangeSetReference> unknown = new ArrayList<>();

	private final List<ChangeSetReference> changed = new ArrayList<>();

	/**
	 * The change sets that differ from their rows, and run again for that.
	 */
	private final List<ChangeSet> differing = new ArrayList<>();

	/**
	 * Those of them that a run also records, so that they differ no longer.
	 */
	private final List<ChangeSet> rerun = new ArrayList<>();

	/**
	 * Whether a run has something to do that is no reason not to serve: a change set is
	 * missing that may fail without failing the run, or a row needs its checksum or its
	 * path rewritten.
	 */
	private boolean upkeepDue;

	/**
	 * Whether each change set that is expected has a row.
	 */
	private boolean complete = true;

	/**
	 * Compare.
	 * @param skipped whether a change set that would run would be skipped now, by a
	 * precondition that lets the run continue
	 */
	SchemaComparison(ExpectedChangeSets code, ChangeHistory history, Predicate<ChangeSet> skipped) {
		this.code = code;
		this.history = history;
		this.checksums = new Checksums(code.changeLog(), code.database());
		this.skipped = skipped;
		HistoryRows rows = new HistoryRows(history, code.database());
		for (ChangeSet changeSet : code.expected()) {
			Row row = rows.of(changeSet);
			if (row == null) {
				this.complete = false;
				if (isRecordedByARun(changeSet)) {
					this.missing.add(changeSet);
				}
			}
			else {
				this.upkeepDue |= Checksums.isOutdated(row.checkSum()) || rows.isMisplaced(row);
				compare(changeSet, row);
			}
			if (isLast(changeSet, row, code.tag())) {
				break;
			}
		}
		history.rows()
			.stream()
			.filter((row) -> !code.known().contains(row.key()) && !rows.isMisplaced(row))
			.map(Row::toReference)
			.forEach(this.unknown::add);
	}

	private void compare(ChangeSet changeSet, Row row) {
		if (changeSet.shouldRunOnChange()) {
			if (this.checksums.isOther(changeSet, row)) {
				differs(changeSet);
			}
		}
		else if (!this.checksums.isValid(changeSet, row)) {
			if (changeSet.shouldAlwaysRun()) {
				differs(changeSet);
			}
			else {
				this.changed.add(reference(changeSet));
			}
		}
	}

	private void differs(ChangeSet changeSet) {
		this.differing.add(changeSet);
		if (isRecordedByARun(changeSet)) {
			this.missing.add(changeSet);
			this.rerun.add(changeSet);
		}
	}

	/**
	 * Return whether a run that succeeds writes a row for a change set that is to run.
	 * Where it may do something else about it, a run is due all the same.
	 */
	private boolean isRecordedByARun(ChangeSet changeSet) {
		// It is tried at each run until it succeeds
		if (Boolean.FALSE.equals(changeSet.getFailOnError())) {
			this.upkeepDue = true;
			return false;
		}
		if (OtherPlatforms.areMeantBy(changeSet, this.checksums.database())) {
			// Preconditions may refuse the run, or mark the change set as executed
			this.upkeepDue |= changeSet.getPreconditions() != null;
			return false;
		}
		return !this.skipped.test(changeSet);
	}

	// A run to a tag ends with the change set that sets it, or that was tagged by hand
	private boolean isLast(ChangeSet changeSet, @Nullable Row row, @Nullable String tag) {
		if (!StringUtils.hasText(tag)) {
			return false;
		}
		return (row != null && row.equals(firstTagged(tag))) || changeSet.getChanges()
			.stream()
			.anyMatch((change) -> change instanceof TagDatabaseChange tagging && tag.equals(tagging.getTag()));
	}

	private @Nullable Row firstTagged(String tag) {
		return this.history.rows().stream().filter((row) -> tag.equalsIgnoreCase(row.tag())).findFirst().orElse(null);
	}

	/**
	 * Return whether each change set that is expected is in the history.
	 */
	boolean isComplete() {
		return this.complete;
	}

	/**
	 * Return what was found.
	 * @param runDue whether a run is due whatever was found
	 */
	Comparison toComparison(boolean runDue) {
		return new Comparison(this.code.tables().all(), this.code.level(), version(), this.history.rows().size(),
				references(this.missing), references(this.differing), references(this.rerun), List.copyOf(this.unknown),
				List.copyOf(this.changed), runDue || this.upkeepDue);
	}

	private static List<ChangeSetReference> references(List<ChangeSet> changeSets) {
		return changeSets.stream().map(SchemaComparison::reference).toList();
	}

	private @Nullable SchemaVersion version() {
		if (this.history.rows().isEmpty()) {
			return null;
		}
		return this.history.rows().get(this.history.rows().size() - 1).toVersion();
	}

	static ChangeSetReference reference(ChangeSet changeSet) {
		return new ChangeSetReference(changeSet.getId(), changeSet.getAuthor(), changeSet.getFilePath());
	}

}
