// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.question;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.LockHolder;
import dev.lockkeeper.schema.RunEnd;
import dev.lockkeeper.schema.RunProgress;
import dev.lockkeeper.schema.RunRecord;
import dev.lockkeeper.schema.RunStart;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaVersion;
import dev.lockkeeper.view.DescriptorJson;
import dev.lockkeeper.view.SchemasDescriptor;
import org.jspecify.annotations.Nullable;

/**
 * What each schema is, as text for people and as JSON for programs. The JSON is that of
 * {@code /actuator/schema}.
 *
 * @param decision the mode of the process
 * @param inspections the inspections by the names of the schemas
 */
record StatusReport(ModeDecision decision, Map<String, SchemaInspection> inspections) {

	private static final int NAMED = 10;

	/**
	 * Return the report as one JSON object.
	 */
	String toJson() {
		return DescriptorJson.of(SchemasDescriptor.of(this.decision, this.inspections)) + "\n";
	}

	/**
	 * Return the report as lines.
	 */
	String toText() {
		List<String> blocks = new ArrayList<>();
		this.inspections.forEach((name, inspection) -> blocks.add(toText(name, inspection)));
		return String.join("\n", blocks);
	}

	private static String toText(String name, SchemaInspection inspection) {
		SchemaState state = inspection.state();
		StringBuilder text = new StringBuilder();
		line(text, "schema", name);
		line(text, "status", state.status().name());
		line(text, "version", toText(state.version()));
		line(text, "applied", String.valueOf(state.applied()));
		list(text, "pending", state.pending());
		list(text, "unknown", state.unknown());
		list(text, "changed", state.changed());
		line(text, "lock", toText(state.lock()));
		line(text, "last run", toText(inspection.lastRun()));
		RunStart run = findLatest(inspection);
		if (run != null && run.blocked().times() > 0) {
			line(text, "blocked",
					"%s in run %s: %s".formatted(run.blocked().inWords(), run.runId(), run.blocked().last()));
		}
		return text.toString();
	}

	private static String toText(@Nullable SchemaVersion version) {
		if (version == null) {
			return "none";
		}
		String tag = (version.tag() != null) ? ", tag " + version.tag() : "";
		return "%s (order %d%s, applied at %s)".formatted(version.changeSet(), version.order(), tag,
				version.appliedAt());
	}

	private static String toText(@Nullable LockHolder holder) {
		if (holder == null) {
			return "free";
		}
		String until = (holder.until() != null) ? " until " + holder.until() : "";
		return "held by %s since %s%s".formatted(holder.holder(), holder.since(), until);
	}

	private static String toText(@Nullable RunRecord run) {
		RunEnd end = (run != null) ? run.end() : null;
		if (run == null || end == null) {
			return "none known";
		}
		String code = (end.code() != null) ? " (%d)".formatted(end.code()) : "";
		String why = (end.message() != null) ? ": " + end.message().replaceAll("\\s+", " ") : "";
		String fence = Boolean.FALSE.equals(run.start().fenced()) ? " (lock not fenced)" : "";
		return "%s%s at %s, %d applied by %s on %s, run %s%s%s".formatted(end.status(), code, end.at(), end.applied(),
				run.start().origin().application(), run.start().origin().host(), run.start().runId(), fence, why);
	}

	private static @Nullable RunStart findLatest(SchemaInspection inspection) {
		RunProgress run = inspection.run();
		RunRecord last = inspection.lastRun();
		if (run != null) {
			return run.start();
		}
		return (last != null) ? last.start() : null;
	}

	private static void list(StringBuilder text, String key, List<ChangeSetReference> changeSets) {
		line(text, key, String.valueOf(changeSets.size()));
		changeSets.stream().limit(NAMED).forEach((changeSet) -> line(text, "", changeSet.toString()));
		if (changeSets.size() > NAMED) {
			line(text, "", "and %d more".formatted(changeSets.size() - NAMED));
		}
	}

	private static void line(StringBuilder text, String key, String value) {
		text.append("%-10s%s%n".formatted(key.isEmpty() ? "" : key + ":", value));
	}

}
