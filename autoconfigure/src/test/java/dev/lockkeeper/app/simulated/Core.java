// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.app.simulated;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;

import dev.lockkeeper.process.Applications;
import org.awaitility.Awaitility;

/**
 * Stands in for a JVM that takes checkpoints, which {@code org.crac} finds by the system
 * property {@code org.crac.Core.Compat}: it calls the hooks, and goes on with the same
 * process. Between the two it waits until a file exists, so that a test can check what
 * was done before the checkpoint.
 */
public final class Core {

	/**
	 * The property that has the package of this class, for {@code org.crac}.
	 */
	public static final String PROPERTY = "org.crac.Core.Compat";

	/**
	 * The property that has the path of the file.
	 */
	public static final String FILE = "simulated.restore";

	/**
	 * What the process prints at the checkpoint.
	 */
	public static final String TAKEN = "simulated - the checkpoint is taken";

	private static final Context CONTEXT = new Context();

	private Core() {
	}

	public static Context getGlobalContext() {
		return CONTEXT;
	}

	public static void checkpointRestore() throws CheckpointException, RestoreException {
		List<Resource> resources = CONTEXT.resources();
		Collections.reverse(resources);
		CheckpointException checkpoint = new CheckpointException();
		call(resources, (resource) -> resource.beforeCheckpoint(CONTEXT), checkpoint);
		if (checkpoint.getSuppressed().length > 0) {
			throw checkpoint;
		}
		System.out.println(TAKEN);
		Path file = Path.of(System.getProperty(FILE));
		Awaitility.await().atMost(Applications.START).until(() -> Files.exists(file));
		RestoreException restore = new RestoreException();
		call(CONTEXT.resources(), (resource) -> resource.afterRestore(CONTEXT), restore);
		if (restore.getSuppressed().length > 0) {
			throw restore;
		}
	}

	private static void call(List<Resource> resources, Hook hook, Exception failures) {
		for (Resource resource : resources) {
			try {
				hook.call(resource);
			}
			catch (Exception ex) {
				failures.addSuppressed(ex);
			}
		}
	}

	/**
	 * One of the two hooks.
	 */
	private interface Hook {

		void call(Resource resource) throws Exception;

	}

}
