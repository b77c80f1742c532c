// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

/**
 * Writes a value into a command line that people paste into a shell.
 *
 * @since 0.1.0
 */
public final class ShellWord {

	private ShellWord() {
	}

	/**
	 * Quote a value for the shells of POSIX, so that they hand it on as it is.
	 * @param value the value
	 * @return the value in single quotes
	 */
	public static String quote(String value) {
		return "'" + value.replace("'", "'\\''") + "'";
	}

}
