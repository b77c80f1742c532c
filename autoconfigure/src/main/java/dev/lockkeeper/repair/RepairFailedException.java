// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.repair;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.migration.Diagnosis;
import dev.lockkeeper.migration.MigrationTarget;
import org.jspecify.annotations.Nullable;

/**
 * The database refused the decision of an operator, or did not answer.
 */
class RepairFailedException extends LockkeeperException {

	private static final long serialVersionUID = 1L;

	private final String schema;

	private final @Nullable String sqlState;

	private RepairFailedException(String schema, Diagnosis diagnosis, Throwable cause) {
		super(diagnosis.status(), diagnosis.message(), diagnosis.action(), cause);
		this.schema = schema;
		this.sqlState = diagnosis.sqlState();
	}

	/**
	 * Return what to throw.
	 * @param target the schema
	 * @param failure the failure that the database reported
	 */
	static RuntimeException of(MigrationTarget target, Exception failure) {
		if (failure instanceof LockkeeperException known) {
			return known;
		}
		Diagnosis diagnosis = target.diagnose(failure);
		if (diagnosis == null) {
			return (failure instanceof RuntimeException unforeseen) ? unforeseen : new IllegalStateException(failure);
		}
		return new RepairFailedException(target.getName(),
				(diagnosis.status() == ExitStatus.MIGRATION) ? ofTable(target, diagnosis) : diagnosis, failure);
	}

	// No change set has run
	private static Diagnosis ofTable(MigrationTarget target, Diagnosis diagnosis) {
		String subject = "A table that belongs to the migrations of schema %s refused it: ".formatted(target.getName());
		return new Diagnosis(ExitStatus.CONFIG, diagnosis.sqlState(), subject + diagnosis.message(),
				"See that this table is as it was created, without triggers and constraints of others.",
				diagnosis.passing());
	}

	@Override
	public Verdict toVerdict() {
		return new Verdict(getStatus(), this.schema, null, this.sqlState, getMessage(), getAction(), 0, 0, null);
	}

}
