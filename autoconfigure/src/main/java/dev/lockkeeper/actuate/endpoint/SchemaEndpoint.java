// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.endpoint;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.LockHolder;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.schema.SchemaVersion;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;

/**
 * Tells what each schema is, and why. Looks again when the last look is older than a
 * second.
 *
 * @since 0.1.0
 */
@Endpoint(id = "schema")
public class SchemaEndpoint {

	private static final Duration FRESH = Duration.ofSeconds(1);

	private static final int NAMED = 10;

	private final SchemaGate gate;

	private final ModeDecision decision;

	/**
	 * Create an endpoint.
	 * @param gate knows the schemas
	 * @param decision the mode of the process
	 */
	public SchemaEndpoint(SchemaGate gate, ModeDecision decision) {
		this.gate = gate;
		this.decision = decision;
	}

	/**
	 * Describe every governed schema.
	 * @return the description
	 */
	@ReadOperation
	public SchemasDescriptor schemas() {
		this.gate.refresh(FRESH);
		Map<String, SchemaDescriptor> schemas = new LinkedHashMap<>();
		this.gate.getStates().forEach((name, state) -> schemas.put(name, SchemaDescriptor.of(state)));
		return new SchemasDescriptor(new ModeDescriptor(this.decision.mode(), this.decision.reason()), schemas);
	}

	/**
	 * Describes every governed schema.
	 *
	 * @param mode the mode of the process
	 * @param schemas the schemas, by the names of their beans
	 */
	public record SchemasDescriptor(ModeDescriptor mode, Map<String, SchemaDescriptor> schemas) {
	}

	/**
	 * Describes the mode.
	 *
	 * @param value the mode
	 * @param reason why it is this one
	 */
	public record ModeDescriptor(Mode value, String reason) {
	}

	/**
	 * Describes one schema.
	 *
	 * @param status the status
	 * @param checkedAt when it was looked at
	 * @param version the change set executed last
	 * @param applied the number of executed change sets
	 * @param pending those that are missing
	 * @param unknown those that the code does not know
	 * @param changed those that were applied with another content
	 * @param lock who holds the lock
	 * @param run the run in progress; always {@code null}, runs are not remembered yet
	 * @param lastRun the run before; always {@code null}, likewise
	 * @param problem why it could not be read
	 */
	public record SchemaDescriptor(SchemaStatus status, String checkedAt, @Nullable VersionDescriptor version,
			int applied, ChangeSetsDescriptor pending, ChangeSetsDescriptor unknown, ChangeSetsDescriptor changed,
			@Nullable LockDescriptor lock, @Nullable Object run, @Nullable Object lastRun, @Nullable String problem) {

		static SchemaDescriptor of(SchemaState state) {
			return new SchemaDescriptor(state.status(), state.checkedAt().toString(),
					VersionDescriptor.of(state.version()), state.applied(), ChangeSetsDescriptor.of(state.pending()),
					ChangeSetsDescriptor.of(state.unknown()), ChangeSetsDescriptor.of(state.changed()),
					LockDescriptor.of(state.lock()), null, null, state.problem());
		}

	}

	/**
	 * Describes the change set executed last.
	 *
	 * @param id the identifier
	 * @param author the author
	 * @param file the changelog file
	 * @param tag the tag
	 * @param appliedAt when it was executed
	 * @param order its number
	 */
	public record VersionDescriptor(String id, String author, String file, @Nullable String tag,
			@Nullable String appliedAt, int order) {

		static @Nullable VersionDescriptor of(@Nullable SchemaVersion version) {
			return (version != null) ? new VersionDescriptor(version.id(), version.author(), version.file(),
					version.tag(), text(version.appliedAt()), version.order()) : null;
		}

	}

	/**
	 * Describes a list of change sets.
	 *
	 * @param total how many there are
	 * @param first the first of them
	 */
	public record ChangeSetsDescriptor(int total, List<ChangeSetReference> first) {

		static ChangeSetsDescriptor of(List<ChangeSetReference> changeSets) {
			return new ChangeSetsDescriptor(changeSets.size(), changeSets.stream().limit(NAMED).toList());
		}

	}

	/**
	 * Describes who holds the lock.
	 *
	 * @param holder the name of the holder
	 * @param since when it took the lock
	 * @param until when the lock expires
	 */
	public record LockDescriptor(String holder, @Nullable String since, @Nullable String until) {

		static @Nullable LockDescriptor of(@Nullable LockHolder holder) {
			return (holder != null) ? new LockDescriptor(holder.holder(), text(holder.since()), text(holder.until()))
					: null;
		}

	}

	private static @Nullable String text(@Nullable Object value) {
		return (value != null) ? value.toString() : null;
	}

}
