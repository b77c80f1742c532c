// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;

import dev.lockkeeper.postgresql.SqlText;
import dev.lockkeeper.transaction.ChangeSetComment;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.ResourceProvider;
import org.flywaydb.core.api.configuration.Configuration;
import org.flywaydb.core.api.resource.LoadableResource;
import org.jspecify.annotations.Nullable;

/**
 * The comments in the files of migrations. The files are found as Flyway finds them, once
 * the first one is read.
 */
final class FileComments {

	private static final int PART = 8192;

	private static final Predicate<String> FOR_LOCKKEEPER = Pattern.compile("(?i)lockkeeper:").asPredicate();

	private final Configuration configuration;

	private @Nullable ResourceProvider resources;

	FileComments(Configuration configuration) {
		this.configuration = configuration;
	}

	/**
	 * Read the comments in the file of a migration.
	 * @return those before its first statement, and the lines for Lockkeeper after that;
	 * none for a migration that is no file with SQL
	 */
	List<ChangeSetComment> read(MigrationInfo migration) {
		LoadableResource file = migration.getType().name().startsWith("SQL")
				? getResources().getResource(migration.getScript()) : null;
		if (file == null) {
			return List.of();
		}
		try (BufferedReader reader = new BufferedReader(file.read())) {
			return read(reader);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static List<ChangeSetComment> read(BufferedReader reader) throws IOException {
		StringBuilder text = new StringBuilder();
		char[] part = new char[PART];
		int count = 0;
		// The last character may be the first half of the beginning of a comment
		while (count >= 0 && SqlText.endOfHead(text.toString()) >= text.length() - 1) {
			text.append(part, 0, count);
			count = reader.read(part);
		}
		text.append(part, 0, Math.max(count, 0));
		String line = reader.readLine();
		text.append((line != null) ? line : "");
		reader.lines().filter(FOR_LOCKKEEPER).forEach((further) -> text.append('\n').append(further));
		return ChangeSetComment.in(text.toString());
	}

	private ResourceProvider getResources() {
		ResourceProvider found = this.resources;
		if (found == null) {
			found = MigrationResources.of(this.configuration);
			this.resources = found;
		}
		return found;
	}

}
