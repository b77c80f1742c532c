// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.chaos;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

/**
 * Does the same with several things at once: a process spends much of its time waiting.
 */
final class Parallel {

	private static final int WORKERS = 3;

	private Parallel() {
	}

	/**
	 * Do it with each.
	 * @param things the things; a failure names the one that it is about
	 * @param task what is done
	 */
	static <T> void forEach(List<T> things, Consumer<T> task) {
		ExecutorService workers = Executors.newFixedThreadPool(WORKERS);
		try {
			CompletableFuture
				.allOf(things.stream()
					.map((thing) -> CompletableFuture.runAsync(() -> perform(thing, task), workers))
					.toArray(CompletableFuture[]::new))
				.join();
		}
		catch (CompletionException ex) {
			throw new AssertionError(ex.getCause().getMessage(), ex.getCause());
		}
		finally {
			workers.shutdown();
		}
	}

	private static <T> void perform(T thing, Consumer<T> task) {
		try {
			task.accept(thing);
		}
		catch (RuntimeException | AssertionError ex) {
			throw new AssertionError("%s: %s".formatted(thing, ex.getMessage()), ex);
		}
	}

}
