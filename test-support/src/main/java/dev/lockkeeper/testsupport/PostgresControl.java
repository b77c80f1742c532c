// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.testsupport;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import io.zonky.test.db.postgres.util.LinuxUtils;

/**
 * Starts servers with {@code pg_ctl}.
 *
 * @param program the program
 */
record PostgresControl(Path program) {

	/**
	 * Find the program of a server that runs.
	 * @param server the process of the server
	 */
	static PostgresControl of(ProcessHandle server) {
		return new PostgresControl(Path.of(server.info().command().orElseThrow()).resolveSibling("pg_ctl"));
	}

	/**
	 * Have a server start, and return when it answers.
	 * @param action what to do: {@code start} or {@code restart}
	 * @param directory the data directory
	 * @param arguments the rest of the command
	 */
	void start(String action, Path directory, String... arguments) {
		List<String> command = new ArrayList<>();
		if (LinuxUtils.isUnshareAvailable()) {
			// As the embedded server is started: it refuses to run as root
			command.addAll(List.of("unshare", "-U"));
		}
		Path log = directory.resolve(action + "ed.log");
		command.addAll(List.of(this.program.toString(), action, "-D", directory.toString(), "-w", "-t", "60", "-l",
				log.toString()));
		command.addAll(List.of(arguments));
		Path output = directory.resolve(action + ".log");
		try {
			Process process = new ProcessBuilder(command).redirectErrorStream(true)
				.redirectOutput(output.toFile())
				.start();
			if (!process.waitFor(2, TimeUnit.MINUTES) || process.exitValue() != 0) {
				throw new IllegalStateException(
						"The server did not %s: %s".formatted(action, Files.readString(output)));
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

}
