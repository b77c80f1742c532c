// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.sql.Connection;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

import dev.lockkeeper.liquibase.bean.LiquibaseAccess;
import dev.lockkeeper.liquibase.run.ChangeSetKey;
import dev.lockkeeper.schema.SchemaLevel;
import liquibase.ChecksumVersion;
import liquibase.Contexts;
import liquibase.LabelExpression;
import liquibase.Liquibase;
import liquibase.Scope;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.changelog.filter.ChangeSetFilter;
import liquibase.changelog.filter.ContextChangeSetFilter;
import liquibase.changelog.filter.DbmsChangeSetFilter;
import liquibase.changelog.filter.IgnoreChangeSetFilter;
import liquibase.changelog.filter.LabelChangeSetFilter;
import liquibase.database.Database;
import liquibase.integration.spring.SpringLiquibase;
import liquibase.precondition.Precondition;
import liquibase.precondition.PreconditionLogic;
import liquibase.precondition.core.PreconditionContainer;
import org.jspecify.annotations.Nullable;

/**
 * The changelog of one governed bean: the change sets that its code expects, in their
 * order, and the names of all that it knows. One that contexts or labels exclude is not
 * known: where it has run, another configuration has included it.
 *
 * @param changeLog the parsed changelog
 * @param expected the change sets that remain after contexts, labels and dbms
 * @param known the keys of all change sets that contexts and labels do not exclude
 * @param tag the tag at which a run ends, if the bean names one
 * @param tables the tables of the bean
 * @param level the level that the code expects
 * @param scope what Liquibase reads from its scope while it computes checksums: the
 * database, for changes that are limited to one, and where files are found
 */
record ExpectedChangeSets(DatabaseChangeLog changeLog, List<ChangeSet> expected, Set<String> known,
		@Nullable String tag, LiquibaseTables tables, SchemaLevel level, Map<String, Object> scope) {

	/**
	 * Parse the changelog. Nothing is written.
	 */
	static ExpectedChangeSets read(SpringLiquibase bean, Connection connection) throws Exception {
		Liquibase liquibase = LiquibaseAccess.createLiquibase(bean, connection);
		Database database = liquibase.getDatabase();
		Contexts contexts = new Contexts(bean.getContexts());
		LabelExpression labels = new LabelExpression(bean.getLabelFilter());
		liquibase.getChangeLogParameters().setContexts(contexts);
		liquibase.getChangeLogParameters().setLabels(labels);
		Map<String, Object> scope = new HashMap<>(ReadOnlyHistoryService.scope());
		scope.put(Scope.Attr.database.name(), database);
		scope.put(Scope.Attr.resourceAccessor.name(), liquibase.getResourceAccessor());
		DatabaseChangeLog changeLog = Scope.child(scope, liquibase::getDatabaseChangeLog);
		List<ChangeSet> meant = select(changeLog.getChangeSets(), new ContextChangeSetFilter(contexts),
				new LabelChangeSetFilter(labels));
		List<ChangeSet> expected = select(meant, new DbmsChangeSetFilter(database), new IgnoreChangeSetFilter());
		DuplicateChangeSets.refuse(expected);
		Set<String> known = meant.stream().map(ChangeSetKey::of).collect(Collectors.toUnmodifiableSet());
		LiquibaseTables tables = LiquibaseTables.of(database);
		SchemaLevel level = Scope.child(scope, () -> level(expected, tables));
		return new ExpectedChangeSets(changeLog, expected, known, bean.getTag(), tables, level, Map.copyOf(scope));
	}

	private static List<ChangeSet> select(List<ChangeSet> changeSets, ChangeSetFilter... filters) {
		return changeSets.stream()
			.filter((changeSet) -> Arrays.stream(filters).allMatch((filter) -> filter.accepts(changeSet).isAccepted()))
			.toList();
	}

	/**
	 * Return the same change sets with the tables of another schema.
	 */
	ExpectedChangeSets in(LiquibaseTables others) {
		return new ExpectedChangeSets(this.changeLog, this.expected, this.known, this.tag, others,
				new SchemaLevel(others.history(), this.level.digest()), this.scope);
	}

	/**
	 * Return whether a history has rows of these change sets. That of another product may
	 * have rows of the same names, with other checksums. To be called in their scope.
	 */
	boolean areIn(ChangeHistory history) {
		Map<String, ChangeHistory.Row> rows = new HashMap<>();
		history.rows().forEach((row) -> rows.put(row.key(), row));
		Checksums checksums = new Checksums(this.changeLog, database());
		return this.changeLog.getChangeSets().stream().anyMatch((changeSet) -> {
			ChangeHistory.Row row = rows.get(ChangeSetKey.of(changeSet));
			return row != null && (changeSet.shouldRunOnChange() || changeSet.shouldAlwaysRun()
					|| checksums.isValid(changeSet, row));
		});
	}

	/**
	 * Return the id and author of each change set that is not in a history.
	 * @return their keys; {@code null} when a path makes one ambiguous
	 */
	@Nullable List<String> absentFrom(ChangeHistory history) {
		Set<String> rows = history.rows().stream().map(ChangeHistory.Row::key).collect(Collectors.toSet());
		List<String> absent = this.known.stream().filter((key) -> !rows.contains(key)).toList();
		if (absent.stream().anyMatch((key) -> key.split("::", -1).length != 3)) {
			return null;
		}
		return absent.stream().map((key) -> key.substring(key.indexOf("::") + 2)).sorted().distinct().toList();
	}

	/**
	 * Return whether something is to be judged before anything is executed.
	 */
	boolean hasPreconditions() {
		PreconditionContainer preconditions = this.changeLog.getPreconditions();
		return preconditions != null && judges(preconditions);
	}

	// Each included file has a list of its own, which may be empty
	private static boolean judges(Precondition precondition) {
		return !(precondition instanceof PreconditionLogic several)
				|| several.getNestedPreconditions().stream().anyMatch(ExpectedChangeSets::judges);
	}

	/**
	 * Return whether a change set runs at every start.
	 */
	boolean alwaysRuns() {
		return this.expected.stream().anyMatch(ChangeSet::shouldAlwaysRun);
	}

	/**
	 * Return the database for which Liquibase has read the changelog. Its connection may
	 * have been closed since then.
	 */
	Database database() {
		return (Database) Objects.requireNonNull(this.scope.get(Scope.Attr.database.name()));
	}

	// Computed before anything is compared: a comparison with checksums of older
	// releases may change those that Liquibase computes
	private static SchemaLevel level(List<ChangeSet> expected, LiquibaseTables tables) {
		return SchemaLevel.of(tables.history(),
				expected.stream()
					.map((changeSet) -> "%s=%s%n".formatted(ChangeSetKey.of(changeSet),
							Checksums.of(changeSet, ChecksumVersion.latest())))
					.toList());
	}

}
