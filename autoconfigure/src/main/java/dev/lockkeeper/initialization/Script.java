// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initialization;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

import dev.lockkeeper.postgresql.NamedTables;
import dev.lockkeeper.postgresql.SqlText;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.SchemaLevel;
import org.jspecify.annotations.Nullable;

/**
 * One script with what it executes.
 *
 * @param name its name
 * @param statements the statements, in the order of their execution
 */
record Script(String name, List<String> statements) {

	private static final Pattern CONTROL = Pattern
		.compile("(?i)(begin|commit|end)( work| transaction)?|start transaction");

	Script {
		statements = List.copyOf(statements);
	}

	/**
	 * Return the digest of what is executed in a schema.
	 * @param schema the schema in which a table is created that is named without one
	 */
	String digest(@Nullable String schema) {
		List<String> content = new ArrayList<>();
		content.add(String.valueOf(schema));
		this.statements.forEach((statement) -> content.add("\0" + statement));
		return SchemaLevel.of("", content).digest();
	}

	NamedTables tables() {
		return NamedTables.of(this.statements);
	}

	/**
	 * Return whether a statement only begins or ends a transaction.
	 */
	static boolean isTransactionControl(String statement) {
		return CONTROL.matcher(SqlText.of(statement).text()).matches();
	}

	ChangeSetReference toReference() {
		return new ChangeSetReference(this.name, "", "");
	}

}
