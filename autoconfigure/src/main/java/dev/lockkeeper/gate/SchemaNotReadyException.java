// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.gate;

import java.time.Duration;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.wording.Durations;
import org.jspecify.annotations.Nullable;

/**
 * The schema did not become what the code needs before the wait ended.
 *
 * @since 0.1.0
 */
public class SchemaNotReadyException extends LockkeeperException {

	private static final long serialVersionUID = 1L;

	/** The name of the schema. */
	private final String schema;

	SchemaNotReadyException(String schema, SchemaInspection inspection, @Nullable Duration waited) {
		super(statusOf(inspection.state()), messageOf(schema, inspection, waited), actionOf(inspection.state()), null);
		this.schema = schema;
	}

	private static ExitStatus statusOf(SchemaState state) {
		return !state.changed().isEmpty() ? ExitStatus.CHANGELOG : ExitStatus.TEMPORARY;
	}

	private static String messageOf(String schema, SchemaInspection inspection, @Nullable Duration waited) {
		SchemaState state = inspection.state();
		if (!state.changed().isEmpty()) {
			return "Change sets of schema %s were applied with another content: %s. %s".formatted(schema,
					SchemaState.name(state.changed()), state.whereabouts());
		}
		if (waited == null) {
			return "Schema %s lacks %s: %s".formatted(schema, SchemaState.count(state.pending().size()),
					missingFrom(inspection));
		}
		return "Schema %s still lacks %s after %s: %s".formatted(schema, SchemaState.count(state.pending().size()),
				Durations.inWords(waited), missingFrom(inspection));
	}

	/**
	 * Return what is missing, where the schema is, and which process holds the lock.
	 */
	static String missingFrom(SchemaInspection inspection) {
		SchemaState state = inspection.state();
		String holder = inspection.holder();
		return "%s. %s %s.".formatted(SchemaState.name(state.pending()), SchemaState.whereabouts(state.version(), 0),
				(holder != null) ? "The lock is held by " + holder : "No process seems to be migrating");
	}

	private static String actionOf(SchemaState state) {
		if (!state.changed().isEmpty()) {
			return "Give the changelog back the content that was applied (the database needs no change), and put "
					+ "corrections into new change sets.";
		}
		return "Run the migration: start this release once with --migrate-only, as a Job on Kubernetes, "
				+ "with a role that may change the schema; or set lockkeeper.mode=self to let this application "
				+ "migrate by itself.";
	}

	@Override
	public Verdict toVerdict() {
		return new Verdict(getStatus(), this.schema, null, null, getMessage(), getAction(), 0, 0, null);
	}

}
