// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governed;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.Verdict;

/**
 * The role of the application lacks a right that it needs, or has one that it must not
 * have. The schema is migrated all the same.
 *
 * @since 0.1.0
 */
public class RoleSplitException extends LockkeeperException {

	private static final long serialVersionUID = 1L;

	/** The name of the schema. */
	private final String schema;

	RoleSplitException(String schema, String application, String statements) {
		super(ExitStatus.PERMISSION,
				"Schema %s is migrated, but the rights of role %s there are not those of an application."
					.formatted(schema, application),
				"Execute as a superuser, or as the owner: %s.".formatted(statements), null);
		this.schema = schema;
	}

	@Override
	public Verdict toVerdict() {
		return new Verdict(getStatus(), this.schema, null, null, getMessage(), getAction(), 0, 0, null);
	}

}
