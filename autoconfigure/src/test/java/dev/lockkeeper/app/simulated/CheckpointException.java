// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.app.simulated;

/**
 * A hook failed before the checkpoint.
 */
public final class CheckpointException extends Exception {

	private static final long serialVersionUID = 1L;

}
