// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

import liquibase.Contexts;
import liquibase.LabelExpression;
import liquibase.Liquibase;
import liquibase.change.core.TagDatabaseChange;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.changelog.filter.ChangeSetFilter;
import liquibase.changelog.filter.ContextChangeSetFilter;
import liquibase.changelog.filter.DbmsChangeSetFilter;
import liquibase.changelog.filter.IgnoreChangeSetFilter;
import liquibase.changelog.filter.LabelChangeSetFilter;
import liquibase.database.Database;
import liquibase.exception.LiquibaseException;
import liquibase.integration.spring.SpringLiquibase;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * The changelog of one governed bean: the change sets that its code expects, in their
 * order, and the names of all that it knows.
 *
 * @param changeLog the parsed changelog
 * @param expected the change sets that are left after contexts, labels, dbms and tag
 * @param known the keys of all change sets, whatever they are filtered by
 * @param tables the tables of the bean
 */
record ExpectedChangeSets(DatabaseChangeLog changeLog, List<ChangeSet> expected, Set<String> known,
		LiquibaseTables tables) {

	/**
	 * Parse the changelog. Nothing is written.
	 */
	static ExpectedChangeSets read(SpringLiquibase bean, Connection connection) throws LiquibaseException {
		Liquibase liquibase = LiquibaseAccess.createLiquibase(bean, connection);
		Database database = liquibase.getDatabase();
		Contexts contexts = new Contexts(bean.getContexts());
		LabelExpression labels = new LabelExpression(bean.getLabelFilter());
		liquibase.getChangeLogParameters().setContexts(contexts);
		liquibase.getChangeLogParameters().setLabels(labels);
		DatabaseChangeLog changeLog = liquibase.getDatabaseChangeLog();
		List<ChangeSetFilter> filters = List.of(new ContextChangeSetFilter(contexts), new LabelChangeSetFilter(labels),
				new DbmsChangeSetFilter(database), new IgnoreChangeSetFilter());
		List<ChangeSet> expected = new ArrayList<>();
		for (ChangeSet changeSet : changeLog.getChangeSets()) {
			if (filters.stream().allMatch((filter) -> filter.accepts(changeSet).isAccepted())) {
				expected.add(changeSet);
			}
			if (setsTag(changeSet, bean.getTag())) {
				break;
			}
		}
		Set<String> known = changeLog.getChangeSets()
			.stream()
			.map(ExpectedChangeSets::key)
			.collect(Collectors.toUnmodifiableSet());
		return new ExpectedChangeSets(changeLog, List.copyOf(expected), known, LiquibaseTables.of(database));
	}

	/**
	 * Return whether a change set runs at every start.
	 */
	boolean alwaysRuns() {
		return this.expected.stream().anyMatch(ChangeSet::shouldAlwaysRun);
	}

	static String key(ChangeSet changeSet) {
		return key(changeSet.getFilePath(), changeSet.getId(), changeSet.getAuthor());
	}

	/**
	 * Return what Liquibase compares change sets by: without regard to case, and to the
	 * ways in which it has spelt paths over time.
	 */
	static String key(@Nullable String file, String id, String author) {
		return (DatabaseChangeLog.normalizePath(file) + "::" + id + "::" + author).toLowerCase(Locale.ROOT);
	}

	private static boolean setsTag(ChangeSet changeSet, @Nullable String tag) {
		return StringUtils.hasText(tag) && changeSet.getChanges()
			.stream()
			.anyMatch((change) -> change instanceof TagDatabaseChange tagging && tag.equals(tagging.getTag()));
	}

}
