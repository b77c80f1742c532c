// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * What a reader of the page copies and executes.
 */
final class Commands {

	private static final Pattern ARCHIVE = Pattern.compile("[\\w./+-]+\\.[jw]ar");

	private static final String CALL = call(System.getProperty("java.class.path", ""));

	/** Runs the migration of this release. */
	static final String MIGRATE = CALL + " --migrate-only";

	/** Answers what each schema is, and changes nothing. */
	static final String ASK = MIGRATE + " --status";

	/** Lists the transactions that only an operator ends. */
	static final String PREPARED_TRANSACTIONS = "SELECT gid, prepared, owner FROM pg_prepared_xacts "
			+ "WHERE database = current_database() ORDER BY prepared;";

	private Commands() {
	}

	/**
	 * Return the call of an application. Where it was started with {@code -jar}, its
	 * class path is that archive, as the call named it.
	 */
	static String call(String classPath) {
		return "java -jar " + (ARCHIVE.matcher(classPath).matches() ? classPath : "application.jar");
	}

	/**
	 * Return the statement that ends a session.
	 */
	static String terminate(int pid) {
		return "SELECT pg_terminate_backend(%d);".formatted(pid);
	}

	static Fragment toHtml(@Nullable String command) {
		return (command != null) ? Fragment.of("command", "command", command) : Fragment.NONE;
	}

}
