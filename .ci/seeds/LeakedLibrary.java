// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.gate;

import liquibase.Contexts;

class LeakedLibrary {

	Contexts contexts() {
		return new Contexts("seeded");
	}

}
