// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initialization;

import java.util.List;
import java.util.stream.Collectors;

import dev.lockkeeper.postgresql.SqlText;

/**
 * The SQL of scripts, for the command line client of the database.
 */
final class ScriptPreview {

	private ScriptPreview() {
	}

	static String of(ScriptInitializer initializer, List<Script> scripts, Place place) {
		StringBuilder sql = new StringBuilder();
		if (scripts.isEmpty()) {
			return "";
		}
		sql.append("-- Scripts of bean %s. The run records them in a table of Lockkeeper; this text does not.%n"
			.formatted(initializer.getName()));
		if (place.other()) {
			sql.append("SET search_path TO %s;%n"
				.formatted(place.schemas().stream().map(SqlText::identifier).collect(Collectors.joining(", "))));
		}
		for (Script script : scripts) {
			sql.append("%n-- %s%n".formatted(script.name()));
			script.statements()
				.stream()
				.filter((statement) -> initializer.isRepeated() || !Script.isTransactionControl(statement))
				.forEach((statement) -> sql.append(statement).append(System.lineSeparator()).append(";%n".formatted()));
		}
		if (place.other()) {
			sql.append("RESET search_path;%n".formatted());
		}
		return sql.toString();
	}

}
