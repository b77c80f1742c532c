// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.probe;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.json.JsonWriter;

/**
 * Answers at one port as the health endpoint will: whether the process is live, and that
 * it is not ready. Everything else is there later.
 */
final class ProbeHandler implements HttpHandler {

	private static final int OK = 200;

	private static final int UNAVAILABLE = 503;

	/**
	 * The longest time between two looks of a process that waits, unless set otherwise.
	 */
	private static final String RETRY_AFTER = "5";

	private static final String HEALTH = "application/vnd.spring-boot.actuator.v3+json";

	private static final JsonWriter<Map<String, ?>> JSON = JsonWriter.standard();

	private final Opening opening;

	private final String mode;

	private final boolean detailed;

	private final StartProgress progress;

	ProbeHandler(Opening opening, String mode, boolean detailed, StartProgress progress) {
		this.opening = opening;
		this.mode = mode;
		this.detailed = detailed;
		this.progress = progress;
	}

	@Override
	public void handle(HttpExchange exchange) throws IOException {
		try (exchange) {
			boolean head = "HEAD".equals(exchange.getRequestMethod());
			boolean probe = head || "GET".equals(exchange.getRequestMethod());
			String path = exchange.getRequestURI().getPath();
			if (probe && this.opening.liveness().contains(path)) {
				boolean stuck = this.progress.isStuck();
				answer(exchange, stuck ? UNAVAILABLE : OK, HEALTH, Map.of("status", stuck ? "DOWN" : "UP"), head);
			}
			else if (probe && this.opening.readiness().contains(path)) {
				answer(exchange, UNAVAILABLE, HEALTH, readiness(), head);
			}
			else {
				exchange.getResponseHeaders().set("Retry-After", RETRY_AFTER);
				answer(exchange, UNAVAILABLE, "application/json",
						Map.of("status", UNAVAILABLE, "error", "Service Unavailable"), head);
			}
		}
	}

	private static void answer(HttpExchange exchange, int status, String type, Map<String, ?> body, boolean head)
			throws IOException {
		Headers headers = exchange.getResponseHeaders();
		headers.set("Content-Type", type);
		// A connection that is kept would be cut when the port is given back
		headers.set("Connection", "close");
		if (head) {
			exchange.sendResponseHeaders(status, -1);
			return;
		}
		byte[] bytes = JSON.writeToString(body).getBytes(StandardCharsets.UTF_8);
		exchange.sendResponseHeaders(status, bytes.length);
		exchange.getResponseBody().write(bytes);
	}

	private Map<String, ?> readiness() {
		Map<String, Object> readiness = new LinkedHashMap<>();
		readiness.put("status", "OUT_OF_SERVICE");
		if (this.detailed) {
			readiness.put("components", Map.of("schema", component()));
		}
		return readiness;
	}

	private Map<String, ?> component() {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("mode", this.mode);
		details.put("activity", this.progress.getActivity());
		this.progress.getSchemas().forEach((name, status) -> details.put(name, Map.of("status", status.name())));
		Map<String, @Nullable Object> component = new LinkedHashMap<>();
		component.put("status", "OUT_OF_SERVICE");
		component.put("details", details);
		return component;
	}

}
