// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

/**
 * Has a method without Javadoc.
 */
public final class UndocumentedMethod {

	private UndocumentedMethod() {
	}

	public static int unexplained() {
		return 0;
	}

}
