// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

import liquibase.change.AbstractSQLChange;
import liquibase.change.Change;
import liquibase.change.core.ExecuteShellCommandChange;
import liquibase.change.custom.CustomChangeWrapper;
import liquibase.changelog.ChangeSet;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The schemas of a database that pending change sets of this process would create. That
 * one of them does not exist is no mistake yet.
 */
final class PlannedSchemas {

	private static final Log logger = LogFactory.getLog(PlannedSchemas.class);

	/**
	 * The changelogs that are not applied yet, by data source and bean.
	 */
	private final Map<Object, Map<String, ExpectedChangeSets>> pending = new ConcurrentHashMap<>();

	/**
	 * Note that a changelog is applied.
	 */
	void applied(Object source, String bean) {
		this.pending.getOrDefault(source, new ConcurrentHashMap<>()).remove(bean);
	}

	/**
	 * Note what an inspection has found.
	 */
	void seen(Object source, String bean, ExpectedChangeSets code, boolean applied) {
		Map<String, ExpectedChangeSets> beans = this.pending.computeIfAbsent(source,
				(key) -> new ConcurrentHashMap<>());
		if (applied) {
			beans.remove(bean);
		}
		else {
			beans.put(bean, code);
		}
	}

	/**
	 * Return whether a pending change set of another bean may create a schema.
	 */
	boolean mayCome(Object source, String bean, String schema) {
		return this.pending.getOrDefault(source, Map.of())
			.entrySet()
			.stream()
			.anyMatch((entry) -> !entry.getKey().equals(bean) && mayCreate(entry.getValue().expected(), schema));
	}

	/**
	 * Return whether one of some change sets may create a schema.
	 */
	static boolean mayCreate(Collection<ChangeSet> changeSets, String schema) {
		Pattern creation = Pattern.compile("\\bcreate\\s+schema\\b[^;]*\\b" + Pattern.quote(schema) + "\\b",
				Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);
		return changeSets.stream()
			.flatMap((changeSet) -> changeSet.getChanges().stream())
			.anyMatch((change) -> mayCreate(change, creation));
	}

	private static boolean mayCreate(Change change, Pattern creation) {
		if (change instanceof AbstractSQLChange sql) {
			String text = textOf(sql);
			return text == null || creation.matcher(text).find();
		}
		return change instanceof CustomChangeWrapper || change instanceof ExecuteShellCommandChange;
	}

	private static @Nullable String textOf(AbstractSQLChange change) {
		try {
			return change.getSql();
		}
		catch (RuntimeException ex) {
			logger.debug("lockkeeper - the SQL of a change could not be read", ex);
			return null;
		}
	}

}
