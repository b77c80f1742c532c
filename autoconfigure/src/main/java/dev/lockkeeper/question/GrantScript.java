// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.question;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

import dev.lockkeeper.answer.StandardOutput;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.migration.MigrationTarget;
import dev.lockkeeper.migration.Migrator;
import dev.lockkeeper.migration.SchemaTask;
import dev.lockkeeper.wording.Plural;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Answers which SQL gives the role of the application its rights and no others: a script
 * for {@code psql}, written as a whole or not at all. Not safe for use by several
 * threads.
 *
 * @since 0.1.0
 */
public final class GrantScript implements SchemaTask {

	private static final Log logger = LogFactory.getLog(GrantScript.class);

	private final Migrator migrator;

	private final boolean connected;

	private final Set<String> statements = new LinkedHashSet<>();

	private int schemas;

	/**
	 * Create a script.
	 * @param migrator waits for the databases
	 * @param connected whether each database is asked what is missing; otherwise the
	 * script is complete
	 */
	public GrantScript(Migrator migrator, boolean connected) {
		this.migrator = migrator;
		this.connected = connected;
	}

	/**
	 * Ask for the statements of a schema.
	 * @param target the schema
	 */
	@Override
	public void handle(MigrationTarget target) {
		List<String> found = null;
		if (!target.isEmbedded()) {
			found = this.connected
					? this.migrator.ask(target, () -> Optional.ofNullable(target.findGrants(true))).orElse(null)
					: target.findGrants(false);
		}
		if (found == null) {
			logger.info("lockkeeper - left out of the answer (bean %s: its database is not PostgreSQL)"
				.formatted(target.getName()));
			return;
		}
		this.schemas++;
		this.statements.addAll(found);
	}

	/**
	 * Write the script.
	 * @return how the process ends, or {@code null} when there was no schema of which it
	 * could be
	 */
	@Override
	public @Nullable Verdict finish() {
		if (this.schemas == 0) {
			return null;
		}
		StandardOutput.write(toText());
		return Verdict.of(ExitStatus.DONE,
				"The rights of %s were written.".formatted(Plural.inWords(this.schemas, "schema")), null);
	}

	private String toText() {
		StringBuilder text = new StringBuilder();
		text.append(this.connected ? "-- The rights that are missing, as the database is now.\n"
				: "-- All rights, for the names in the settings. No database was asked.\n");
		text.append("-- To be executed by a superuser: psql -v ON_ERROR_STOP=1\n");
		if (this.statements.isEmpty()) {
			text.append("-- Nothing is missing.\n");
		}
		this.statements.forEach((statement) -> text.append(statement).append(";\n"));
		return text.toString();
	}

}
