// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.gate;

class OwnDaemonThread {

	void start(Runnable task) {
		Thread thread = new Thread(task);
		thread.setDaemon(true);
		thread.start();
	}

}
