// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.Verdict;

/**
 * A schema is reached through a pooler that shares sessions among connections, so that
 * nothing can be migrated there safely. Nothing was written.
 *
 * @since 0.1.0
 */
public class SharedSessionsException extends LockkeeperException {

	private static final long serialVersionUID = 1L;

	/** The name of the schema. */
	private final String schema;

	/**
	 * Create an exception.
	 * @param schema the name of the schema
	 * @param database where the database is reached, without credentials
	 * @param proof how it is known, in words
	 * @param action how a run gets connections that share no sessions
	 */
	public SharedSessionsException(String schema, String database, String proof, String action) {
		super(ExitStatus.CONFIG,
				"Schema %s cannot be migrated through %s: a pooler there shares sessions among connections, as in transaction pooling (%s)."
					.formatted(schema, database, proof),
				action + " The application itself can stay behind the pooler.", null);
		this.schema = schema;
	}

	@Override
	public Verdict toVerdict() {
		return new Verdict(getStatus(), this.schema, null, null, getMessage(), getAction(), 0, 0, null);
	}

}
