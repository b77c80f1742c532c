// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governed;

import java.util.List;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.postgresql.RoleSplit.Missing;

/**
 * The role of the application lacks a right that it needs, or has one that it must not
 * have. The schema is migrated all the same.
 *
 * @since 0.1.0
 */
public class RoleSplitException extends LockkeeperException {

	private static final long serialVersionUID = 1L;

	/**
	 * How many statements a message has.
	 */
	private static final int SHOWN = 12;

	/** The name of the schema. */
	private final String schema;

	/** What differs, as the beginning of a log line. */
	private final String reason;

	RoleSplitException(String schema, String application, Missing missing) {
		super(ExitStatus.PERMISSION,
				"Schema %s is migrated, but %s.".formatted(schema, reason(application, missing, " there")),
				"Execute as a superuser%s: %s.".formatted(missing.byOwner() ? ", or as the owner" : "",
						inWords(missing.statements())),
				null);
		this.schema = schema;
		this.reason = reason(application, missing, "");
	}

	private static String reason(String application, Missing missing, String where) {
		if (missing.roles().isEmpty()) {
			return "role %s lacks rights%s, or has too many".formatted(application, where);
		}
		return (missing.roles().size() == 1) ? "role %s does not exist".formatted(missing.roles().get(0))
				: "the roles %s do not exist".formatted(String.join(", ", missing.roles()));
	}

	private static String inWords(List<String> statements) {
		String shown = String.join("; ", statements.subList(0, Math.min(SHOWN, statements.size())));
		int more = statements.size() - SHOWN;
		return (more > 0) ? "%s; and %d more, which --print=grants shows".formatted(shown, more) : shown;
	}

	/**
	 * Return what differs, as the beginning of a log line.
	 */
	String getReason() {
		return this.reason;
	}

	@Override
	public Verdict toVerdict() {
		return new Verdict(getStatus(), this.schema, null, null, getMessage(), getAction(), 0, 0, null);
	}

}
