// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.testsupport;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.postgresql.Driver;
import org.postgresql.PGProperty;

/**
 * A real PgBouncer in front of one database, on the loopback interface alone. Every
 * client that connects to it is the superuser there. Closing it ends its process.
 */
public final class PgBouncer implements AutoCloseable {

	private static final int ATTEMPTS = 5;

	private final Process process;

	private final Path directory;

	private final int port;

	private final String database;

	private PgBouncer(Process process, Path directory, int port, String database) {
		this.process = process;
		this.directory = directory;
		this.port = port;
		this.database = database;
	}

	/**
	 * Find the program.
	 * @return where it is, or nothing when it is not installed
	 */
	public static Optional<Path> findProgram() {
		Stream<String> path = Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator));
		return Stream.concat(path, Stream.of("/usr/sbin"))
			.filter((directory) -> !directory.isBlank())
			.map((directory) -> Path.of(directory, "pgbouncer"))
			.filter(Files::isExecutable)
			.findFirst();
	}

	/**
	 * Start one.
	 * @param database where it leads to
	 * @param mode when a backend goes back to the pool
	 * @param size how many backends it has at most
	 * @return the pooler; the caller closes it
	 */
	public static PgBouncer start(TestDatabase database, Mode mode, int size) {
		Path program = findProgram().orElseThrow(() -> new IllegalStateException("pgbouncer is not installed"));
		for (int attempt = 1;; attempt++) {
			PgBouncer started = launch(program, database, mode, size);
			if (started.answers()) {
				return started;
			}
			String log = started.log();
			started.close();
			// Another process may have been faster to take the port
			if (attempt == ATTEMPTS || !log.contains("in use")) {
				throw new IllegalStateException("pgbouncer has not started: " + log);
			}
		}
	}

	private static PgBouncer launch(Path program, TestDatabase database, Mode mode, int size) {
		try {
			Path directory = Files.createTempDirectory("lockkeeper-pgbouncer");
			int port = Http.freePort();
			Path configuration = Files.writeString(directory.resolve("pgbouncer.ini"), """
					[databases]
					%s = %s
					[pgbouncer]
					listen_addr = 127.0.0.1
					listen_port = %d
					unix_socket_dir =
					auth_type = any
					pool_mode = %s
					default_pool_size = %d
					max_client_conn = 200
					ignore_startup_parameters = extra_float_digits
					""".formatted(database.getName(), target(database), port, mode.name().toLowerCase(Locale.ROOT),
					size));
			List<String> command = new ArrayList<>(List.of(program.toString()));
			if ("root".equals(System.getProperty("user.name"))) {
				// As which it refuses to run
				command.add("--user=nobody");
			}
			command.add(configuration.toString());
			Process process = new ProcessBuilder(command).redirectErrorStream(true)
				.redirectOutput(directory.resolve("pgbouncer.log").toFile())
				.start();
			return new PgBouncer(process, directory, port, database.getName());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static String target(TestDatabase database) {
		Properties properties = Driver.parseURL(database.getUrl(), new Properties());
		if (properties == null) {
			throw new IllegalStateException("Not a URL of PostgreSQL");
		}
		StringBuilder target = new StringBuilder("host=%s port=%s dbname=%s user=%s".formatted(
				PGProperty.PG_HOST.getOrDefault(properties), PGProperty.PG_PORT.getOrDefault(properties),
				database.getName(), PGProperty.USER.getOrDefault(properties)));
		String password = PGProperty.PASSWORD.getOrDefault(properties);
		if (password != null) {
			target.append(" password='").append(password.replace("'", "''")).append('\'');
		}
		return target.toString();
	}

	private boolean answers() {
		Awaitility.await("pgbouncer")
			.atMost(Duration.ofSeconds(30))
			.pollInterval(Duration.ofMillis(20))
			.until(() -> !this.process.isAlive() || accepts());
		return this.process.isAlive();
	}

	private boolean accepts() {
		try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), this.port)) {
			return socket.isConnected();
		}
		catch (IOException ex) {
			return false;
		}
	}

	private String log() {
		try {
			return Files.readString(this.directory.resolve("pgbouncer.log"));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Return the JDBC URL of the database behind the pooler.
	 * @return the URL
	 */
	public String getUrl() {
		return "jdbc:postgresql://127.0.0.1:%d/%s?user=anybody".formatted(this.port, this.database);
	}

	@Override
	public void close() {
		this.process.destroy();
		try {
			if (!this.process.waitFor(10, TimeUnit.SECONDS)) {
				this.process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * When a backend goes back to the pool.
	 */
	public enum Mode {

		/**
		 * When the client leaves.
		 */
		SESSION,

		/**
		 * At the end of each transaction.
		 */
		TRANSACTION,

		/**
		 * At the end of each statement; there are no transactions of several.
		 */
		STATEMENT

	}

}
