// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.logging;

import java.util.Map;
import java.util.concurrent.CompletableFuture;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;

import static org.assertj.core.api.Assertions.assertThat;

class LogContextTests {

	@AfterEach
	void clear() {
		MDC.clear();
	}

	@Test
	void aFactIsCarriedUntilItIsClosed() {
		try (LogContext schema = LogContext.with(LogContext.SCHEMA, "orders")) {
			assertThat(MDC.get("schema")).isEqualTo("orders");
		}
		assertThat(MDC.get("schema")).isNull();
	}

	@Test
	void theValueOfTheApplicationUnderThatNameComesBack() {
		MDC.put("schema", "its own");
		try (LogContext schema = LogContext.with(LogContext.SCHEMA, "orders")) {
			LogContext.put(LogContext.SCHEMA, "invoices");
			assertThat(MDC.get("schema")).isEqualTo("invoices");
		}
		assertThat(MDC.get("schema")).isEqualTo("its own");
	}

	@Test
	void aFactMayEnd() {
		LogContext.put(LogContext.CHANGE_SET, "1");
		LogContext.put(LogContext.CHANGE_SET, null);
		assertThat(MDC.get("changeSet")).isNull();
	}

	@Test
	void anotherThreadCarriesWhatTheTaskWasMadeWith() {
		CompletableFuture<Map<String, String>> seen = new CompletableFuture<>();
		Runnable task;
		try (LogContext schema = LogContext.with(LogContext.SCHEMA, "orders")) {
			task = LogContext.carriedBy(() -> seen.complete(MDC.getCopyOfContextMap()));
		}
		MDC.put("user", "me");
		task.run();
		assertThat(seen).isCompletedWithValue(Map.of("schema", "orders"));
		assertThat(MDC.getCopyOfContextMap()).containsExactly(Map.entry("user", "me"));
	}

	@Test
	void aThreadCarriesNothingAfterTheTask() {
		Runnable task;
		try (LogContext schema = LogContext.with(LogContext.SCHEMA, "orders")) {
			task = LogContext.carriedBy(() -> {
			});
		}
		MDC.clear();
		task.run();
		assertThat(MDC.get("schema")).isNull();
	}

	@Test
	void aTaskThatCarriesNothingIsReturnedAsItIs() {
		Runnable task = () -> {
		};
		assertThat(LogContext.carriedBy(task)).isSameAs(task);
	}

}
