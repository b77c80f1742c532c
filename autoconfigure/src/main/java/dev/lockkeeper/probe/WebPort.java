// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.probe;

/**
 * A port on which the application will listen.
 *
 * @since 0.1.0
 */
public enum WebPort {

	/**
	 * The port of the application, which is that of the management endpoints as well
	 * unless they have one of their own.
	 */
	SERVER,

	/**
	 * The port that the management endpoints have for themselves.
	 */
	MANAGEMENT

}
