// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

class NullReturned {

	Object nothing() {
		return null;
	}

}
