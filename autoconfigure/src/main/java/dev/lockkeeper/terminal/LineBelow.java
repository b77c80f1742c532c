// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.terminal;

import java.io.PrintStream;

import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarConsumer;

/**
 * Draws on the line below what the log has written last, and goes back to its beginning:
 * the next line of the log takes its place.
 */
final class LineBelow implements ProgressBarConsumer {

	private static final String ERASE_REST = "\u001b[K";

	private final ConsoleProgressBarConsumer width;

	private final PrintStream terminal;

	LineBelow(PrintStream terminal) {
		this.width = new ConsoleProgressBarConsumer(terminal);
		this.terminal = terminal;
	}

	@Override
	public int getMaxRenderedLength() {
		return this.width.getMaxRenderedLength();
	}

	@Override
	public void accept(String bar) {
		this.terminal.print(bar + ERASE_REST + "\r");
		this.terminal.flush();
	}

	@Override
	public void close() {
		this.terminal.println();
		this.terminal.flush();
	}

}
