// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.app.simulated;

import java.util.ArrayList;
import java.util.List;

/**
 * The global context: hooks run in the reverse order of registration before the
 * checkpoint, and in that order after the restore. A hook that fails keeps no other one
 * from being run.
 */
public final class Context {

	private final List<Resource> resources = new ArrayList<>();

	public synchronized void register(Resource resource) {
		this.resources.add(resource);
	}

	synchronized List<Resource> resources() {
		return new ArrayList<>(this.resources);
	}

}
