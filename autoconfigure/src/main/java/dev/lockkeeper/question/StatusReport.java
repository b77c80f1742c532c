// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.question;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.LockHolder;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaVersion;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.json.JsonWriter;

/**
 * What each schema is, as text for people and as JSON for programs. The JSON is that of
 * {@code /actuator/schema}.
 *
 * @param decision the mode of the process
 * @param states the states by the names of the schemas
 */
record StatusReport(ModeDecision decision, Map<String, SchemaState> states) {

	private static final int NAMED = 10;

	private static final JsonWriter<Map<String, ?>> JSON = JsonWriter.standard();

	/**
	 * Return the report as one JSON object.
	 */
	String toJson() {
		Map<String, @Nullable Object> schemas = new LinkedHashMap<>();
		this.states.forEach((name, state) -> schemas.put(name, describe(state)));
		Map<String, @Nullable Object> report = new LinkedHashMap<>();
		Map<String, @Nullable Object> mode = new LinkedHashMap<>();
		mode.put("value", this.decision.mode().name());
		mode.put("reason", this.decision.reason());
		report.put("mode", mode);
		report.put("schemas", schemas);
		return JSON.writeToString(report) + "\n";
	}

	private static Map<String, @Nullable Object> describe(SchemaState state) {
		Map<String, @Nullable Object> schema = new LinkedHashMap<>();
		schema.put("status", state.status().name());
		schema.put("checkedAt", state.checkedAt().toString());
		schema.put("version", describe(state.version()));
		schema.put("applied", state.applied());
		schema.put("pending", describe(state.pending()));
		schema.put("unknown", describe(state.unknown()));
		schema.put("changed", describe(state.changed()));
		schema.put("lock", describe(state.lock()));
		schema.put("run", null);
		schema.put("lastRun", null);
		schema.put("problem", state.problem());
		return schema;
	}

	private static @Nullable Map<String, @Nullable Object> describe(@Nullable SchemaVersion version) {
		if (version == null) {
			return null;
		}
		Map<String, @Nullable Object> members = names(
				new ChangeSetReference(version.id(), version.author(), version.file()));
		members.put("tag", version.tag());
		members.put("appliedAt", text(version.appliedAt()));
		members.put("order", version.order());
		return members;
	}

	private static Map<String, @Nullable Object> describe(List<ChangeSetReference> changeSets) {
		Map<String, @Nullable Object> members = new LinkedHashMap<>();
		members.put("total", changeSets.size());
		members.put("first", changeSets.stream().limit(NAMED).map(StatusReport::names).toList());
		return members;
	}

	private static Map<String, @Nullable Object> names(ChangeSetReference changeSet) {
		Map<String, @Nullable Object> members = new LinkedHashMap<>();
		members.put("id", changeSet.id());
		members.put("author", changeSet.author());
		members.put("file", changeSet.file());
		return members;
	}

	private static @Nullable Map<String, @Nullable Object> describe(@Nullable LockHolder holder) {
		if (holder == null) {
			return null;
		}
		Map<String, @Nullable Object> members = new LinkedHashMap<>();
		members.put("holder", holder.holder());
		members.put("since", text(holder.since()));
		members.put("until", text(holder.until()));
		return members;
	}

	private static @Nullable String text(@Nullable Object value) {
		return (value != null) ? value.toString() : null;
	}

	/**
	 * Return the report as lines.
	 */
	String toText() {
		List<String> blocks = new ArrayList<>();
		this.states.forEach((name, state) -> blocks.add(toText(name, state)));
		return String.join("\n", blocks);
	}

	private static String toText(String name, SchemaState state) {
		StringBuilder text = new StringBuilder();
		line(text, "schema", name);
		line(text, "status", state.status().name());
		line(text, "version", toText(state.version()));
		line(text, "applied", String.valueOf(state.applied()));
		list(text, "pending", state.pending());
		list(text, "unknown", state.unknown());
		list(text, "changed", state.changed());
		line(text, "lock", toText(state.lock()));
		return text.toString();
	}

	private static String toText(@Nullable SchemaVersion version) {
		if (version == null) {
			return "none";
		}
		String tag = (version.tag() != null) ? ", tag " + version.tag() : "";
		return "%s::%s::%s (order %d%s, applied at %s)".formatted(version.file(), version.id(), version.author(),
				version.order(), tag, version.appliedAt());
	}

	private static String toText(@Nullable LockHolder holder) {
		if (holder == null) {
			return "free";
		}
		String until = (holder.until() != null) ? " until " + holder.until() : "";
		return "held by %s since %s%s".formatted(holder.holder(), holder.since(), until);
	}

	private static void list(StringBuilder text, String key, List<ChangeSetReference> changeSets) {
		line(text, key, String.valueOf(changeSets.size()));
		changeSets.stream().limit(NAMED).forEach((changeSet) -> line(text, "", changeSet.toString()));
		if (changeSets.size() > NAMED) {
			line(text, "", "and %d more".formatted(changeSets.size() - NAMED));
		}
	}

	private static void line(StringBuilder text, String key, String value) {
		text.append("%-9s%s%n".formatted(key.isEmpty() ? "" : key + ":", value));
	}

}
