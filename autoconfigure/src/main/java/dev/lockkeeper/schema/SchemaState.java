// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;

import dev.lockkeeper.wording.Plural;
import org.jspecify.annotations.Nullable;

/**
 * What the comparison of a schema with the code found.
 *
 * @param status the status
 * @param checkedAt when the comparison began
 * @param version the change set executed last, or {@code null} for an empty history
 * @param applied the number of change sets in the history
 * @param pending the change sets that a run would execute now, in their order
 * @param unknown the change sets of the history that the code does not have
 * @param changed the change sets that were applied with another checksum
 * @param lock the holder of the lock, if there is one and this process may read it
 * @param problem why the schema could not be read, if it could not
 * @param engine the tool that migrates the schema, if it is known
 * @since 0.1.0
 */
public record SchemaState(SchemaStatus status, Instant checkedAt, @Nullable SchemaVersion version, int applied,
		List<ChangeSetReference> pending, List<ChangeSetReference> unknown, List<ChangeSetReference> changed,
		@Nullable LockHolder lock, @Nullable String problem, @Nullable SchemaEngine engine) {

	private static final int NAMED = 3;

	/**
	 * Create a state of a schema whose tool is not named.
	 * @param status the status
	 * @param checkedAt when the reading of it began
	 * @param version what was executed last, if anything was
	 * @param applied how many change sets are in the history
	 * @param pending the change sets that are missing
	 * @param unknown the change sets of the history that the code does not have
	 * @param changed the change sets that were applied with another content
	 * @param lock the holder of the lock, if it is known
	 * @param problem why the schema could not be read
	 */
	public SchemaState(SchemaStatus status, Instant checkedAt, @Nullable SchemaVersion version, int applied,
			List<ChangeSetReference> pending, List<ChangeSetReference> unknown, List<ChangeSetReference> changed,
			@Nullable LockHolder lock, @Nullable String problem) {
		this(status, checkedAt, version, applied, pending, unknown, changed, lock, problem, null);
	}

	/**
	 * Create the state of a schema that could not be read.
	 * @param checkedAt when the attempt to read it began
	 * @param problem why it could not be read
	 * @return the state
	 */
	public static SchemaState unreadable(Instant checkedAt, @Nullable String problem) {
		return new SchemaState(SchemaStatus.UNREADABLE, checkedAt, null, 0, List.of(), List.of(), List.of(), null,
				problem);
	}

	/**
	 * Return this state with the tool that migrates the schema.
	 * @param tool the tool, or {@code null} when it is not known
	 * @return the state
	 */
	public SchemaState withEngine(@Nullable SchemaEngine tool) {
		return new SchemaState(this.status, this.checkedAt, this.version, this.applied, this.pending, this.unknown,
				this.changed, this.lock, this.problem, tool);
	}

	/**
	 * Return this state as one that can no longer be read: what was known stays.
	 * @param at when the failed attempt began
	 * @param why why it failed
	 * @return the state
	 */
	public SchemaState becameUnreadable(Instant at, @Nullable String why) {
		return new SchemaState(SchemaStatus.UNREADABLE, at, this.version, this.applied, this.pending, this.unknown,
				this.changed, null, why, this.engine);
	}

	/**
	 * Return this state as confirmed by reading the mark, which does not include the
	 * lock.
	 * @param at when the reading of the mark began
	 * @return the state
	 */
	public SchemaState confirmed(Instant at) {
		return new SchemaState(this.status, at, this.version, this.applied, this.pending, this.unknown, this.changed,
				null, this.problem, this.engine);
	}

	/**
	 * Return this state with a holder of the lock.
	 * @param holder the holder, or {@code null} when none is known
	 * @return the state
	 */
	public SchemaState heldBy(@Nullable LockHolder holder) {
		return new SchemaState(this.status, this.checkedAt, this.version, this.applied, this.pending, this.unknown,
				this.changed, holder, this.problem, this.engine);
	}

	/**
	 * Return the version as it stands behind some words.
	 * @param words the words
	 * @return the words and the version; nothing when no change set has been applied
	 */
	public String version(String words) {
		return (this.version != null) ? words + this.version : "";
	}

	/**
	 * Describe where the schema is.
	 * @return one sentence, with the version and how much is missing
	 */
	public String whereabouts() {
		return whereabouts(this.version, this.pending.size());
	}

	/**
	 * Describe where a schema is.
	 * @param at what was executed last, if anything was
	 * @param missing how many change sets are missing
	 * @return one sentence
	 */
	public static String whereabouts(@Nullable SchemaVersion at, int missing) {
		String where = (at != null) ? "The schema is at %s".formatted(at)
				: "No change set has been applied to the schema yet";
		return (missing == 0) ? where + "."
				: "%s, and %s %s missing.".formatted(where, count(missing), Plural.of(missing, "is", "are"));
	}

	/**
	 * Write a number of change sets.
	 * @param count their number
	 * @return the number with its noun
	 */
	public static String count(int count) {
		return Plural.inWords(count, "change set");
	}

	/**
	 * Name the first change sets of a list.
	 * @param changeSets the list
	 * @return at most three of them, and how many there are besides
	 */
	public static String name(List<ChangeSetReference> changeSets) {
		String named = changeSets.stream()
			.limit(NAMED)
			.map(ChangeSetReference::toString)
			.collect(Collectors.joining(", "));
		int more = changeSets.size() - NAMED;
		return (more > 0) ? "%s and %d more".formatted(named, more) : named;
	}

}
