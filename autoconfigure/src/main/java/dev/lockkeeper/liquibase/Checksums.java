// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.util.Map;

import dev.lockkeeper.liquibase.ChangeHistory.Row;
import liquibase.ChecksumVersion;
import liquibase.Scope;
import liquibase.change.CheckSum;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.database.Database;
import liquibase.logging.core.NoOpLogService;
import liquibase.util.ValidatingVisitorUtil;
import org.jspecify.annotations.Nullable;

/**
 * Compares the change sets of one changelog with the checksums that any release of
 * Liquibase has stored, as Liquibase does before and during a run. To be used in the
 * scope of the changelog.
 *
 * @param changeLog the changelog
 * @param database the database for which Liquibase has read it
 */
record Checksums(DatabaseChangeLog changeLog, Database database) {

	/**
	 * Return the checksum of a change set in one version. Some releases of Liquibase
	 * answer with the checksum that they have computed last, in whatever version.
	 */
	static CheckSum of(ChangeSet changeSet, ChecksumVersion version) {
		CheckSum checkSum = changeSet.generateCheckSum(version);
		if (checkSum.getVersion() != version.getVersion()) {
			changeSet.clearCheckSum();
			checkSum = changeSet.generateCheckSum(version);
		}
		return checkSum;
	}

	/**
	 * Return whether a change set that runs on change would run again.
	 */
	boolean isOther(ChangeSet changeSet, Row row) {
		CheckSum stored = row.checkSum();
		if (stored == null || of(changeSet, versionOf(stored)).equals(stored)) {
			return false;
		}
		// Liquibase corrects a row only where the checksum is not valid either
		return changeSet.isCheckSumValid(stored) || !isCorrected(changeSet, row);
	}

	/**
	 * Return whether Liquibase accepts the stored checksum of a change set.
	 */
	boolean isValid(ChangeSet changeSet, Row row) {
		CheckSum stored = row.checkSum();
		if (stored == null) {
			return true;
		}
		of(changeSet, versionOf(stored));
		return changeSet.isCheckSumValid(stored) || isCorrected(changeSet, row);
	}

	/**
	 * Return whether a run writes a checksum in place of the one that is stored, whatever
	 * else is to do.
	 */
	static boolean isOutdated(@Nullable CheckSum stored) {
		return stored == null || stored.getVersion() < ChecksumVersion.latest().getVersion();
	}

	private static ChecksumVersion versionOf(CheckSum stored) {
		return ChecksumVersion.enumFromChecksumVersion(stored.getVersion());
	}

	// Liquibase accepts that some of its releases computed other checksums. In a run it
	// would correct the row and log that; an inspection changes nothing, and logs
	// nothing
	private boolean isCorrected(ChangeSet changeSet, Row row) {
		try {
			return Scope.child(Map.of(Scope.Attr.logService.name(), new NoOpLogService()), () -> ValidatingVisitorUtil
				.isChecksumIssue(changeSet, row.toRanChangeSet(), this.changeLog, this.database));
		}
		catch (RuntimeException ex) {
			throw ex;
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

}
