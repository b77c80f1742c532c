// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initializers;

import java.util.Set;
import java.util.TreeSet;

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

	// That of Spring Modulith was turned on by the build
	@Override
	Set<String> turnedOffAtRunTime() {
		Set<String> names = new TreeSet<>(super.turnedOffAtRunTime());
		names.remove("databaseSchemaInitializer");
		return names;
	}

}
