// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.mode;

import dev.lockkeeper.schema.SchemaStatus;

class WrongArrow {

	SchemaStatus status() {
		return SchemaStatus.CURRENT;
	}

}
