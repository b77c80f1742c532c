// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import dev.lockkeeper.engine.Comparison;
import dev.lockkeeper.engine.SchemaTables;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.SchemaLevel;
import dev.lockkeeper.schema.SchemaVersion;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationState;
import org.flywaydb.core.api.MigrationVersion;
import org.flywaydb.core.api.output.ValidateResult;
import org.jspecify.annotations.Nullable;

/**
 * What Flyway knows of the migrations of the code and of the history.
 *
 * @param infos the migrations in the order in which Flyway has them
 * @param refused the migrations because of which Flyway would refuse to migrate, with its
 * reason
 */
record Migrations(List<MigrationInfo> infos, Map<ChangeSetReference, String> refused) {

	/**
	 * The states in which a migration is not one of the code, or is listed once more.
	 */
	private static final Set<MigrationState> NOT_OF_CODE = Set.of(MigrationState.BASELINE,
			MigrationState.MISSING_SUCCESS, MigrationState.MISSING_FAILED, MigrationState.FUTURE_SUCCESS,
			MigrationState.FUTURE_FAILED, MigrationState.DELETED, MigrationState.UNDONE, MigrationState.OUTDATED,
			MigrationState.SUPERSEDED);

	private static final Set<MigrationState> UNKNOWN = Set.of(MigrationState.MISSING_SUCCESS,
			MigrationState.MISSING_FAILED, MigrationState.FUTURE_SUCCESS, MigrationState.FUTURE_FAILED);

	static Migrations of(MigrationInfo[] infos) {
		return new Migrations(List.copyOf(Arrays.asList(infos)), Map.of());
	}

	/**
	 * Return the same migrations with what a validation has found.
	 */
	Migrations refusedBy(ValidateResult validation) {
		Map<ChangeSetReference, String> refused = new LinkedHashMap<>();
		if (validation.invalidMigrations != null) {
			validation.invalidMigrations.forEach((invalid) -> refused
				.putIfAbsent(reference(invalid.version, invalid.description), invalid.errorDetails.errorMessage));
		}
		return new Migrations(this.infos, refused);
	}

	/**
	 * Return what identifies a migration: its version with its description, and the
	 * description alone of a repeatable one.
	 */
	static ChangeSetReference reference(@Nullable String version, @Nullable String description) {
		String text = (description != null) ? description : "";
		boolean versioned = version != null && !version.isEmpty();
		return new ChangeSetReference(versioned ? "%s - %s".formatted(version, text) : text, "", "");
	}

	static ChangeSetReference reference(MigrationInfo info) {
		MigrationVersion version = info.getVersion();
		return reference((version != null) ? version.toString() : null, info.getDescription());
	}

	/**
	 * Compare the code with the history.
	 * @param tables the tables
	 * @param history the history
	 */
	Comparison compare(SchemaTables tables, FlywayHistory history) {
		Set<ChangeSetReference> missing = new LinkedHashSet<>();
		List<ChangeSetReference> repeated = new ArrayList<>();
		List<ChangeSetReference> unknown = new ArrayList<>();
		Set<ChangeSetReference> changed = new LinkedHashSet<>();
		List<SchemaVersion> versions = history.toVersions();
		Set<ChangeSetReference> executed = versions.stream()
			.map(SchemaVersion::changeSet)
			.collect(Collectors.toUnmodifiableSet());
		for (MigrationInfo info : this.infos) {
			ChangeSetReference reference = reference(info);
			MigrationState state = info.getState();
			boolean refused = this.refused.containsKey(reference);
			if (state == MigrationState.PENDING) {
				missing.add(reference);
				if (info.isRepeatable() && executed.contains(reference)) {
					repeated.add(reference);
				}
			}
			else if (state == MigrationState.FAILED || (state == MigrationState.IGNORED && refused)) {
				missing.add(reference);
			}
			else if (refused) {
				changed.add(reference);
			}
			else if (UNKNOWN.contains(state)) {
				unknown.add(reference);
			}
		}
		changed.removeAll(missing);
		return new Comparison(tables, level(tables), versions.isEmpty() ? null : versions.get(versions.size() - 1),
				versions.size(), List.copyOf(missing), List.copyOf(repeated), List.copyOf(repeated),
				List.copyOf(unknown), List.copyOf(changed), !history.exists());
	}

	private SchemaLevel level(SchemaTables tables) {
		return SchemaLevel.of(tables.history(),
				ofCode().stream()
					.map((info) -> "%s=%s%n".formatted(reference(info), info.getResolvedChecksum()))
					.sorted()
					.toList());
	}

	private Collection<MigrationInfo> ofCode() {
		Map<ChangeSetReference, MigrationInfo> found = new LinkedHashMap<>();
		this.infos.stream()
			.filter((info) -> !NOT_OF_CODE.contains(info.getState()) && !"SCHEMA".equals(info.getType().name()))
			.forEach((info) -> found.putIfAbsent(reference(info), info));
		return found.values();
	}

	/**
	 * Return whether a history has rows of these migrations. That of another product may
	 * have rows of the same names, with other checksums.
	 */
	boolean areIn(FlywayHistory history) {
		Map<ChangeSetReference, Integer> checksums = new LinkedHashMap<>();
		ofCode().forEach((info) -> checksums.put(reference(info), info.getResolvedChecksum()));
		return history.rows()
			.stream()
			.filter((row) -> checksums.containsKey(row.toReference()))
			.anyMatch((row) -> row.version() == null || row.checksum() == null
					|| row.checksum().equals(checksums.get(row.toReference())));
	}

	/**
	 * Return the versions of the code that are not above another one.
	 */
	List<ChangeSetReference> upTo(MigrationVersion version) {
		return ofCode().stream()
			.filter((info) -> info.getVersion() != null && info.getVersion().compareTo(version) <= 0)
			.map(Migrations::reference)
			.toList();
	}

}
