// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase.preview;

import java.io.Writer;

/**
 * The text of a script, of which no more is kept than its limit. What is written beyond
 * the limit is counted.
 */
final class ScriptText extends Writer {

	private final StringBuilder text = new StringBuilder();

	private final int limit;

	private long length;

	ScriptText(int limit) {
		this.limit = limit;
	}

	/**
	 * Return how many characters were written.
	 */
	long length() {
		return this.length;
	}

	@Override
	public void write(char[] characters, int offset, int count) {
		this.text.append(characters, offset, kept(count));
		this.length += count;
	}

	@Override
	public void write(String string, int offset, int count) {
		this.text.append(string, offset, offset + kept(count));
		this.length += count;
	}

	private int kept(int count) {
		return Math.min(count, this.limit - this.text.length());
	}

	@Override
	public ScriptText append(CharSequence characters) {
		String string = characters.toString();
		write(string, 0, string.length());
		return this;
	}

	@Override
	public ScriptText append(char character) {
		return append(Character.toString(character));
	}

	@Override
	public void flush() {
	}

	@Override
	public void close() {
	}

	/**
	 * Return what was kept: whole lines, unless that is everything.
	 */
	@Override
	public String toString() {
		if (this.length <= this.limit) {
			return this.text.toString();
		}
		return this.text.substring(0, this.text.lastIndexOf("\n") + 1);
	}

}
