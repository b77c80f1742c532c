// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.repair;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

import dev.lockkeeper.exit.ShellWord;
import dev.lockkeeper.exit.UsageException;
import dev.lockkeeper.migration.MigrationTarget;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Which of the schemas of a process a command is about: all of them, or the one that the
 * operator names. One whose database lives inside the process is left out: no other
 * process works in it.
 */
final class SchemaChoice {

	private static final Log logger = LogFactory.getLog(SchemaChoice.class);

	private final @Nullable String name;

	private final List<String> others = new ArrayList<>();

	private boolean met;

	/**
	 * Create a choice.
	 * @param name the name of the only schema that is meant; {@code null} for all of them
	 */
	SchemaChoice(@Nullable String name) {
		this.name = name;
	}

	/**
	 * Return whether a schema is meant.
	 */
	boolean includes(MigrationTarget target) {
		if (target.isEmbedded()) {
			logger.info("lockkeeper - left out (bean %s: its database lives inside this process)"
				.formatted(target.getName()));
			return false;
		}
		boolean meant = this.name == null || this.name.equals(target.getName());
		this.met |= meant;
		if (!meant) {
			this.others.add(target.getName());
		}
		return meant;
	}

	/**
	 * Return whether there was a schema, once each was offered.
	 * @return whether there was
	 * @throws UsageException when none of those that there were was meant
	 */
	boolean hasSchema() {
		if (this.met || this.others.isEmpty()) {
			return this.met;
		}
		throw new UsageException("There is no schema %s.".formatted(this.name),
				"Use --schema=%s.".formatted(alternatives(this.others)));
	}

	/**
	 * Refuse what several schemas have.
	 * @param what what they have, the beginning of a sentence
	 * @param names the names of the schemas
	 * @throws UsageException when there is more than one
	 */
	static void requireOne(String what, List<String> names) {
		if (names.size() > 1) {
			throw new UsageException("%s in %d schemas: %s.".formatted(what, names.size(), String.join(", ", names)),
					"Add --schema=%s.".formatted(alternatives(names)));
		}
	}

	private static String alternatives(List<String> names) {
		return names.stream().map(ShellWord::quote).collect(Collectors.joining(" or --schema="));
	}

}
