// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;

import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.ResourceProvider;
import org.flywaydb.core.api.configuration.Configuration;
import org.flywaydb.core.api.resource.LoadableResource;
import org.jspecify.annotations.Nullable;

/**
 * The comments with which the files of migrations begin. The files are found as Flyway
 * finds them, once the first one is read.
 */
final class FileComments {

	private final Configuration configuration;

	private @Nullable ResourceProvider resources;

	FileComments(Configuration configuration) {
		this.configuration = configuration;
	}

	/**
	 * Read the comments with which the file of a migration begins.
	 * @return its lines up to the first statement; empty when it has none, and for a
	 * migration that is no file with SQL
	 */
	String read(MigrationInfo migration) {
		LoadableResource file = migration.getType().name().startsWith("SQL")
				? getResources().getResource(migration.getScript()) : null;
		if (file == null) {
			return "";
		}
		try (BufferedReader reader = new BufferedReader(file.read())) {
			return readHead(reader);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static String readHead(BufferedReader reader) throws IOException {
		StringBuilder head = new StringBuilder();
		boolean block = false;
		String line = reader.readLine();
		while (line != null) {
			String text = line.strip();
			block |= text.startsWith("/*");
			if (!block && !text.isEmpty() && !text.startsWith("--")) {
				break;
			}
			head.append(text).append('\n');
			block &= !text.contains("*/");
			line = reader.readLine();
		}
		return head.toString();
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
