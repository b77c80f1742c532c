// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

import dev.lockkeeper.liquibase.ChangeHistory.Row;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.LockHolder;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.schema.SchemaVersion;
import liquibase.ChecksumVersion;
import liquibase.change.CheckSum;
import liquibase.change.core.TagDatabaseChange;
import liquibase.changelog.ChangeSet;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * Compares what the code expects with the history, by the rules by which Liquibase
 * decides what it runs and what it refuses.
 */
final class SchemaComparison {

	private final ChangeHistory history;

	/**
	 * What is missing, and what runs again, in the order of the changelog.
	 */
	private final List<ChangeSet> missing = new ArrayList<>();

	private final List<ChangeSetReference> unknown = new ArrayList<>();

	private final List<ChangeSetReference> changed = new ArrayList<>();

	private final List<ChangeSet> rerun = new ArrayList<>();

	private boolean upkeepDue;

	/**
	 * Compare.
	 * @param skipped whether a change set that is not in the history would be skipped
	 * now, by a precondition that lets the run continue
	 */
	SchemaComparison(ExpectedChangeSets code, ChangeHistory history, Predicate<ChangeSet> skipped) {
		this.history = history;
		Map<String, Row> rows = new HashMap<>();
		history.rows().forEach((row) -> rows.put(row.key(), row));
		for (ChangeSet changeSet : code.expected()) {
			Row row = rows.get(ExpectedChangeSets.key(changeSet));
			this.upkeepDue |= row != null && isOutdated(row.checkSum());
			if (row == null) {
				if (!isNeeded(changeSet)) {
					this.upkeepDue = true;
				}
				else if (!skipped.test(changeSet)) {
					this.missing.add(changeSet);
				}
			}
			else if (changeSet.shouldRunOnChange()) {
				if (isOther(changeSet, row.checkSum())) {
					runsAgain(changeSet);
				}
			}
			else if (!changeSet.isCheckSumValid(row.checkSum())) {
				if (changeSet.shouldAlwaysRun()) {
					runsAgain(changeSet);
				}
				else {
					this.changed.add(reference(changeSet));
				}
			}
			if (isLast(changeSet, row, code.tag())) {
				break;
			}
		}
		history.rows()
			.stream()
			.filter((row) -> !code.known().contains(row.key()))
			.map((row) -> new ChangeSetReference(row.id(), row.author(), row.file()))
			.forEach(this.unknown::add);
	}

	private void runsAgain(ChangeSet changeSet) {
		this.missing.add(changeSet);
		this.rerun.add(changeSet);
	}

	// One that may fail without anybody minding is never recorded, and tried at each run
	private static boolean isNeeded(ChangeSet changeSet) {
		return !Boolean.FALSE.equals(changeSet.getFailOnError());
	}

	private static boolean isOther(ChangeSet changeSet, @Nullable CheckSum stored) {
		return stored != null
				&& !changeSet.generateCheckSum(ChecksumVersion.enumFromChecksumVersion(stored.getVersion()))
					.equals(stored);
	}

	// Liquibase fills in and rewrites these in a run, whatever else is to do
	private static boolean isOutdated(@Nullable CheckSum stored) {
		return stored == null || stored.getVersion() < ChecksumVersion.latest().getVersion();
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
	 * Return whether a run has something to do that is no reason not to serve: a change
	 * set is missing that may fail without anybody minding, or a checksum is missing or
	 * of an older kind.
	 */
	boolean isUpkeepDue() {
		return this.upkeepDue;
	}

	/**
	 * Return the keys of the change sets that run again when they differ, and do.
	 */
	Set<String> getRerunKeys() {
		return this.rerun.stream().map(ExpectedChangeSets::key).collect(Collectors.toUnmodifiableSet());
	}

	/**
	 * Return the state.
	 * @param levelReached whether the schema has been at this code's level before: then
	 * what differs and runs on change was rerun by newer code
	 */
	SchemaState toState(Instant checkedAt, boolean levelReached, @Nullable LockHolder lock) {
		List<ChangeSet> pending = new ArrayList<>(this.missing);
		if (levelReached) {
			pending.removeAll(this.rerun);
		}
		List<ChangeSetReference> references = pending.stream().map(SchemaComparison::reference).toList();
		return new SchemaState(status(references), checkedAt, version(), this.history.rows().size(), references,
				List.copyOf(this.unknown), List.copyOf(this.changed), lock, null);
	}

	private SchemaStatus status(List<ChangeSetReference> pending) {
		if (!pending.isEmpty()) {
			return SchemaStatus.PENDING;
		}
		if (!this.changed.isEmpty()) {
			return SchemaStatus.CHANGED;
		}
		return (this.unknown.isEmpty() && this.rerun.isEmpty()) ? SchemaStatus.CURRENT : SchemaStatus.AHEAD;
	}

	private @Nullable SchemaVersion version() {
		if (this.history.rows().isEmpty()) {
			return null;
		}
		Row last = this.history.rows().get(this.history.rows().size() - 1);
		return new SchemaVersion(last.id(), last.author(), last.file(), last.tag(), last.executedAt(), last.order());
	}

	private static ChangeSetReference reference(ChangeSet changeSet) {
		return new ChangeSetReference(changeSet.getId(), changeSet.getAuthor(), changeSet.getFilePath());
	}

}
