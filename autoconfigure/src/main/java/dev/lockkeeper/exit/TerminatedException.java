// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

import org.jspecify.annotations.Nullable;

/**
 * The process was asked to end before it had done its work.
 *
 * @since 0.1.0
 */
public class TerminatedException extends LockkeeperException {

	private static final long serialVersionUID = 1L;

	/** The name of the schema, if it is about one. */
	private final @Nullable String schema;

	/**
	 * Create an exception.
	 * @param message what the process was doing
	 */
	public TerminatedException(String message) {
		this(null, message);
	}

	/**
	 * Create an exception.
	 * @param schema the name of the schema that the process was working on, if any
	 * @param message what the process was doing
	 */
	public TerminatedException(@Nullable String schema, String message) {
		super(ExitStatus.TERMINATED, message, "Start it again: it goes on where it stopped.", null);
		this.schema = schema;
	}

	@Override
	public Verdict toVerdict() {
		return new Verdict(getStatus(), this.schema, null, null, getMessage(), getAction(), 0, 0, null);
	}

}
