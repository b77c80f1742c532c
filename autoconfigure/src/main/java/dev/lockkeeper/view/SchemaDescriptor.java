// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.view;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import org.jspecify.annotations.Nullable;

/**
 * Describes one schema.
 *
 * @param status the status
 * @param checkedAt when it was inspected
 * @param engine the tool that migrates it
 * @param version the change set executed last
 * @param applied the number of executed change sets
 * @param pending those that are missing
 * @param unknown those that the code does not have
 * @param changed those that were applied with another content
 * @param lock the holder of the lock
 * @param run the run in progress
 * @param lastRun the run that ended last
 * @param problem why it could not be read
 * @since 0.1.0
 */
@JsonInclude
public record SchemaDescriptor(SchemaStatus status, String checkedAt, @Nullable EngineDescriptor engine,
		@Nullable VersionDescriptor version, int applied, ChangeSetsDescriptor pending, ChangeSetsDescriptor unknown,
		ChangeSetsDescriptor changed, @Nullable LockDescriptor lock, @Nullable RunDescriptor run,
		@Nullable EndedRunDescriptor lastRun, @Nullable String problem) {

	/**
	 * Describe one schema.
	 * @param inspection the inspection
	 * @return the description
	 */
	public static SchemaDescriptor of(SchemaInspection inspection) {
		SchemaState state = inspection.state();
		return new SchemaDescriptor(state.status(), state.checkedAt().toString(), EngineDescriptor.of(state.engine()),
				VersionDescriptor.of(state.version()), state.applied(), ChangeSetsDescriptor.of(state.pending()),
				ChangeSetsDescriptor.of(state.unknown()), ChangeSetsDescriptor.of(state.changed()),
				LockDescriptor.of(state.lock()), RunDescriptor.of(inspection.run()),
				EndedRunDescriptor.of(inspection.lastRun()), state.problem());
	}

	static @Nullable String text(@Nullable Object value) {
		return (value != null) ? value.toString() : null;
	}

}
