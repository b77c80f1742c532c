// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A page of {@code docs} that is generated from the code, as a whole or in part. A system
 * property has it written anew in place of only compared.
 *
 * @param name the name of its file
 * @param test the test that compares it
 */
public record GeneratedPage(String name, Class<?> test) {

	/**
	 * Return the command that writes the page anew.
	 * @return the command
	 */
	public String getCommand() {
		return ("mvn test -pl autoconfigure -am -Dtest=%s -Dsurefire.failIfNoSpecifiedTests=false "
				+ "-Dlockkeeper.docs.write=true")
			.formatted(this.test.getSimpleName());
	}

	/**
	 * Compare a part of the page with what the code yields.
	 * @param after the text that the part follows
	 * @param before the text that follows the part
	 * @param part what the code yields
	 * @throws IOException when the page cannot be read
	 */
	public void requirePart(String after, String before, String part) throws IOException {
		String page = read();
		assertThat(page).contains(after);
		int begin = page.indexOf(after) + after.length();
		int end = page.indexOf(before, begin);
		assertThat(end).as("where %s follows in %s", before, this.name).isNotNegative();
		require(page.substring(0, begin) + part + page.substring(end));
	}

	/**
	 * Compare the page with what the code yields.
	 * @param expected what the code yields
	 * @throws IOException when the page cannot be read
	 */
	public void require(String expected) throws IOException {
		if (Boolean.getBoolean("lockkeeper.docs.write")) {
			Files.writeString(path(), expected);
		}
		assertThat(path()).as("docs/%s; write it anew with: %s", this.name, getCommand()).content().isEqualTo(expected);
	}

	/**
	 * Read the page as it is.
	 * @return its text
	 * @throws IOException when it cannot be read
	 */
	public String read() throws IOException {
		return Files.readString(path());
	}

	private Path path() {
		return Path.of("..", "docs", this.name);
	}

}
