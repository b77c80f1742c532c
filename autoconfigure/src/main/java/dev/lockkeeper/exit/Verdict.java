// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.json.JsonWriter;

/**
 * How a process ended, and why, in a form that machines read.
 *
 * @param status the status, which also gives the code and whether a retry makes sense
 * @param schema the name of the governed bean that the verdict is about, if it is about
 * one
 * @param changeSet the change set that failed, if one did
 * @param sqlState the SQLSTATE of the failure, if the database gave one
 * @param message what happened, in one line
 * @param action what to do about it
 * @param applied the number of change sets that this process applied
 * @param durationMs the time of the run in milliseconds
 * @param runId the identifier of the run, if one began
 * @since 0.1.0
 */
public record Verdict(ExitStatus status, @Nullable String schema, @Nullable ChangeSet changeSet,
		@Nullable String sqlState, @Nullable String message, @Nullable String action, int applied, long durationMs,
		@Nullable String runId) {

	/**
	 * The size of a termination message that Kubernetes keeps, in bytes.
	 */
	static final int MAXIMUM_BYTES = 4096;

	private static final String ELLIPSIS = "…";

	private static final JsonWriter<Verdict> JSON = JsonWriter.of((members) -> {
		members.add("status", (verdict) -> verdict.status().name());
		members.add("code", (verdict) -> verdict.status().getCode());
		members.add("retryable", (verdict) -> verdict.status().getRetry() == ExitStatus.Retry.WORTHWHILE);
		members.add("schema", Verdict::schema);
		members.add("changeSet", Verdict::namesOfChangeSet);
		members.add("sqlState", Verdict::sqlState);
		members.add("message", Verdict::message);
		members.add("action", Verdict::action);
		members.add("applied", Verdict::applied);
		members.add("durationMs", Verdict::durationMs);
		members.add("runId", Verdict::runId);
	});

	/**
	 * Create a verdict that only has how the process ends and why.
	 * @param status the status
	 * @param message what happened
	 * @param action what to do about it, if something is to be done
	 * @return the verdict
	 */
	public static Verdict of(ExitStatus status, @Nullable String message, @Nullable String action) {
		return new Verdict(status, null, null, null, message, action, 0, 0, null);
	}

	/**
	 * Return this verdict as one JSON object of at most 4,096 bytes. Longer texts are cut
	 * until it fits: the message first, the action next, the names of the change set
	 * last.
	 * @return the JSON object, without a line break
	 */
	public String toJson() {
		Verdict verdict = this;
		int limit = MAXIMUM_BYTES;
		String json = JSON.writeToString(verdict);
		while (json.getBytes(StandardCharsets.UTF_8).length > MAXIMUM_BYTES) {
			limit = limit / 2;
			verdict = verdict.cut(limit);
			json = JSON.writeToString(verdict);
		}
		return json;
	}

	private @Nullable Map<String, String> namesOfChangeSet() {
		if (this.changeSet == null) {
			return null;
		}
		Map<String, String> names = new LinkedHashMap<>();
		names.put("id", this.changeSet.id());
		names.put("author", this.changeSet.author());
		names.put("file", this.changeSet.file());
		return names;
	}

	private Verdict cut(int limit) {
		ChangeSet names = this.changeSet;
		if (names != null && limit < 1024) {
			names = new ChangeSet(cutText(names.id(), limit), cutText(names.author(), limit),
					cutText(names.file(), limit));
		}
		return new Verdict(this.status, cut(this.schema, limit), names, this.sqlState, cut(this.message, limit),
				cut(this.action, Math.max(limit, 512)), this.applied, this.durationMs, this.runId);
	}

	private static @Nullable String cut(@Nullable String text, int limit) {
		return (text != null) ? cutText(text, limit) : null;
	}

	private static String cutText(String text, int limit) {
		if (text.length() <= limit) {
			return text;
		}
		int end = Character.isHighSurrogate(text.charAt(limit - 1)) ? limit - 1 : limit;
		return text.substring(0, end) + ELLIPSIS;
	}

	/**
	 * The three names that identify a change set.
	 *
	 * @param id the identifier
	 * @param author the author
	 * @param file the changelog file, as the history spells it
	 */
	public record ChangeSet(String id, String author, String file) {
	}

}
