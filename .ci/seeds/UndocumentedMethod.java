// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

/**
 * Has a method that nobody explains.
 */
public final class UndocumentedMethod {

	private UndocumentedMethod() {
	}

	public static int unexplained() {
		return 0;
	}

}
