// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.repair;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

import dev.lockkeeper.answer.StandardOutput;
import dev.lockkeeper.exit.CommandAdvice;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.lock.LockRemains;
import dev.lockkeeper.lock.LockRemains.Outcome;
import dev.lockkeeper.lock.MigrationLocks;
import dev.lockkeeper.migration.MigrationTarget;
import dev.lockkeeper.migration.Migrator;
import dev.lockkeeper.migration.ReleasableLock;
import dev.lockkeeper.migration.ReleasableLock.Held;
import dev.lockkeeper.migration.SchemaTask;
import dev.lockkeeper.wording.Plural;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * Releases what dead processes hold of the locks of each schema. What is not proved to be
 * held by a dead process stays, unless the operator names its holder. The answer has the
 * outcome for each lock.
 *
 * @since 0.1.0
 */
public final class LockRelease implements SchemaTask {

	private static final Log logger = LogFactory.getLog(LockRelease.class);

	private final Migrator migrator;

	private final MigrationLocks locks;

	private final @Nullable String word;

	private final SchemaChoice choice;

	private final List<MigrationTarget> meant = new ArrayList<>();

	private final StringBuilder answer = new StringBuilder();

	private final List<LockKeptException> kept = new ArrayList<>();

	private int released;

	/**
	 * Create a release.
	 * @param migrator waits for the databases
	 * @param locks where the leases are
	 * @param word the holder of the changelog lock that is dead according to the
	 * operator; empty when the operator names none
	 * @param schema the name of the only schema that is meant; {@code null} for all of
	 * them
	 */
	public LockRelease(Migrator migrator, MigrationLocks locks, String word, @Nullable String schema) {
		this.migrator = migrator;
		this.locks = locks;
		this.word = word.isEmpty() ? null : word;
		this.choice = new SchemaChoice(schema);
	}

	/**
	 * Release the locks of a schema, if it is meant. When the operator names a holder,
	 * all schemas are inspected before any lock is released.
	 * @param target the schema
	 */
	@Override
	public void handle(MigrationTarget target) {
		if (!this.choice.includes(target)) {
			return;
		}
		this.migrator.inspect(target);
		if (this.word == null) {
			release(target);
		}
		else {
			this.meant.add(target);
		}
	}

	// The name is that of a host, and several processes of it may migrate several schemas
	private boolean isHeldByNamed(MigrationTarget target) {
		try {
			ReleasableLock lock = target.getReleasableLock();
			Held held = (lock != null) ? lock.findHeld() : null;
			return held != null && held.run() == null && held.holder().equals(this.word);
		}
		catch (SQLException ex) {
			throw RepairFailedException.of(target, ex);
		}
	}

	private void release(MigrationTarget target) {
		line(this.answer, "schema", target.getName());
		try {
			releaseBoth(target);
		}
		catch (SQLException ex) {
			throw RepairFailedException.of(target, ex);
		}
	}

	private void releaseBoth(MigrationTarget target) throws SQLException {
		LockRemains lease = this.locks.at(target.getLockAddress()).releaseDead();
		report(target, "lease", lease.outcome(), lease.facts());
		if (lease.outcome() == Outcome.KEPT) {
			this.kept.add(new LockKeptException(target.getName(), "lease", lease.facts(),
					"End that process or its session, then start this one again; or wait: the lease of a dead "
							+ "process ends by itself."));
		}
		ReleasableLock lock = target.getReleasableLock();
		if (lock == null) {
			return;
		}
		Held held = lock.findHeld();
		String name = target.getWords().lock();
		if (held == null) {
			report(target, name, Outcome.FREE, "no process holds it");
		}
		else if (!isDead(held, lease)) {
			keep(target, lock, held);
		}
		else if (lock.release(held)) {
			report(target, name, Outcome.RELEASED, held.facts());
		}
		else {
			throw new LockKeptException(target.getName(), name, "another process has taken or released it meanwhile",
					"Start this process again.");
		}
	}

	// A governed run is dead when its session is gone; for a process that is not governed
	// only the operator can know
	private boolean isDead(Held held, LockRemains lease) {
		if (held.run() == null) {
			return held.holder().equals(this.word);
		}
		return lease.outcome() != Outcome.KEPT || !held.run().equals(lease.holder());
	}

	private void keep(MigrationTarget target, ReleasableLock lock, Held held) {
		String name = target.getWords().lock();
		report(target, name, Outcome.KEPT, held.facts());
		String facts = (this.word != null && held.run() == null)
				? "%s, and not by '%s'".formatted(held.facts(), this.word) : held.facts();
		String action = (held.run() != null) ? "End that process or its session, then start this one again."
				: release(lock, held.holder());
		this.kept.add(new LockKeptException(target.getName(), name, facts, action));
	}

	private static String release(ReleasableLock lock, String holder) {
		return holder.isBlank()
				? "This lock names no holder whose death you could assert. " + lock.getAdviceWithoutHolder()
				: "Nothing proves that this process is dead. If you know that it is, release its lock by its name: "
						+ CommandAdvice.releaseLock(holder);
	}

	private void report(MigrationTarget target, String lock, Outcome outcome, String facts) {
		String what = switch (outcome) {
			case FREE -> "free";
			case RELEASED -> "released";
			case KEPT -> "kept";
		};
		line(this.answer, lock, "%s (%s)".formatted(what, facts));
		if (outcome == Outcome.RELEASED) {
			this.released++;
			logger.info("lockkeeper - released the %s (schema %s, %s)".formatted(lock, target.getName(), facts));
		}
	}

	private static void line(StringBuilder text, String key, String value) {
		text.append("%-16s%s%n".formatted(key + ":", value));
	}

	@Override
	public @Nullable Verdict finish() {
		if (!this.choice.hasSchema()) {
			return null;
		}
		List<MigrationTarget> held = this.meant.stream().filter(this::isHeldByNamed).toList();
		if (!held.isEmpty()) {
			SchemaChoice.requireOne("%s holds the %s".formatted(this.word, held.get(0).getWords().lock()),
					held.stream().map(MigrationTarget::getName).toList());
		}
		this.meant.forEach(this::release);
		StandardOutput.write(this.answer.toString());
		if (!this.kept.isEmpty()) {
			throw this.kept.get(this.kept.size() - 1);
		}
		return Verdict.of(ExitStatus.DONE,
				(this.released == 0) ? "No lock was held."
						: "%s %s released.".formatted(StringUtils.capitalize(Plural.inWords(this.released, "lock")),
								Plural.of(this.released, "was", "were")),
				null);
	}

}
