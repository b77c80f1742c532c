// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observation;

import dev.lockkeeper.exit.Redaction;

/**
 * What an observation is told of a failure. A tracer exports messages and stack traces,
 * with those of all causes, and a statement that failed may show a password.
 */
final class ObservedFailure extends RuntimeException {

	private static final long serialVersionUID = 1L;

	ObservedFailure(Throwable failure) {
		super(Redaction.redact(String.valueOf(failure.getMessage())), null, false, false);
	}

}
