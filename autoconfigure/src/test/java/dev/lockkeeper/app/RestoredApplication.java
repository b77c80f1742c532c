// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.app;

import org.crac.Core;
import org.crac.RestoreException;

import org.springframework.boot.SpringApplication;

/**
 * An application of which a checkpoint is taken once it has started, as that of a
 * function is by its platform. When a hook fails after the restore, the platform prints
 * why, and ends the process.
 */
public final class RestoredApplication {

	private static final int ENDED_BY_THE_PLATFORM = 99;

	private RestoredApplication() {
	}

	public static void main(String[] arguments) throws Exception {
		SpringApplication.run(PlainApplication.class, arguments);
		try {
			Core.checkpointRestore();
		}
		catch (RestoreException ex) {
			ex.printStackTrace();
			Runtime.getRuntime().halt(ENDED_BY_THE_PLATFORM);
		}
	}

}
