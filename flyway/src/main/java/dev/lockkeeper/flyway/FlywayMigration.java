// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import java.util.List;

import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.transaction.ChangeSetComment;
import dev.lockkeeper.transaction.RunningChange;
import dev.lockkeeper.transaction.RunningChangeSet;
import org.flywaydb.core.api.MigrationInfo;
import org.jspecify.annotations.Nullable;

/**
 * A migration that Flyway executes.
 *
 * @param info what Flyway knows of it
 * @param oneTransaction whether Flyway executes it in a transaction
 * @param comments the comments in its file
 */
record FlywayMigration(MigrationInfo info, boolean oneTransaction,
		List<ChangeSetComment> comments) implements RunningChangeSet {

	static RunningChange toChange(MigrationInfo info) {
		String type = info.getType().name();
		return new RunningChange(type, !type.startsWith("SQL"));
	}

	private String type() {
		return this.info.getType().name();
	}

	@Override
	public ChangeSetReference getReference() {
		return Migrations.reference(this.info);
	}

	@Override
	public boolean isOneTransaction() {
		return this.oneTransaction;
	}

	@Override
	public String getChecksum() {
		return String.valueOf(this.info.getResolvedChecksum());
	}

	@Override
	public @Nullable String getExecutor() {
		return type().startsWith("SCRIPT") ? "a script" : null;
	}

	@Override
	public List<ChangeSetComment> getComments() {
		return this.comments;
	}

	@Override
	public boolean recordsFailure() {
		return true;
	}

	@Override
	public boolean isSkipped() {
		return false;
	}

	@Override
	public boolean hasFailed() {
		return false;
	}

}
