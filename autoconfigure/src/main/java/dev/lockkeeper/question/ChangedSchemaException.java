// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.question;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaState;

/**
 * The answer was that applied change sets were changed, which a run would refuse.
 */
class ChangedSchemaException extends LockkeeperException {

	private static final long serialVersionUID = 1L;

	private final String schema;

	ChangedSchemaException(String schema, SchemaState state) {
		super(ExitStatus.CHANGELOG,
				"Change sets of schema %s were applied with another content: %s.".formatted(schema,
						SchemaState.name(state.changed())),
				"Undo the change to what was applied, and put corrections into new change sets.", null);
		this.schema = schema;
	}

	/**
	 * Throw an exception if applied change sets of a schema were changed.
	 */
	static void refuse(String schema, SchemaInspection inspection) {
		if (!inspection.state().changed().isEmpty()) {
			throw new ChangedSchemaException(schema, inspection.state());
		}
	}

	@Override
	public Verdict toVerdict() {
		return new Verdict(getStatus(), this.schema, null, null, getMessage(), getAction(), 0, 0, null);
	}

}
