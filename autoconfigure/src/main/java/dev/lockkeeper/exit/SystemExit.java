// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

/**
 * Ends the JVM, unless it is ending already: then the caller goes on, because the hooks
 * of the shutdown may be waiting for locks that it holds.
 *
 * @since 0.1.0
 */
public final class SystemExit implements ExitStrategy {

	@Override
	public void exit(int code) {
		if (!isShuttingDown()) {
			System.exit(code);
		}
	}

	// The hooks of the shutdown would wait for what hangs
	@Override
	public void halt(int code) {
		Runtime.getRuntime().halt(code);
	}

	private static boolean isShuttingDown() {
		Thread probe = new Thread(() -> {
		}, "lockkeeper-probe");
		try {
			Runtime.getRuntime().addShutdownHook(probe);
			Runtime.getRuntime().removeShutdownHook(probe);
			return false;
		}
		catch (IllegalStateException ex) {
			return true;
		}
	}

}
