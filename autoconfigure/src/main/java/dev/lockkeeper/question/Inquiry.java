// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.question;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import dev.lockkeeper.answer.StandardOutput;
import dev.lockkeeper.command.Flag;
import dev.lockkeeper.command.Request;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.UsageException;
import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.migration.MigrationTarget;
import dev.lockkeeper.migration.Migrator;
import dev.lockkeeper.migration.PreviewLimits;
import dev.lockkeeper.migration.SchemaTask;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.wording.Plural;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * Asks each schema one question, then writes one answer for all of them. The answer is
 * written as a whole, or not at all. Not safe for use by several threads.
 *
 * @since 0.1.0
 */
public final class Inquiry implements SchemaTask {

	private static final Log logger = LogFactory.getLog(Inquiry.class);

	private static final int NAMED = 5;

	private final Request question;

	private final ModeDecision decision;

	private final Migrator migrator;

	private final @Nullable StatusWait wait;

	private final List<MigrationTarget> awaited = new ArrayList<>();

	private final Map<String, SchemaInspection> inspections = new LinkedHashMap<>();

	private final StringBuilder sql = new StringBuilder();

	/**
	 * Create an inquiry.
	 * @param question the question
	 * @param decision the mode of the process
	 * @param migrator waits for the databases
	 * @param wait waits until nothing is missing; {@code null} to answer at once
	 */
	public Inquiry(Request question, ModeDecision decision, Migrator migrator, @Nullable StatusWait wait) {
		this.question = question;
		this.decision = decision;
		this.migrator = migrator;
		this.wait = wait;
	}

	/**
	 * Ask a schema. One whose database lives inside this process is left out: it is empty
	 * in every process until that process migrates it.
	 * @param target the schema
	 */
	@Override
	public void handle(MigrationTarget target) {
		if (target.isEmbedded()) {
			logger.info("lockkeeper - left out of the answer (bean %s: its database lives inside this process)"
				.formatted(target.getName()));
			return;
		}
		if (this.wait != null) {
			// StatusWait waits for all schemas together
			this.awaited.add(target);
			return;
		}
		this.inspections.put(target.getName(), this.migrator.inspect(target));
		if (this.question.getCommand() == Flag.DRY_RUN) {
			this.sql.append(target.preview(PreviewLimits.NONE).sql());
		}
	}

	/**
	 * Write the answer.
	 * @return how the process ends, or {@code null} when there was no schema to inspect
	 */
	@Override
	public @Nullable Verdict finish() {
		if (this.wait != null && !this.awaited.isEmpty()) {
			this.inspections.putAll(this.wait.await(this.awaited));
		}
		if (this.inspections.isEmpty()) {
			return null;
		}
		StatusReport report = new StatusReport(this.decision, this.inspections);
		if (this.question.getCommand() == Flag.DRY_RUN) {
			StandardOutput.write(this.sql.toString());
		}
		else {
			StandardOutput.write("json".equals(this.question.get(Flag.STATUS)) ? report.toJson() : report.toText());
		}
		if (this.question.getCommand() == Flag.DRY_RUN) {
			return Verdict.of(ExitStatus.DONE,
					"The SQL of %s was written.".formatted(Plural.inWords(this.inspections.size(), "schema")), null);
		}
		return verdict();
	}

	private Verdict verdict() {
		this.inspections.forEach((name, inspection) -> {
			if (this.wait != null || inspection.state().status() == SchemaStatus.CHANGED) {
				ChangedSchemaException.refuse(name, inspection);
			}
		});
		Map<String, Integer> pending = new LinkedHashMap<>();
		this.inspections.forEach((name, inspection) -> pending.put(name, inspection.state().pending().size()));
		pending.values().removeIf((count) -> count == 0);
		int sum = pending.values().stream().mapToInt(Integer::intValue).sum();
		String where = (sum == 0 || this.inspections.size() == 1) ? ""
				: pending.entrySet()
					.stream()
					.limit(NAMED)
					.map((entry) -> "%d of %s".formatted(entry.getValue(), entry.getKey()))
					.collect(Collectors.joining(", ", ": ", (pending.size() > NAMED) ? ", …" : ""));
		return Verdict.of((sum > 0) ? ExitStatus.PENDING : ExitStatus.DONE, "%s %s pending%s."
			.formatted(StringUtils.capitalize(SchemaState.count(sum)), Plural.of(sum, "is", "are"), where), null);
	}

}
