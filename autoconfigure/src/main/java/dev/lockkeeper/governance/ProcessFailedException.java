// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governance;

import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * The failure at one schema, with what it means for the process and for the pods that
 * serve.
 */
class ProcessFailedException extends LockkeeperException {

	private static final long serialVersionUID = 1L;

	private static final String TRAFFIC = "Pods that already serve go on serving.";

	private final transient Verdict verdict;

	/**
	 * Create an exception.
	 * @param failure the failure
	 * @param message what happened
	 * @param schema the name of the schema, for a failure that does not have it
	 * @param before how many change sets the process had applied to other schemas
	 */
	ProcessFailedException(LockkeeperException failure, String message, @Nullable String schema, int before) {
		super(failure.getStatus(), message, failure.getAction(), failure);
		Verdict known = failure.toVerdict();
		String name = (known.schema() != null) ? known.schema() : schema;
		this.verdict = new Verdict(known.status(), name, known.changeSet(), known.sqlState(), getMessage(),
				known.action(), known.applied() + before, known.durationMs(), known.runId());
	}

	/**
	 * Return what happened in a process that only migrates, and that the pods which serve
	 * go on: they do so however it ends.
	 */
	static String withTraffic(String message) {
		return message + (message.endsWith(".") ? " " : ". ") + TRAFFIC;
	}

	@Override
	public Verdict toVerdict() {
		return this.verdict;
	}

}
