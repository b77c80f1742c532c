// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governance;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.migration.MigrationOutcome;
import dev.lockkeeper.schema.SchemaState;

/**
 * A run of a MIGRATE_ONLY process came to its end without a failure, and the schema is
 * still not what the code needs. Processes that wait for it would wait in vain.
 */
class IncompleteMigrationException extends LockkeeperException {

	private static final long serialVersionUID = 1L;

	private final transient Verdict verdict;

	/**
	 * Create an exception.
	 * @param outcome how the run went
	 * @param applied how many change sets the process has applied, to whatever schema
	 */
	IncompleteMigrationException(MigrationOutcome outcome, int applied) {
		super(ExitStatus.MIGRATION, messageOf(outcome), String.valueOf(outcome.end().action()), null);
		this.verdict = new Verdict(getStatus(), outcome.run().schema(), null, null, getMessage(), getAction(), applied,
				outcome.duration().toMillis(), outcome.run().runId());
	}

	private static String messageOf(MigrationOutcome outcome) {
		SchemaState state = outcome.state();
		return ProcessFailedException
			.withTraffic("The run of schema %s ended without a failure, and the schema is %s: %s. %s".formatted(
					outcome.run().schema(), state.status(),
					SchemaState.name(state.pending().isEmpty() ? state.changed() : state.pending()),
					state.whereabouts()));
	}

	@Override
	public Verdict toVerdict() {
		return this.verdict;
	}

}
