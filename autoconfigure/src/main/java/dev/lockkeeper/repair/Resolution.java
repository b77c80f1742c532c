// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.repair;

import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

import dev.lockkeeper.answer.StandardOutput;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.ShellWord;
import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.lock.MigrationLocks;
import dev.lockkeeper.migration.MigrationTarget;
import dev.lockkeeper.migration.Migrator;
import dev.lockkeeper.migration.SchemaTask;
import dev.lockkeeper.migration.UnfinishedChangeSets;
import dev.lockkeeper.migration.UnfinishedChangeSets.Answer;
import dev.lockkeeper.migration.UnfinishedChangeSets.Unfinished;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.SchemaInspection;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Writes the decision of an operator about the statement in which a run died. All schemas
 * are inspected before anything is written, and one of them is written to, under its
 * lease.
 *
 * @since 0.1.0
 */
public final class Resolution implements SchemaTask {

	private static final Log logger = LogFactory.getLog(Resolution.class);

	private final Migrator migrator;

	private final MigrationLocks locks;

	private final boolean done;

	private final String changeSet;

	private final SchemaChoice choice;

	private final Map<String, Seen> schemas = new LinkedHashMap<>();

	/**
	 * Create a resolution.
	 * @param migrator waits for the databases
	 * @param locks where the leases are
	 * @param done whether the statement counts as done; else it is executed again
	 * @param changeSet the change set, as it is shown
	 * @param schema the name of the only schema that is meant; {@code null} when none is
	 * named
	 */
	public Resolution(Migrator migrator, MigrationLocks locks, boolean done, String changeSet,
			@Nullable String schema) {
		this.migrator = migrator;
		this.locks = locks;
		this.done = done;
		this.changeSet = changeSet;
		this.choice = new SchemaChoice(schema);
	}

	/**
	 * Inspect a schema, if it is meant.
	 * @param target the schema
	 */
	@Override
	public void handle(MigrationTarget target) {
		if (!this.choice.includes(target)) {
			return;
		}
		SchemaInspection inspection = this.migrator.inspect(target);
		UnfinishedChangeSets changeSets = target.getUnfinishedChangeSets();
		try {
			List<Unfinished> unfinished = (changeSets != null) ? changeSets.find() : List.of();
			this.schemas.put(target.getName(), new Seen(target, inspection, changeSets, unfinished));
		}
		catch (SQLException ex) {
			throw RepairFailedException.of(target, ex);
		}
	}

	/**
	 * Write the answer, if the change set is in question in exactly one schema.
	 * @return how the process ends, or {@code null} when there was no schema
	 */
	@Override
	public @Nullable Verdict finish() {
		if (!this.choice.hasSchema()) {
			return null;
		}
		List<Seen> inQuestion = this.schemas.values().stream().filter((seen) -> !inQuestion(seen).isEmpty()).toList();
		SchemaChoice.requireOne("Change set %s is in question".formatted(this.changeSet),
				inQuestion.stream().map((seen) -> seen.target().getName()).toList());
		if (inQuestion.isEmpty()) {
			throw notInQuestion();
		}
		Seen seen = inQuestion.get(0);
		List<Unfinished> named = inQuestion(seen);
		if (named.size() > 1) {
			throw new NotResolvedException(ExitStatus.CHANGELOG, seen.target().getName(), null,
					"Several change sets of schema %s are shown as %s.".formatted(seen.target().getName(),
							this.changeSet),
					"Write the outcome into their rows of lockkeeper_intent, as docs/non-transactional.md shows.");
		}
		return resolve(seen, named.get(0));
	}

	private Verdict resolve(Seen seen, Unfinished found) {
		MigrationTarget target = seen.target();
		logger.info("lockkeeper - resolving (schema %s, change set %s, statement %d: %s; %s)"
			.formatted(target.getName(), found.changeSet(), found.number(), found.statement(), meaning()));
		try {
			target.requireSessions();
			try (Lease lease = acquire(target, found)) {
				refuseDeadHolder(lease, target, found);
				write(lease, seen, found);
			}
		}
		catch (SQLException | RuntimeException ex) {
			throw RepairFailedException.of(target, ex);
		}
		logger.info("lockkeeper - resolved (schema %s, change set %s)".formatted(target.getName(), found.changeSet()));
		StandardOutput.write("%-16s%s%n%-16s%s%n%-16s%s%n%-16s%s%n".formatted("schema:", target.getName(),
				"change set:", found.changeSet(), "statement %d:".formatted(found.number()), found.statement(),
				"resolved:", meaning()));
		return Verdict.of(ExitStatus.DONE,
				"Statement %d of change set %s: %s.".formatted(found.number(), found.changeSet(), meaning()), null);
	}

	private String meaning() {
		return this.done ? "done (it counts as executed, and the next run goes on after it)"
				: "again (the next run executes it again)";
	}

	// The answer is about the database as the operator has seen it. A run that is in
	// progress may change that, so there is nothing to wait for
	private Lease acquire(MigrationTarget target, Unfinished found) {
		Optional<Lease> lease = this.locks.at(target.getLockAddress()).tryAcquire();
		return lease.orElseThrow(() -> {
			String holder = this.migrator.inspect(target).holder();
			return new NotResolvedException(ExitStatus.TEMPORARY, target.getName(), found.changeSet(),
					"Nothing was written: the lock of schema %s is held%s.".formatted(target.getName(),
							(holder != null) ? " by " + holder : ""),
					"Let that run finish, or end that process: its lease then expires by itself. Then check the "
							+ "database again, and see whether the next run still needs an answer.");
		});
	}

	// The server may have executed the statement until a moment ago
	private static void refuseDeadHolder(Lease lease, MigrationTarget target, Unfinished found) {
		if (lease.getPredecessor() != null) {
			throw new NotResolvedException(ExitStatus.TEMPORARY, target.getName(), found.changeSet(),
					"Nothing was written: the last run (%s) had died without releasing the lock of schema %s, and its session may have worked until now."
						.formatted(lease.getPredecessor(), target.getName()),
					"That session is ended. Check the database now, then start this process again.");
		}
	}

	private void write(Lease lease, Seen seen, Unfinished found) throws SQLException {
		UnfinishedChangeSets changeSets = seen.changeSets();
		Answer answer;
		try {
			answer = (changeSets != null) ? changeSets.resolve(found, this.done, lease) : Answer.OUTDATED;
		}
		catch (SQLException ex) {
			if (!lease.isLost()) {
				throw ex;
			}
			answer = Answer.LEASE_LOST;
		}
		switch (answer) {
			case LEASE_LOST -> throw new NotResolvedException(ExitStatus.TEMPORARY, seen.target().getName(),
					found.changeSet(), "Nothing was written: the lease was lost.", "Start this process again.");
			case OUTDATED -> throw new NotResolvedException(ExitStatus.CHANGELOG, seen.target().getName(),
					found.changeSet(),
					"Nothing was written: another process has answered for change set %s meanwhile, or has gone on with it."
						.formatted(found.changeSet()),
					"Run the migration; it reports whether something is still in question.");
			case WRITTEN -> {
			}
		}
	}

	private NotResolvedException notInQuestion() {
		for (Seen seen : this.schemas.values()) {
			for (Unfinished unfinished : seen.unfinished()) {
				if (isMeant(unfinished.changeSet())) {
					return refuse(
							seen, unfinished.changeSet(), "Change set %s of schema %s is not in question: %s."
								.formatted(this.changeSet, seen.target().getName(), unfinished.settled()),
							"Run the migration.");
				}
			}
		}
		for (Seen seen : this.schemas.values()) {
			Optional<ChangeSetReference> pending = seen.inspection()
				.state()
				.pending()
				.stream()
				.filter(this::isMeant)
				.findFirst();
			if (pending.isPresent()) {
				return refuse(seen, pending.get(),
						"Change set %s of schema %s is not in question: no run has died in a statement of it."
							.formatted(this.changeSet, seen.target().getName()),
						"Run the migration.");
			}
		}
		return refuse(null, null, "No pending change set is shown as %s.".formatted(this.changeSet),
				"Name the change set as --status shows it.");
	}

	private NotResolvedException refuse(@Nullable Seen seen, @Nullable ChangeSetReference reference, String message,
			String action) {
		String questions = this.schemas.values()
			.stream()
			.flatMap((schema) -> schema.unfinished()
				.stream()
				.filter((unfinished) -> unfinished.settled() == null)
				.map((unfinished) -> "--change-set=%s --schema=%s".formatted(
						ShellWord.quote(unfinished.changeSet().toString()),
						ShellWord.quote(schema.target().getName()))))
			.collect(Collectors.joining(", "));
		return new NotResolvedException(ExitStatus.CHANGELOG, (seen != null) ? seen.target().getName() : null,
				reference, message, questions.isEmpty() ? action : "%s In question: %s.".formatted(action, questions));
	}

	private List<Unfinished> inQuestion(Seen seen) {
		return seen.unfinished()
			.stream()
			.filter((unfinished) -> unfinished.settled() == null && isMeant(unfinished.changeSet()))
			.toList();
	}

	private boolean isMeant(ChangeSetReference reference) {
		return reference.toString().equals(this.changeSet);
	}

	/**
	 * A schema that was inspected.
	 *
	 * @param target the schema
	 * @param inspection the inspection
	 * @param changeSets shows what is unfinished, if the engine notes that
	 * @param unfinished what is unfinished
	 */
	private record Seen(MigrationTarget target, SchemaInspection inspection, @Nullable UnfinishedChangeSets changeSets,
			List<Unfinished> unfinished) {
	}

}
