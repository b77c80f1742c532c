// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import dev.lockkeeper.app.PlainApplication;
import dev.lockkeeper.postgresql.RoleSplit;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;

/**
 * Starts the applications of the tests as processes.
 */
public final class Applications {

	/**
	 * Time for a process to start on a machine that is busy, or ten times slower.
	 */
	public static final Duration START = Duration.ofMinutes(12);

	private Applications() {
	}

	public static JavaProcess.Builder plain(Path changeLog) {
		return of(PlainApplication.class, changeLog);
	}

	public static JavaProcess.Builder plain(Path changeLog, TestDatabase database) {
		return plain(changeLog).database(database);
	}

	/**
	 * Begin to describe a process whose port is known before it listens.
	 */
	public static JavaProcess.Builder plain(Path changeLog, TestDatabase database, int port) {
		return of(PlainApplication.class, "file:" + changeLog, port).database(database);
	}

	/**
	 * Begin to describe a process that defers, as a role that has what the printed grants
	 * give, and nothing more.
	 */
	public static JavaProcess.Builder deferring(Path changeLog, TestDatabase database) {
		return asApplication(plain(changeLog), database);
	}

	/**
	 * Begin to describe such a process whose port is known before it listens.
	 */
	public static JavaProcess.Builder deferring(Path changeLog, TestDatabase database, int port) {
		return asApplication(of(PlainApplication.class, "file:" + changeLog, port), database);
	}

	private static JavaProcess.Builder asApplication(JavaProcess.Builder builder, TestDatabase database) {
		String application = database.getServer().createRole("only-serves");
		String owner = database.query("SELECT current_user").get(0);
		new RoleSplit(owner, null, application, List.of("public"), "public", List.of()).toStatements()
			.forEach(database::execute);
		return builder.onKubernetes()
			.arguments("--spring.datasource.url=" + database.getPlainUrl(),
					"--spring.datasource.username=" + application, "--spring.datasource.password=only-serves");
	}

	public static JavaProcess.Builder of(Class<?> application, Path changeLog) {
		return of(application, "file:" + changeLog);
	}

	/**
	 * Begin to describe a process.
	 * @param changeLog the location of the changelog
	 */
	public static JavaProcess.Builder of(Class<?> application, String changeLog) {
		return of(application, changeLog, 0);
	}

	private static JavaProcess.Builder of(Class<?> application, String changeLog, int port) {
		return JavaProcess.ofMainClass(application.getName())
			.arguments("--server.port=" + port, "--spring.main.banner-mode=off", "--logging.level.liquibase=warn",
					"--spring.liquibase.change-log=" + changeLog,
					"--management.endpoints.web.exposure.include=health,schema");
	}

	/**
	 * Start a process that migrates and exits.
	 */
	public static JavaProcess migrateOnly(Path changeLog, TestDatabase database, String... arguments) {
		return plain(changeLog, database).arguments("--migrate-only").arguments(arguments).start();
	}

	/**
	 * Write a changelog of formatted SQL.
	 * @param file where to
	 * @param changeSets each the rest of a "changeset" line, a line break and the SQL
	 */
	public static Path changeLog(Path file, String... changeSets) {
		StringBuilder text = new StringBuilder("--liquibase formatted sql\n");
		for (String changeSet : changeSets) {
			text.append("\n--changeset ").append(changeSet).append('\n');
		}
		return write(file, text.toString());
	}

	public static Path write(Path file, String text) {
		try {
			return Files.writeString(file, text);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	public static String read(Path file) {
		try {
			return Files.readString(file);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
