// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.testsupport;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

/**
 * Lets processes with one class path start faster, by the class data sharing of the JVM:
 * the first of them lists the classes that it loads, a later one finds them in an
 * archive. A process that cannot use the archive starts as ever. Safe for use by several
 * threads.
 */
final class ClassArchive {

	/**
	 * An archive costs as much as some starts.
	 */
	private static final int WORTH_IT = 6;

	private static final String LISTING = "-XX:DumpLoadedClassList=";

	private static final Map<String, ClassArchive> archives = new ConcurrentHashMap<>();

	private final Path java;

	private final String classPath;

	private final Path list;

	private final Path file;

	private int starts;

	private @Nullable Process trained;

	private boolean making;

	private ClassArchive(Path java, String classPath) {
		this.java = java;
		this.classPath = directoriesLast(classPath);
		try {
			Path directory = Files.createDirectories(Path.of("target", "class-archives").toAbsolutePath());
			this.list = Files.createTempFile(directory, "classes", ".lst");
			this.file = this.list.resolveSibling(this.list.getFileName() + ".jsa");
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	static ClassArchive of(Path java, String classPath) {
		return archives.computeIfAbsent(java + " " + classPath, (key) -> new ClassArchive(java, classPath));
	}

	// An archive is of jars; what comes after those may differ
	private static String directoriesLast(String classPath) {
		return String.join(File.pathSeparator,
				Arrays.stream(classPath.split(File.pathSeparator))
					.sorted(Comparator.comparing((entry) -> !isJar(entry)))
					.toList());
	}

	private static boolean isJar(String entry) {
		return entry.endsWith(".jar");
	}

	/**
	 * Return the class path that a process has to have.
	 */
	String getClassPath() {
		return this.classPath;
	}

	/**
	 * Return the options of the JVM of the next process.
	 */
	synchronized List<String> arguments() {
		this.starts++;
		if (this.starts == 1) {
			return List.of(LISTING + this.list);
		}
		if (!this.making && this.starts >= WORTH_IT && this.trained != null && !this.trained.isAlive()) {
			this.making = true;
			PostgresRelay.start("class archive", this::make);
		}
		// What the JVM logs about an archive belongs into no output
		return Files.exists(this.file) ? List.of("-XX:SharedArchiveFile=" + this.file, "-Xlog:cds*=off") : List.of();
	}

	/**
	 * Note which process has been started.
	 * @param command its command
	 */
	synchronized void started(Process process, List<String> command) {
		if (command.stream().anyMatch((argument) -> argument.startsWith(LISTING))) {
			this.trained = process;
		}
	}

	private void make() {
		String jars = String.join(File.pathSeparator,
				Arrays.stream(this.classPath.split(File.pathSeparator)).filter(ClassArchive::isJar).toList());
		Path unfinished = this.list.resolveSibling(this.list.getFileName() + ".unfinished");
		List<String> command = new ArrayList<>(List.of(this.java.toString(), "-Xshare:dump", "-XX:+UseSerialGC"));
		command.addAll(
				List.of("-XX:SharedClassListFile=" + this.list, "-XX:SharedArchiveFile=" + unfinished, "-cp", jars));
		try {
			Process dump = new ProcessBuilder(command).redirectErrorStream(true)
				.redirectOutput(this.list.resolveSibling(this.list.getFileName() + ".log").toFile())
				.start();
			if (dump.waitFor(2, TimeUnit.MINUTES) && dump.exitValue() == 0) {
				Files.move(unfinished, this.file, StandardCopyOption.ATOMIC_MOVE);
			}
			dump.destroyForcibly();
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

}
