// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.app.simulated;

/**
 * What {@code org.crac} requires of a JVM that takes checkpoints: the receiver of the
 * hooks.
 */
public interface Resource {

	void beforeCheckpoint(Context context) throws Exception;

	void afterRestore(Context context) throws Exception;

}
