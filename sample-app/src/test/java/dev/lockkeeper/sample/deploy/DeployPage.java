// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.deploy;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import org.springframework.util.FileSystemUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A page of {@code docs/deploy} that a test follows in a folder of its own: a copy of
 * {@code docs/deploy/files/<page>}, with the application beside it as
 * {@code application.jar}. Programs that are not on every machine have stand-ins, which
 * write down how they are called. The environment is empty but for what the test sets.
 * Closing it ends what it started.
 */
final class DeployPage implements AutoCloseable {

	/**
	 * How long a command may take on a machine that is busy.
	 */
	static final Duration LIMIT = Duration.ofMinutes(5);

	private static final Set<String> PASSED_ON = Set.of("HOME", "LANG", "LC_ALL", "TMPDIR");

	private static final String RECORDING = """
			#!/usr/bin/env bash
			call=%1$s
			for word in "$@"; do
				case $word in *[[:space:]]*) call+=" '${word//$'\\n'/\\\\n}'" ;; *) call+=" $word" ;; esac
			done
			printf '%%s\\n' "$call" >> '%2$s'
			%3$s
			""";

	private final PageText text;

	private final Set<String> followed;

	private final Path root;

	private final Map<String, String> environment = new TreeMap<>();

	private final Map<String, String> replacements = new LinkedHashMap<>();

	private final List<JavaProcess> started = new ArrayList<>();

	private List<String> surroundings = List.of();

	/**
	 * Open a page.
	 * @param text what stands on it
	 * @param followed takes the blocks that have been executed or compared
	 */
	DeployPage(PageText text, Set<String> followed) {
		this.text = text;
		this.followed = followed;
		try {
			this.root = Files.createTempDirectory("lockkeeper-deploy").toRealPath();
			Files.createDirectory(standIns());
			Files.createDirectory(getFolder());
			copyFiles();
			Files.createSymbolicLink(getFolder().resolve("application.jar"),
					Path.of(System.getProperty("sample.jar")).toAbsolutePath());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		variable("PATH", String.join(File.pathSeparator, standIns().toString(), javaHome().resolve("bin").toString(),
				System.getenv("PATH")));
		// Tests end before it pays off to compile well
		variable("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx256m");
	}

	/**
	 * Return the home of the JVM that runs the application.
	 * @return its home
	 */
	static Path javaHome() {
		String home = System.getProperty("process.java.home", "");
		return Path.of(home.isBlank() ? System.getProperty("java.home") : home);
	}

	private void copyFiles() throws IOException {
		Path files = PageText.PAGES.resolve("files").resolve(this.text.name());
		if (!Files.isDirectory(files)) {
			return;
		}
		try (Stream<Path> all = Files.walk(files)) {
			for (Path file : all.skip(1).toList()) {
				// With the permissions: some are scripts
				Files.copy(file, getFolder().resolve(files.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
			}
		}
	}

	private Path standIns() {
		return this.root.resolve("stand-ins");
	}

	/**
	 * Return the folder in which the page is followed.
	 * @return the folder
	 */
	Path getFolder() {
		return this.root.resolve("folder");
	}

	/**
	 * Make a folder that the page does not see.
	 * @param name its name
	 * @return the folder
	 */
	Path folderFor(String name) {
		try {
			return Files.createDirectory(this.root.resolve(name));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Return the text of the page.
	 * @return the text
	 */
	PageText getText() {
		return this.text;
	}

	/**
	 * Read a file of the folder.
	 * @param name its path in the folder
	 * @return the content
	 */
	String read(String name) {
		try {
			return Files.readString(getFolder().resolve(name));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Write a file of the folder.
	 * @param name its path in the folder
	 * @param content the content
	 */
	void write(String name, String content) {
		Path file = getFolder().resolve(name);
		try {
			if (Files.isSymbolicLink(file)) {
				// The application stays as it is
				Files.delete(file);
			}
			Files.writeString(file, content);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Set a variable of the environment of what is started from now on.
	 * @param name its name
	 * @param value its value
	 * @return this
	 */
	DeployPage variable(String name, String value) {
		this.environment.put(name, value);
		return this;
	}

	/**
	 * Take a variable out of the environment.
	 * @param name its name
	 * @return this
	 */
	DeployPage without(String name) {
		this.environment.remove(name);
		return this;
	}

	/**
	 * Replace in the commands of the page what cannot be the same on each machine, such
	 * as a port.
	 * @param text what stands on the page
	 * @param replacement what is executed in its place
	 * @return this
	 */
	DeployPage replacing(String text, String replacement) {
		this.replacements.put(text, replacement);
		return this;
	}

	/**
	 * Execute the commands of the page by another program, such as one that enters
	 * namespaces.
	 * @param program the program with its arguments
	 * @return this
	 */
	DeployPage within(List<String> program) {
		this.surroundings = program;
		return this;
	}

	/**
	 * Let the application use a database, as the superuser.
	 * @param database the database
	 * @return this
	 */
	DeployPage database(TestDatabase database) {
		return variable("SPRING_DATASOURCE_URL", database.getUrl());
	}

	/**
	 * Put a stand-in in the place of a program, which writes down how it is called and
	 * succeeds.
	 * @param program the name of the program
	 * @return this
	 */
	DeployPage standIn(String program) {
		return standIn(program, "");
	}

	/**
	 * Put a stand-in in the place of a program.
	 * @param program the name of the program
	 * @param script what it does after it has written down how it was called: lines of
	 * bash, which see the arguments
	 * @return this
	 */
	DeployPage standIn(String program, String script) {
		Path file = standIns().resolve(program);
		try {
			Files.writeString(file, RECORDING.formatted(program, callsFile(), script));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		assertThat(file.toFile().setExecutable(true)).isTrue();
		return this;
	}

	private Path callsFile() {
		return this.root.resolve("calls");
	}

	/**
	 * Return how the stand-ins were called.
	 * @return a line for each call: the program with its arguments, those with blanks in
	 * single quotes
	 */
	List<String> calls() {
		try {
			return Files.exists(callsFile()) ? Files.readAllLines(callsFile()) : List.of();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Execute a block of commands and wait for its end.
	 * @param part what only this block of the page contains
	 * @return the process that has ended
	 */
	JavaProcess run(String part) {
		JavaProcess process = start(part);
		process.awaitExit(LIMIT);
		return process;
	}

	/**
	 * Execute a block of commands which must succeed.
	 * @param part what only this block of the page contains
	 * @return what it wrote, standard output and standard error
	 */
	String succeed(String part) {
		JavaProcess process = start(part);
		assertThat(process.awaitExit(LIMIT)).as(process::getOutput).isZero();
		return process.getOutput();
	}

	/**
	 * Execute a block of commands in the background.
	 * @param part what only this block of the page contains
	 * @return the process
	 */
	JavaProcess start(String part) {
		String block = this.text.only(this.text.commands(), part);
		this.followed.add(block);
		String script = block;
		for (Map.Entry<String, String> replacement : this.replacements.entrySet()) {
			script = script.replace(replacement.getKey(), replacement.getValue());
		}
		return startWithin(script);
	}

	/**
	 * Start a script where the commands of the page are executed.
	 * @param script the script
	 * @return the process
	 */
	JavaProcess startWithin(String script) {
		List<String> command = new ArrayList<>(this.surroundings);
		command.addAll(List.of("bash", "-euo", "pipefail", "-c", script));
		return start(command);
	}

	/**
	 * Start what the platform would start: a command that a file of the page names.
	 * @param command the words of the command
	 * @return the process
	 */
	JavaProcess start(List<String> command) {
		return start(command, Map.of());
	}

	/**
	 * Start what the platform would start, with variables that are set for it alone.
	 * @param command the words of the command
	 * @param variables the variables
	 * @return the process
	 */
	JavaProcess start(List<String> command, Map<String, String> variables) {
		Map<String, String> all = new HashMap<>(this.environment);
		all.putAll(variables);
		ProcessBuilder builder = new ProcessBuilder(resolve(command, all)).directory(getFolder().toFile())
			.redirectErrorStream(true);
		builder.environment().keySet().retainAll(PASSED_ON);
		builder.environment().putAll(all);
		try {
			JavaProcess process = JavaProcess.reading(builder.start());
			this.started.add(process);
			return process;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	// Java looks for a program in the PATH of this JVM
	private static List<String> resolve(List<String> command, Map<String, String> environment) {
		List<String> resolved = new ArrayList<>(command);
		find(command.get(0), environment).ifPresent((program) -> resolved.set(0, program.toString()));
		return resolved;
	}

	private static Optional<Path> find(String program, Map<String, String> environment) {
		return Arrays.stream(environment.getOrDefault("PATH", "").split(File.pathSeparator))
			.map((directory) -> Path.of(directory).resolve(program))
			.filter(Files::isExecutable)
			.findFirst();
	}

	/**
	 * Return whether this machine lacks a program.
	 * @param program the program
	 * @return what is missing, if it is
	 */
	static Optional<String> missing(String program) {
		return find(program, System.getenv()).isPresent() ? Optional.empty()
				: Optional.of("There is no " + program + " on this machine");
	}

	/**
	 * Compare a block that shows an output with what a process has written. Each line of
	 * the block must be in it, in their order; {@code …} stands for any text.
	 * @param part what only this block of the page contains
	 * @param output what the process has written
	 */
	void shows(String part, String output) {
		String block = this.text.only(this.text.outputs(), part);
		this.followed.add(block);
		String pattern = block.lines()
			.map(String::strip)
			.filter((line) -> !line.isEmpty() && !line.equals("…"))
			.map((line) -> Arrays.stream(line.split("…", -1)).map(Pattern::quote).collect(Collectors.joining(".*?")))
			.collect(Collectors.joining("(?s:.*?)"));
		assertThat(output).containsPattern(pattern);
	}

	@Override
	public void close() {
		this.started.forEach(JavaProcess::close);
		try {
			FileSystemUtils.deleteRecursively(this.root);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
