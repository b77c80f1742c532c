// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.lockkeeper.testsupport.TestPostgres;
import org.slf4j.LoggerFactory;

import org.springframework.util.FileSystemUtils;

/**
 * Measures what is asked for, or everything, and prints a table for each.
 */
public final class Benchmarks {

	private static final String BLOCKED_ALTER = "blocked-alter";

	private static final String APPLY = "apply";

	/** Their names. */
	static final List<String> NAMES = List.of(BLOCKED_ALTER, APPLY);

	private Benchmarks() {
	}

	/**
	 * Measure.
	 * @param arguments the names of benchmarks
	 * @throws Exception when something is not as expected
	 */
	public static void main(String[] arguments) throws Exception {
		((Logger) LoggerFactory.getLogger("ROOT")).setLevel(Level.OFF);
		List<String> names = (arguments.length > 0) ? List.of(arguments) : NAMES;
		Path directory = Files.createTempDirectory("lockkeeper-benchmarks");
		TestPostgres postgres = TestPostgres.startEmbedded();
		Runtime.getRuntime().addShutdownHook(new Thread(() -> clean(postgres, directory)));
		List<String> tables = new ArrayList<>();
		if (names.contains(BLOCKED_ALTER)) {
			tables.add(new BlockedAlter(postgres, directory).measure());
		}
		if (names.contains(APPLY)) {
			tables.add(new Apply(postgres, directory).measure());
		}
		System.out.println(String.join("\n", tables));
		System.exit(0);
	}

	private static void clean(TestPostgres postgres, Path directory) {
		postgres.close();
		try {
			FileSystemUtils.deleteRecursively(directory);
		}
		catch (IOException ex) {
			System.err.println(ex.getMessage());
		}
	}

}
