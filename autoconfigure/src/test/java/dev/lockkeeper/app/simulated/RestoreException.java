// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.app.simulated;

/**
 * A hook failed after the restore.
 */
public final class RestoreException extends Exception {

	private static final long serialVersionUID = 1L;

}
