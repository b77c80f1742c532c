// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.testsupport;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * A real JVM with an application in it. Its environment is empty but for what a JVM
 * needs, so that the machine that runs the test does not show through. Closing it kills
 * the process.
 */
public final class JavaProcess implements AutoCloseable {

	private static final String CLASS_PATH = "-cp";

	private static final Set<String> PASSED_ON = Set.of("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TMP", "TEMP",
			"SystemRoot");

	private static final Pattern PORT = Pattern.compile("Tomcat started on port (\\d+)");

	private final Process process;

	private final List<Line> lines = new CopyOnWriteArrayList<>();

	private final List<Line> errors = new CopyOnWriteArrayList<>();

	private final Thread reader;

	private final Thread errorReader;

	private JavaProcess(Process process, Consumer<String> echo) {
		this.process = process;
		this.reader = start(() -> read(process.inputReader(StandardCharsets.UTF_8), this.lines, echo), "output");
		this.errorReader = start(() -> read(process.errorReader(StandardCharsets.UTF_8), this.errors, echo), "errors");
	}

	private Thread start(Runnable task, String what) {
		Thread thread = new Thread(task, what + " of " + this.process.pid());
		thread.setDaemon(true);
		thread.start();
		return thread;
	}

	/**
	 * Begin to describe a process that runs a main class with the class path of this JVM.
	 * @param mainClass the name of the main class
	 * @return the description
	 */
	public static Builder ofMainClass(String mainClass) {
		return new Builder(List.of(CLASS_PATH, System.getProperty("java.class.path"), mainClass));
	}

	/**
	 * Begin to describe a process that runs a main class without some of the libraries of
	 * this JVM.
	 * @param mainClass the name of the main class
	 * @param absent what the names of absent libraries contain
	 * @return the description
	 */
	public static Builder ofMainClassWithout(String mainClass, String... absent) {
		String classPath = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
			.filter((entry) -> Arrays.stream(absent).noneMatch(Path.of(entry).getFileName().toString()::contains))
			.collect(Collectors.joining(File.pathSeparator));
		return new Builder(List.of(CLASS_PATH, classPath, mainClass));
	}

	/**
	 * Begin to describe a process that runs a main class with few of the libraries of
	 * this JVM.
	 * @param mainClass the name of the main class
	 * @param present what the names of the libraries and folders contain that it needs
	 * @return the description
	 */
	public static Builder ofMainClassWithOnly(String mainClass, String... present) {
		String classPath = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
			.filter((entry) -> Arrays.stream(present).anyMatch(Path.of(entry).getFileName().toString()::contains))
			.collect(Collectors.joining(File.pathSeparator));
		return new Builder(List.of(CLASS_PATH, classPath, mainClass));
	}

	/**
	 * Begin to describe a process that runs a main class with other versions of some
	 * libraries of this JVM.
	 * @param mainClass the name of the main class
	 * @param absent found in the names of the libraries that are replaced: a regular
	 * expression
	 * @param present what takes their place: jars, and folders with classes or resources
	 * @return the description
	 */
	public static Builder ofMainClassWith(String mainClass, String absent, Path... present) {
		Predicate<String> replaced = Pattern.compile(absent).asPredicate();
		String classPath = Stream
			.concat(Arrays.stream(present).map(Path::toString),
					Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
						.filter((entry) -> !replaced.test(Path.of(entry).getFileName().toString())))
			.collect(Collectors.joining(File.pathSeparator));
		return new Builder(List.of(CLASS_PATH, classPath, mainClass));
	}

	/**
	 * Begin to describe a process that runs an executable jar.
	 * @param jar the jar
	 * @return the description
	 */
	public static Builder ofJar(Path jar) {
		return new Builder(List.of("-jar", jar.toString()));
	}

	/**
	 * Read what a process writes that was started by other means, such as a command of a
	 * page. The JVM may be one of its children.
	 * @param process the process
	 * @return the same process, with its output
	 */
	public static JavaProcess reading(Process process) {
		return new JavaProcess(process, (line) -> {
		});
	}

	private static void read(BufferedReader stream, List<Line> lines, Consumer<String> echo) {
		try (stream) {
			String text = stream.readLine();
			while (text != null) {
				lines.add(new Line(Instant.now(), text));
				echo.accept(text);
				text = stream.readLine();
			}
		}
		catch (IOException ex) {
			lines.add(new Line(Instant.now(), "[output ended: " + ex.getMessage() + "]"));
		}
	}

	/**
	 * Return what the process has written so far, standard output and standard error
	 * unless these are kept apart.
	 * @return the lines
	 */
	public List<Line> getLines() {
		return List.copyOf(this.lines);
	}

	/**
	 * Return what the process has written so far.
	 * @return the text
	 */
	public String getOutput() {
		return String.join("\n", this.lines.stream().map(Line::text).toList());
	}

	/**
	 * Return what the process has written to standard error so far, when that is kept
	 * apart from standard output.
	 * @return the text
	 */
	public String getErrors() {
		return String.join("\n", this.errors.stream().map(Line::text).toList());
	}

	/**
	 * Return the lines that Lockkeeper logged.
	 * @return the lines
	 */
	public List<String> getStory() {
		return this.lines.stream().map(Line::text).filter((line) -> line.contains("lockkeeper - ")).toList();
	}

	/**
	 * Wait until the output contains a text.
	 * @param text the text
	 * @param timeout how long
	 * @return the line
	 */
	public Line awaitLine(String text, Duration timeout) {
		Awaitility.await("output: " + text)
			.atMost(timeout)
			.pollInterval(Duration.ofMillis(20))
			.conditionEvaluationListener(null)
			.until(() -> find(text) != null || (!isAlive() && !this.reader.isAlive()));
		Line line = find(text);
		if (line == null) {
			throw new AssertionError("The process ended without saying '%s':%n%s".formatted(text, getOutput()));
		}
		return line;
	}

	private @Nullable Line find(String text) {
		return this.lines.stream().filter((line) -> line.text().contains(text)).findFirst().orElse(null);
	}

	/**
	 * Wait until the web server listens.
	 * @param timeout how long
	 * @return its port
	 */
	public int awaitPort(Duration timeout) {
		Matcher matcher = PORT.matcher(awaitLine("Tomcat started on port", timeout).text());
		if (!matcher.find()) {
			throw new AssertionError("No port in the output");
		}
		return Integer.parseInt(matcher.group(1));
	}

	/**
	 * Wait until the process has ended.
	 * @param timeout how long
	 * @return the exit code
	 */
	public int awaitExit(Duration timeout) {
		try {
			if (!this.process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
				throw new AssertionError("Still running after %s:%n%s".formatted(timeout, getOutput()));
			}
			this.reader.join(TimeUnit.SECONDS.toMillis(10));
			this.errorReader.join(TimeUnit.SECONDS.toMillis(10));
			return this.process.exitValue();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Return whether the process runs.
	 * @return whether it does
	 */
	public boolean isAlive() {
		return this.process.isAlive();
	}

	/**
	 * Return the process id.
	 * @return the id
	 */
	public long getPid() {
		return this.process.pid();
	}

	/**
	 * Send SIGTERM, and go on reading the output of the process.
	 */
	public void terminate() {
		this.process.toHandle().destroy();
	}

	/**
	 * Send SIGKILL.
	 */
	public void kill() {
		this.process.destroyForcibly();
	}

	@Override
	public void close() {
		// Behind a terminal the application is a child of the program that makes one
		this.process.descendants().forEach(ProcessHandle::destroyForcibly);
		kill();
		try {
			this.process.waitFor(10, TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * One line of output.
	 *
	 * @param at when it was read
	 * @param text the line
	 */
	public record Line(Instant at, String text) {
	}

	/**
	 * Describes a process.
	 */
	public static final class Builder {

		private final List<String> target;

		private final List<String> jvmArguments = new ArrayList<>(
				List.of("-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Xmx256m", "-XX:+UseSerialGC"));

		private final List<String> arguments = new ArrayList<>();

		private final Map<String, String> environment = new TreeMap<>();

		private String javaHome = System.getProperty("process.java.home", "").isBlank()
				? System.getProperty("java.home") : System.getProperty("process.java.home");

		private Consumer<String> echo = (line) -> {
		};

		private boolean separateStreams;

		private boolean terminal;

		private Builder(List<String> target) {
			this.target = target;
		}

		/**
		 * Add arguments of the program.
		 * @param values the arguments
		 * @return this
		 */
		public Builder arguments(String... values) {
			this.arguments.addAll(List.of(values));
			return this;
		}

		/**
		 * Add arguments of the JVM.
		 * @param values the arguments
		 * @return this
		 */
		public Builder jvmArguments(String... values) {
			this.jvmArguments.addAll(List.of(values));
			return this;
		}

		/**
		 * Add a variable of the environment.
		 * @param name its name
		 * @param value its value
		 * @return this
		 */
		public Builder environment(String name, String value) {
			this.environment.put(name, value);
			return this;
		}

		/**
		 * Give the process the environment of a pod on Kubernetes.
		 * @return this
		 */
		public Builder onKubernetes() {
			return environment("KUBERNETES_SERVICE_HOST", "127.0.0.1").environment("KUBERNETES_SERVICE_PORT", "443");
		}

		/**
		 * Use the data source of a database, as the superuser.
		 * @param database the database
		 * @return this
		 */
		public Builder database(TestDatabase database) {
			return arguments("--spring.datasource.url=" + database.getUrl());
		}

		/**
		 * Use another JVM than this one.
		 * @param home its home
		 * @return this
		 */
		public Builder javaHome(String home) {
			this.javaHome = home;
			return this;
		}

		/**
		 * Pass each line of output on.
		 * @param listener gets the lines
		 * @return this
		 */
		public Builder echo(Consumer<String> listener) {
			this.echo = listener;
			return this;
		}

		/**
		 * Keep standard output and standard error apart.
		 * @return this
		 */
		public Builder separateStreams() {
			this.separateStreams = true;
			return this;
		}

		/**
		 * Give the process a terminal, which {@code script} of Linux makes: what it draws
		 * there is its output.
		 * @return this
		 */
		public Builder onTerminal() {
			this.terminal = true;
			return this;
		}

		/**
		 * Start the process.
		 * @return the process
		 */
		public JavaProcess start() {
			Path java = Path.of(this.javaHome, "bin", "java");
			ClassArchive archive = (!this.terminal && this.target.get(0).equals(CLASS_PATH))
					? ClassArchive.of(java, this.target.get(1)) : null;
			List<String> command = new ArrayList<>();
			command.add(java.toString());
			command.addAll(this.jvmArguments);
			if (archive != null) {
				command.addAll(archive.arguments());
				command.addAll(List.of(CLASS_PATH, archive.getClassPath()));
				command.addAll(this.target.subList(2, this.target.size()));
			}
			else {
				command.addAll(this.target);
			}
			command.addAll(this.arguments);
			if (this.terminal) {
				command = List.of("script", "--quiet", "--return", "--command", quote(command), "/dev/null");
			}
			ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(!this.separateStreams);
			builder.environment().keySet().retainAll(PASSED_ON);
			builder.environment().putAll(this.environment);
			try {
				Process process = builder.start();
				if (archive != null) {
					archive.started(process, command);
				}
				return new JavaProcess(process, this.echo);
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}

		private static String quote(List<String> words) {
			return words.stream()
				.map((word) -> "'" + word.replace("'", "'\\''") + "'")
				.collect(Collectors.joining(" "));
		}

	}

}
