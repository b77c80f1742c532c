// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initializers;

import dev.lockkeeper.testsupport.FullTier;

/**
 * The same, with what Spring has decided when the application was built.
 */
@FullTier
class AheadOfTimeIT extends SixInitializersIT {

	@Override
	String[] jvmArguments() {
		return new String[] { "-Dspring.aot.enabled=true" };
	}

}
