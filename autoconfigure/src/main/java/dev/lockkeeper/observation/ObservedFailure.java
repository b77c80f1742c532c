// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observation;

import dev.lockkeeper.schema.RunEnd;

/**
 * What an observation carries of a failure: its message alone, without causes and stack
 * traces, which a tracer would export.
 */
final class ObservedFailure extends RuntimeException {

	private static final long serialVersionUID = 1L;

	ObservedFailure(RunEnd end) {
		super(end.message(), null, false, false);
	}

}
