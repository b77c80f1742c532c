// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

class ArrayComparison {

	boolean same(int[] one, int[] other) {
		return one.equals(other);
	}

}
