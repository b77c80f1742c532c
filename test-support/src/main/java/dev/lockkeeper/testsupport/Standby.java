// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.testsupport;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import java.util.function.BiFunction;

import org.postgresql.Driver;
import org.postgresql.PGProperty;

/**
 * Makes a standby of a server that goes on working meanwhile. The embedded binaries have
 * no {@code pg_basebackup}; the server is put into backup mode, and its files are copied.
 */
final class Standby {

	private Standby() {
	}

	static TestPostgres start(PostgresControl control, Path primary, String url,
			BiFunction<Path, String, TestPostgres> opener) {
		try {
			Path directory = Files.createTempDirectory("lockkeeper-standby");
			copy(primary, directory, url);
			Properties address = Driver.parseURL(url, null);
			int port = Http.freePort();
			Files.createFile(directory.resolve("standby.signal"));
			Files.writeString(directory.resolve("postgresql.auto.conf"),
					"primary_conninfo = 'host=%s port=%s user=postgres'%n"
						.formatted(PGProperty.PG_HOST.getOrDefault(address), PGProperty.PG_PORT.getOrDefault(address)),
					StandardOpenOption.CREATE, StandardOpenOption.APPEND);
			control.start("start", directory, "-o", "-p %d -F -c max_connections=300 -c timezone=UTC".formatted(port));
			return opener.apply(directory, url.replaceFirst(":\\d+/", ":" + port + "/"));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static void copy(Path source, Path target, String url) throws IOException, SQLException {
		try (Connection connection = DriverManager.getConnection(url);
				Statement statement = connection.createStatement()) {
			statement.execute("SELECT pg_backup_start('standby', true)");
			Files.walkFileTree(source, new Copying(source, target));
			try (ResultSet rows = statement.executeQuery("SELECT labelfile FROM pg_backup_stop(false)")) {
				rows.next();
				Files.writeString(target.resolve("backup_label"), rows.getString(1));
			}
		}
	}

	/**
	 * Copies a directory whose files come and go.
	 */
	private static final class Copying extends SimpleFileVisitor<Path> {

		private final Path source;

		private final Path target;

		private Copying(Path source, Path target) {
			this.source = source;
			this.target = target;
		}

		@Override
		public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) throws IOException {
			Path copy = this.target.resolve(this.source.relativize(directory));
			if (!copy.equals(this.target.resolve(""))) {
				Files.copy(directory, copy, StandardCopyOption.COPY_ATTRIBUTES);
			}
			return FileVisitResult.CONTINUE;
		}

		@Override
		public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
			if (file.getFileName().toString().startsWith("postmaster.")) {
				return FileVisitResult.CONTINUE;
			}
			try {
				Files.copy(file, this.target.resolve(this.source.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
			}
			catch (NoSuchFileException ex) {
				// It was temporary
			}
			return FileVisitResult.CONTINUE;
		}

		@Override
		public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
			if (failure instanceof NoSuchFileException) {
				return FileVisitResult.CONTINUE;
			}
			throw failure;
		}

	}

}
