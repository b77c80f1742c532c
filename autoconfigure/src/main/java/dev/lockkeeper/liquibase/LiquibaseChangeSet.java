// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.util.ArrayList;
import java.util.List;

import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.transaction.ChangeSetComment;
import dev.lockkeeper.transaction.ChangeSetComment.Place;
import dev.lockkeeper.transaction.RunningChange;
import dev.lockkeeper.transaction.RunningChangeSet;
import liquibase.ChecksumVersion;
import liquibase.change.AbstractSQLChange;
import liquibase.change.Change;
import liquibase.change.core.ExecuteShellCommandChange;
import liquibase.change.custom.CustomChangeWrapper;
import liquibase.change.custom.CustomSqlChange;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.ChangeSet.ExecType;
import liquibase.exception.UnexpectedLiquibaseException;
import liquibase.precondition.core.PreconditionContainer;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * A change set that Liquibase runs.
 */
final class LiquibaseChangeSet implements RunningChangeSet {

	private final ChangeSet changeSet;

	private final ChangeSetReference reference;

	private final PassedOverComments passedOver;

	private @Nullable PreconditionContainer removed;

	LiquibaseChangeSet(ChangeSet changeSet, PassedOverComments passedOver) {
		this.changeSet = changeSet;
		this.passedOver = passedOver;
		this.reference = new ChangeSetReference(changeSet.getId(), changeSet.getAuthor(), changeSet.getFilePath());
	}

	/**
	 * Describe a change of a change set.
	 */
	static RunningChange describe(Change change) {
		return new RunningChange(change.getSerializedObjectName(), worksElsewhere(change));
	}

	private static boolean worksElsewhere(Change change) {
		return change instanceof ExecuteShellCommandChange || (change instanceof CustomChangeWrapper custom
				&& !(custom.getCustomChange() instanceof CustomSqlChange));
	}

	@Override
	public ChangeSetReference getReference() {
		return this.reference;
	}

	@Override
	public boolean isOneTransaction() {
		return this.changeSet.isRunInTransaction();
	}

	@Override
	public String getChecksum() {
		return String.valueOf(this.changeSet.generateCheckSum(ChecksumVersion.latest()));
	}

	@Override
	public List<ChangeSetComment> getComments() {
		List<ChangeSetComment> comments = new ArrayList<>();
		this.passedOver.of(this.changeSet)
			.forEach((text) -> comments.add(new ChangeSetComment(text, Place.PASSED_OVER)));
		this.changeSet.getChanges().forEach((change) -> comments.addAll(ChangeSetComment.in(sqlOf(change))));
		if (this.changeSet.getComments() != null) {
			comments.add(new ChangeSetComment(this.changeSet.getComments(), Place.BESIDE));
		}
		return comments;
	}

	private static String sqlOf(Change change) {
		try {
			String sql = (change instanceof AbstractSQLChange written) ? written.getSql() : null;
			return (sql != null) ? sql : "";
		}
		catch (UnexpectedLiquibaseException ex) {
			// Liquibase reports it when it executes the change
			return "";
		}
	}

	@Override
	public @Nullable String getExecutor() {
		String executor = this.changeSet.getRunWith();
		return (StringUtils.hasText(executor) && !"jdbc".equalsIgnoreCase(executor)) ? executor : null;
	}

	@Override
	public boolean isSkipped() {
		return this.changeSet.getExecType() == ExecType.SKIPPED;
	}

	@Override
	public boolean hasFailed() {
		return this.changeSet.getExecType() == ExecType.FAILED;
	}

	@Override
	public void removePreconditions() {
		this.removed = this.changeSet.getPreconditions();
		this.changeSet.setPreconditions(null);
	}

	@Override
	public void restorePreconditions() {
		if (this.removed != null) {
			this.changeSet.setPreconditions(this.removed);
			this.removed = null;
		}
	}

}
