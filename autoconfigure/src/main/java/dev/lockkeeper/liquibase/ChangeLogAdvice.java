// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.util.List;

import dev.lockkeeper.engine.DatabaseDiagnosis;
import dev.lockkeeper.liquibase.DuplicateChangeSets.DuplicateChangeSetsException;
import liquibase.exception.PreconditionErrorException;
import liquibase.exception.PreconditionFailedException;
import liquibase.exception.UnknownChangelogFormatException;
import liquibase.exception.UnsupportedChecksumVersionException;

/**
 * Advises what to do about a changelog that cannot be run.
 */
final class ChangeLogAdvice {

	private static final String EDITED = "Put the change set back as it was applied, and put corrections into new "
			+ "ones.";

	/**
	 * The messages of Liquibase about a file that it does not find, in all its versions.
	 */
	private static final List<String> ABSENT = List.of("was not found in the configured search path",
			"Could not find directory, directory was empty");

	private ChangeLogAdvice() {
	}

	/**
	 * Return what to do.
	 * @param failure the failure
	 * @param text its message
	 */
	static String of(Throwable failure, String text) {
		DuplicateChangeSetsException twice = DatabaseDiagnosis.find(failure, DuplicateChangeSetsException.class);
		if (twice != null) {
			return twice.getAction();
		}
		if (DatabaseDiagnosis.find(failure, PreconditionFailedException.class) != null
				|| DatabaseDiagnosis.find(failure, PreconditionErrorException.class) != null) {
			return "Read what the precondition asks for. If it is right, correct the database, else the changelog.";
		}
		if (DatabaseDiagnosis.find(failure, UnknownChangelogFormatException.class) != null
				|| text.contains("Cannot find parser")) {
			return "Let the name of the file end with its format: .yaml, .xml, .json or .sql. YAML and JSON need "
					+ "org.yaml:snakeyaml on the class path; other formats need the extension of Liquibase that reads "
					+ "them.";
		}
		if (DatabaseDiagnosis.find(failure, UnsupportedChecksumVersionException.class) != null) {
			return "A later release of Liquibase has migrated this schema: build the application with that release, or "
					+ "a later one.";
		}
		if (ABSENT.stream().anyMatch(text::contains)) {
			return "Correct the path of the include or of the change that names the file; see that the file is in the "
					+ "jar, and that its letters are written in the same case.";
		}
		if (text.contains("check sum") || text.contains("checksum")) {
			return EDITED;
		}
		return "Correct the changelog.";
	}

}
