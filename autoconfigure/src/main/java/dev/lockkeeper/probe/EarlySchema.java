// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.probe;

/**
 * Where the endpoint {@code schema} is answered while the application starts.
 *
 * @since 0.1.0
 */
public enum EarlySchema {

	/**
	 * At a management port of its own, where Spring Security does not guard it.
	 */
	MANAGEMENT_PORT,

	/**
	 * Wherever the application will answer it, and without what guards it there.
	 */
	ALWAYS,

	/**
	 * Nowhere.
	 */
	NEVER;

	/**
	 * Return whether what is known is shown at a port.
	 * @param port the port
	 * @param guarded whether Spring Security guards what the application answers
	 */
	boolean isShownAt(WebPort port, boolean guarded) {
		return switch (this) {
			case MANAGEMENT_PORT -> port == WebPort.MANAGEMENT && !guarded;
			case ALWAYS -> true;
			case NEVER -> false;
		};
	}

}
