// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.logging;

import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

import org.springframework.util.ClassUtils;

/**
 * A fact that every line carries which a thread logs while this is open, in SLF4J's
 * mapped diagnostic context: Spring Boot's structured logging writes each as a field.
 * Closed by the thread that has opened it, the last one first; then the fact is what it
 * was before. Without SLF4J nothing is carried.
 *
 * @since 0.1.0
 */
public final class LogContext implements AutoCloseable {

	/**
	 * The name of the schema.
	 */
	public static final String SCHEMA = "schema";

	/**
	 * The identifier of the run.
	 */
	public static final String RUN_ID = "runId";

	/**
	 * The change set that runs, or that failed.
	 */
	public static final String CHANGE_SET = "changeSet";

	private static final boolean AVAILABLE = ClassUtils.isPresent("org.slf4j.MDC", LogContext.class.getClassLoader());

	private final String key;

	private final @Nullable String before;

	private LogContext(String key, @Nullable String before) {
		this.key = key;
		this.before = before;
	}

	/**
	 * Let the lines of this thread carry a fact.
	 * @param key the name of the fact
	 * @param value the fact; {@code null} for none
	 * @return ends that
	 */
	public static LogContext with(String key, @Nullable Object value) {
		LogContext context = new LogContext(key, AVAILABLE ? MDC.get(key) : null);
		put(key, value);
		return context;
	}

	/**
	 * Let the lines of this thread carry a fact until another one of that name is given,
	 * or the one is closed that was opened for it.
	 * @param key the name of the fact
	 * @param value the fact; {@code null} for none
	 */
	public static void put(String key, @Nullable Object value) {
		if (!AVAILABLE) {
			return;
		}
		if (value != null) {
			MDC.put(key, value.toString());
		}
		else {
			MDC.remove(key);
		}
	}

	/**
	 * Let the lines of a task, which another thread executes, carry what those of this
	 * thread carry now.
	 * @param task the task
	 * @return the task with what it carries
	 */
	public static Runnable carriedBy(Runnable task) {
		if (!AVAILABLE) {
			return task;
		}
		Map<String, String> carried = MDC.getCopyOfContextMap();
		if (carried == null || carried.isEmpty()) {
			return task;
		}
		return () -> {
			Map<String, String> before = MDC.getCopyOfContextMap();
			MDC.setContextMap(carried);
			try {
				task.run();
			}
			finally {
				if (before != null) {
					MDC.setContextMap(before);
				}
				else {
					MDC.clear();
				}
			}
		};
	}

	@Override
	public void close() {
		put(this.key, this.before);
	}

}
