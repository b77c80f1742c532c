// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.probe;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import dev.lockkeeper.mode.ModeDecision;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.json.JsonWriter;

/**
 * Answers at one port as the health endpoint will: whether the process is live, and that
 * it is not ready. Answers the endpoint {@code schema} where it is to be shown already,
 * and every other request with 503.
 */
final class ProbeHandler implements HttpHandler {

	private static final int OK = 200;

	private static final int FAILED = 500;

	private static final int UNAVAILABLE = 503;

	/**
	 * The longest time between two inspections of a process that waits, unless set
	 * otherwise.
	 */
	private static final String RETRY_AFTER = "5";

	private static final String HEALTH = "application/vnd.spring-boot.actuator.v3+json";

	private static final JsonWriter<Map<String, ?>> JSON = JsonWriter.standard();

	private static final Log logger = LogFactory.getLog(ProbeHandler.class);

	private final Opening opening;

	private final ModeDecision decision;

	private final boolean detailed;

	private final StartProgress progress;

	private final @Nullable EarlySchemaEndpoint schema;

	/**
	 * Create a handler.
	 * @param opening where it answers
	 * @param decision the mode of the process
	 * @param detailed whether the details of readiness are shown to unauthorized clients
	 * @param progress what is known of the start
	 * @param schema the endpoint {@code schema}, if the port may have it
	 */
	ProbeHandler(Opening opening, ModeDecision decision, boolean detailed, StartProgress progress,
			@Nullable EarlySchemaEndpoint schema) {
		this.opening = opening;
		this.decision = decision;
		this.detailed = detailed;
		this.progress = progress;
		this.schema = schema;
	}

	@Override
	public void handle(HttpExchange exchange) throws IOException {
		try (exchange) {
			boolean head = "HEAD".equals(exchange.getRequestMethod());
			boolean probe = head || "GET".equals(exchange.getRequestMethod());
			String path = exchange.getRequestURI().getPath();
			EarlySchemaEndpoint wanted = (probe && this.schema != null && this.schema.isAt(path)) ? this.schema : null;
			if (probe && this.opening.liveness().contains(path)) {
				boolean stuck = this.progress.isStuck();
				answer(exchange, stuck ? UNAVAILABLE : OK, HEALTH, Map.of("status", stuck ? "DOWN" : "UP"), head);
			}
			else if (probe && this.opening.readiness().contains(path)) {
				answer(exchange, UNAVAILABLE, HEALTH, readiness(), head);
			}
			else if (wanted != null && wanted.isShown()) {
				EarlySchemaEndpoint.Answer answer = schema(wanted, path, exchange.getRequestHeaders().get("Accept"));
				if (answer != null) {
					answer(exchange, answer, head);
				}
				else {
					answerLater(exchange, null, head);
				}
			}
			else {
				answerLater(exchange, (wanted != null) ? EarlySchemaEndpoint.WITHHELD : null, head);
			}
		}
	}

	private static EarlySchemaEndpoint.@Nullable Answer schema(EarlySchemaEndpoint endpoint, String path,
			@Nullable List<String> accept) {
		try {
			return endpoint.answer(path, accept);
		}
		catch (RuntimeException ex) {
			logger.debug("lockkeeper - the endpoint schema could not be answered yet", ex);
			return new EarlySchemaEndpoint.Answer(FAILED, null, "");
		}
	}

	private static void answerLater(HttpExchange exchange, @Nullable String message, boolean head) throws IOException {
		Map<String, Object> later = new LinkedHashMap<>();
		later.put("status", UNAVAILABLE);
		later.put("error", "Service Unavailable");
		if (message != null) {
			later.put("message", message);
		}
		exchange.getResponseHeaders().set("Retry-After", RETRY_AFTER);
		answer(exchange, UNAVAILABLE, "application/json", later, head);
	}

	private static void answer(HttpExchange exchange, int status, String type, Map<String, ?> body, boolean head)
			throws IOException {
		answer(exchange, new EarlySchemaEndpoint.Answer(status, type, JSON.writeToString(body)), head);
	}

	private static void answer(HttpExchange exchange, EarlySchemaEndpoint.Answer answer, boolean head)
			throws IOException {
		Headers headers = exchange.getResponseHeaders();
		if (answer.type() != null) {
			headers.set("Content-Type", answer.type());
		}
		// A connection that is kept would be cut when the port is given back
		headers.set("Connection", "close");
		byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
		if (head || bytes.length == 0) {
			exchange.sendResponseHeaders(answer.status(), -1);
			return;
		}
		exchange.sendResponseHeaders(answer.status(), bytes.length);
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
		details.put("mode", this.decision.mode().name());
		details.put("activity", this.progress.getActivity());
		this.progress.getInspections()
			.forEach((name, inspection) -> details.put(name, Map.of("status", inspection.state().status().name())));
		Map<String, @Nullable Object> component = new LinkedHashMap<>();
		component.put("status", "OUT_OF_SERVICE");
		component.put("details", details);
		return component;
	}

}
