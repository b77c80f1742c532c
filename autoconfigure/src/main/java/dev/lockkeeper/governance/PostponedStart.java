// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governance;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;

import dev.lockkeeper.checkpoint.ExpectedCheckpoint;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.migration.MigrationTarget;
import org.jspecify.annotations.Nullable;

/**
 * Hands schemas to the keeper: at once, or, when a checkpoint is to be taken of the
 * process, after it has been restored. Until then no database is touched, and the gate is
 * closed. An embedded database is part of the process and of its checkpoint.
 *
 * @since 0.1.0
 */
public final class PostponedStart implements BiConsumer<MigrationTarget, List<String>> {

	private final SchemaKeeper keeper;

	private final SchemaGate gate;

	private final @Nullable ExpectedCheckpoint checkpoint;

	private final List<Postponed> postponed = new CopyOnWriteArrayList<>();

	/**
	 * Create a start.
	 * @param keeper applies the mode to each schema
	 * @param gate is closed until the keeper has done that
	 * @param checkpoint the checkpoint that is to be taken, or {@code null} for none
	 */
	public PostponedStart(SchemaKeeper keeper, SchemaGate gate, @Nullable ExpectedCheckpoint checkpoint) {
		this.keeper = keeper;
		this.gate = gate;
		this.checkpoint = checkpoint;
	}

	@Override
	public void accept(MigrationTarget target, List<String> next) {
		if (this.checkpoint == null || target.isEmbedded()) {
			this.keeper.accept(target, next);
			return;
		}
		this.keeper.reportMode();
		this.checkpoint.requireHooks();
		this.gate.add(target);
		this.postponed.add(new Postponed(target, next));
	}

	/**
	 * Hand on what was postponed. May be called again after a later restore.
	 * @throws dev.lockkeeper.exit.LockkeeperException when a process that starts without
	 * a checkpoint would end for the same reason
	 */
	public void begin() {
		this.keeper.beginAgain();
		this.postponed.forEach((schema) -> this.keeper.accept(schema.target(), schema.next()));
	}

	private record Postponed(MigrationTarget target, List<String> next) {
	}

}
