// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.testsupport;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * A real MariaDB server in a temporary folder, on the loopback interface alone. It ends
 * with the JVM that has started it.
 */
public final class MariaDb {

	private static final String USER = "lockkeeper_test";

	private static final Duration START = Duration.ofMinutes(2);

	private static @Nullable MariaDb shared;

	private final int port;

	private MariaDb(int port) {
		this.port = port;
	}

	/**
	 * Return what is missing to start one.
	 * @return what is missing, or nothing
	 */
	public static Optional<String> findObstacle() {
		return (find("mariadbd").isPresent() && find("mariadb-install-db").isPresent()) ? Optional.empty()
				: Optional.of("mariadbd, of Debian's package mariadb-server, is not installed");
	}

	/**
	 * Return the server of this JVM, which is started at its first use.
	 * @return the server
	 */
	public static synchronized MariaDb shared() {
		MariaDb server = shared;
		if (server == null) {
			server = start();
			shared = server;
		}
		return server;
	}

	/**
	 * Create an empty database.
	 * @return the database
	 */
	public JdbcDatabase createDatabase() {
		String name = "test_" + UUID.randomUUID().toString().replace("-", "").substring(0, 16);
		new JdbcDatabase(url(this.port, "")).execute("CREATE DATABASE " + name);
		return new JdbcDatabase(url(this.port, name));
	}

	private static MariaDb start() {
		try {
			Path directory = Files.createTempDirectory("lockkeeper-mariadb");
			Path log = directory.resolve("mariadb.log");
			String user = "--user=" + System.getProperty("user.name");
			Path data = directory.resolve("data");
			run(log, List.of(program("mariadb-install-db"), "--no-defaults", "--datadir=" + data,
					"--auth-root-authentication-method=normal", "--skip-test-db", user));
			Path initial = Files.writeString(directory.resolve("init.sql"), """
					CREATE USER '%1$s'@'%%' IDENTIFIED BY '%1$s';
					GRANT ALL ON *.* TO '%1$s'@'%%' WITH GRANT OPTION;
					""".formatted(USER));
			int port = Http.freePort();
			Process process = new ProcessBuilder(program("mariadbd"), "--no-defaults", "--datadir=" + data,
					"--port=" + port, "--bind-address=127.0.0.1", "--socket=" + directory.resolve("socket"),
					"--pid-file=" + directory.resolve("pid"), "--init-file=" + initial, "--skip-name-resolve",
					"--innodb-buffer-pool-size=32M", "--innodb-flush-log-at-trx-commit=0", user)
				.redirectErrorStream(true)
				.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
				.start();
			Runtime.getRuntime().addShutdownHook(new Thread(() -> end(process, directory)));
			Awaitility.await("mariadb")
				.atMost(START)
				.pollInterval(Duration.ofMillis(100))
				.until(() -> !process.isAlive() || answers(port));
			if (!process.isAlive()) {
				throw new IllegalStateException("mariadb has not started: " + Files.readString(log));
			}
			return new MariaDb(port);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static void end(Process process, Path directory) {
		process.destroyForcibly();
		try {
			process.waitFor(10, TimeUnit.SECONDS);
			try (Stream<Path> files = Files.walk(directory)) {
				files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static void run(Path log, List<String> command) throws IOException {
		Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
		try {
			if (!process.waitFor(START.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
				process.destroyForcibly();
				throw new IllegalStateException("%s has failed: %s".formatted(command, Files.readString(log)));
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	private static boolean answers(int port) {
		try {
			DriverManager.getConnection(url(port, "")).close();
			return true;
		}
		catch (SQLException ex) {
			return false;
		}
	}

	private static String url(int port, String database) {
		return "jdbc:mariadb://127.0.0.1:%d/%s?user=%3$s&password=%3$s".formatted(port, database, USER);
	}

	private static String program(String name) {
		return find(name).map(Path::toString).orElseThrow(() -> new IllegalStateException(name + " is not installed"));
	}

	private static Optional<Path> find(String name) {
		Stream<String> path = Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator));
		return Stream.concat(path, Stream.of("/usr/sbin", "/usr/bin"))
			.filter((directory) -> !directory.isBlank())
			.map((directory) -> Path.of(directory, name))
			.filter(Files::isExecutable)
			.findFirst();
	}

}
