// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

import java.util.List;

class RawType {

	int size(List list) {
		return list.size();
	}

}
