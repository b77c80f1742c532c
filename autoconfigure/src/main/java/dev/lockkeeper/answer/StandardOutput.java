// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.answer;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

import dev.lockkeeper.exit.LockkeeperException;
import org.jspecify.annotations.Nullable;

/**
 * The standard output of this JVM, kept for the answer alone: from the moment it is
 * reserved, whatever other code prints to {@code System.out} goes to standard error. Code
 * that opens the file descriptor by itself, as an appender to {@code /dev/stdout} does,
 * is not redirected. Safe for use by several threads.
 *
 * @since 0.1.0
 */
public final class StandardOutput {

	private static @Nullable PrintStream reserved;

	private StandardOutput() {
	}

	/**
	 * Keep the standard output for the answer. Does nothing when it is kept already.
	 */
	public static synchronized void reserve() {
		if (reserved == null) {
			reserved = System.out;
			System.setOut(System.err);
		}
	}

	/**
	 * Give the standard output back to all code. Does nothing when it is not kept.
	 */
	public static synchronized void release() {
		if (reserved != null) {
			System.setOut(reserved);
			reserved = null;
		}
	}

	/**
	 * Write the answer, in UTF-8 whatever the locale is: programs read it.
	 * @param answer the answer
	 * @throws LockkeeperException when it could not be written
	 */
	public static synchronized void write(String answer) {
		PrintStream output = (reserved != null) ? reserved : System.out;
		byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
		output.write(bytes, 0, bytes.length);
		if (output.checkError()) {
			throw new AnswerLostException();
		}
	}

}
