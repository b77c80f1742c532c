// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.probe;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

import dev.lockkeeper.actuate.page.Runbook;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.LockContention;
import dev.lockkeeper.schema.LockHolder;
import dev.lockkeeper.schema.RunActivity;
import dev.lockkeeper.schema.RunActivity.Blocker;
import dev.lockkeeper.schema.RunEnd;
import dev.lockkeeper.schema.RunOrigin;
import dev.lockkeeper.schema.RunProgress;
import dev.lockkeeper.schema.RunRecord;
import dev.lockkeeper.schema.RunStart;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.schema.SchemaVersion;
import dev.lockkeeper.testing.FakeSchema;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.Http.Answer;
import org.assertj.core.api.SoftAssertions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the endpoint shows while the application starts.
 */
class EarlySchemaEndpointTests {

	private static final String PATH = "/actuator/schema";

	private static final String RUNBOOK = "https://wiki.example.com/{status}";

	private static final String BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

	private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

	private static final ModeDecision DECISION = new ModeDecision(Mode.DEFER, "lockkeeper.mode is set to defer", false,
			false, true);

	private static final ChangeSetReference NEXT = new ChangeSetReference("3 \"ü\"", "me", "db/a.sql");

	private static final RunStart START = new RunStart("run-1", "liquibase",
			new RunOrigin("MIGRATE_ONLY", "app", "1.2.3", "pod"), "app pod/1", "level", 1, 0, null,
			Duration.ofMillis(40), NOW.minusSeconds(20))
		.blockedBy(new LockContention(1, NEXT, "did not get a lock on a table within 2s", NOW.minusSeconds(2)));

	private static final SchemaState PENDING = new SchemaState(SchemaStatus.PENDING, NOW,
			new SchemaVersion(new ChangeSetReference("2", "me", "db/a.sql"), "v2", NOW.minusSeconds(9), 2), 2,
			List.of(NEXT), List.of(), List.of(), new LockHolder("app pod/1", NOW.minusSeconds(20), NOW), null);

	private static final SchemaInspection RUNNING = new SchemaInspection(PENDING,
			RunProgress.of(START, PENDING, "level",
					new RunActivity(NOW, "ALTER TABLE", 0.25,
							List.of(new Blocker(1, "psql", "me", "idle", NOW, "UPDATE berth")))),
			List.of(new RunRecord(START, RunEnd.read("MIGRATION", 70, 0, null, NEXT, "42P07",
					"relation \"a\" already exists\n\t</script>", NOW, NOW))));

	private final InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), Http.freePort());

	private final StartProgress progress = new StartProgress(null, System::nanoTime);

	private final AtomicReference<@Nullable RunOrigin> process = new AtomicReference<>(
			new RunOrigin("DEFER", "harbour", "1.2.3", "pod-7"));

	private Supplier<Map<String, SchemaInspection>> inspections = this.progress::getInspections;

	private ProbeServer server = open(PATH, true);

	private ProbeServer open(String path, boolean shown) {
		Opening opening = new Opening(WebPort.MANAGEMENT, this.address, Set.of("/live"), Set.of("/ready"), path);
		EarlySchemaEndpoint endpoint = new EarlySchemaEndpoint(path, DECISION, () -> this.inspections.get(), shown,
				new Runbook(RUNBOOK), this.process::get);
		try {
			return ProbeServer.open(this.address, new ProbeHandler(opening, DECISION, false, this.progress, endpoint));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@AfterEach
	void close() {
		this.server.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "schema", "ops/tables" })
	void theAnswersAreThoseOfTheEndpoint(String mapped) {
		String root = "/actuator/" + mapped;
		this.server.close();
		this.server = open(root, true);
		Map<String, SchemaInspection> known = new LinkedHashMap<>();
		known.put("liquibase", RUNNING);
		known.put("tenants/a", SchemaInspection.of(SchemaState.unreadable(NOW, "ERROR: permission denied")));
		known.put("tenants/runs", SchemaInspection.of(PENDING.confirmed(NOW)));
		known.forEach(this.progress::found);
		try (ConfigurableApplicationContext context = application(known,
				"--management.endpoints.web.path-mapping.schema=" + mapped)) {
			int port = context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
			assertThat(Http.get(port, root).body()).as("the endpoint itself").contains("\"run\":{\"runId\":\"run-1\"");
			assertThat(Http.get(port, root, BROWSER).body()).contains(
					"href=\"%s/liquibase/runs\"".formatted(mapped.replace("ops/", "")),
					"href=\"https://wiki.example.com/migration\"");
			SoftAssertions.assertSoftly((softly) -> {
				for (String path : List.of(root, root + "/liquibase", root + "/liquibase/runs", root + "/tenants/a",
						root + "/tenants/a/runs", root + "/tenants/runs", root + "/tenants/runs/runs",
						root + "/unknown", root + "/unknown/runs", root + "/runs", root + "/")) {
					for (String accept : List.of(BROWSER, "*/*", "application/json", "application/*", "text/html",
							"text/*", "application/vnd.spring-boot.actuator.v2+json", "image/png", "nonsense",
							"text/plain", "text/plain, text/html", "text/html;q=0.5, application/json",
							"text/html, application/json;q=0.5")) {
						Answer expected = Http.get(port, path, accept);
						Answer early = Http.get(this.address.getPort(), path, accept);
						softly.assertThat(early.status()).as(path + " as " + accept).isEqualTo(expected.status());
						if (expected.status() == 200) {
							softly.assertThat(early).as(path + " as " + accept).isEqualTo(expected);
						}
					}
				}
				softly.assertThat(Http.get(this.address.getPort(), root)).isEqualTo(Http.get(port, root));
			});
		}
	}

	@Test
	void nothingIsKnownBeforeTheFirstInspection() {
		assertThat(Http.get(this.address.getPort(), PATH)
			.is(200, "{\"mode\":{\"value\":\"DEFER\",\"reason\":\"lockkeeper.mode is set to defer\"},\"schemas\":{}}"))
			.isTrue();
		assertThat(Http.get(this.address.getPort(), PATH, BROWSER).body()).contains("May serve: no",
				"No schema has been inspected yet.");
		assertThat(Http.get(this.address.getPort(), PATH + "/liquibase").status()).isEqualTo(404);
	}

	@Test
	void aFailedInspectionIsShownWithWhatWasKnownBefore() {
		this.progress.found("liquibase", RUNNING);
		this.progress.failed("liquibase", NOW.plusSeconds(60), "The database does not answer.");
		assertThat(Http.get(this.address.getPort(), PATH + "/liquibase").body()).startsWith(
				"{\"status\":\"UNREADABLE\",\"checkedAt\":\"2026-01-02T03:05:05Z\",\"engine\":null,\"version\":{\"id\":\"2\"")
			.contains("\"lock\":null,\"run\":null,\"lastRun\":{\"runId\":\"run-1\",\"status\":\"MIGRATION\"")
			.endsWith("\"problem\":\"The database does not answer.\"}");
	}

	@Test
	void isThereLaterUntilTheApplicationIsKnownToHaveIt() throws IOException {
		this.process.set(null);
		assertThat(ask("GET " + PATH)).startsWith("HTTP/1.1 503 ")
			.containsIgnoringCase("Retry-After: 5\r\n")
			.endsWith("\r\n\r\n{\"status\":503,\"error\":\"Service Unavailable\"}");
	}

	@Test
	void viewsThatNeedTheDatabaseAreThereLater() throws IOException {
		this.progress.found("liquibase", RUNNING);
		for (String view : List.of("/applied", "/sql")) {
			assertThat(ask("GET " + PATH + "/liquibase" + view)).startsWith("HTTP/1.1 503 ")
				.endsWith("\r\n\r\n{\"status\":503,\"error\":\"Service Unavailable\"}");
		}
		assertThat(ask("GET " + PATH + "/unknown/applied")).startsWith("HTTP/1.1 404 ");
	}

	@Test
	void aHiddenEndpointNamesTheSettingThatShowsIt() throws IOException {
		this.server.close();
		this.server = open(PATH, false);
		this.progress.found("liquibase", RUNNING);
		for (String path : List.of(PATH, PATH + "/liquibase", PATH + "/unknown")) {
			assertThat(ask("GET " + path)).startsWith("HTTP/1.1 503 ")
				.containsIgnoringCase("Retry-After: 5\r\n")
				.contains("lockkeeper.probe.schema=always")
				.doesNotContain("PENDING");
		}
		assertThat(ask("GET /")).doesNotContain("lockkeeper.probe.schema");
	}

	@ParameterizedTest
	@ValueSource(strings = { "POST /actuator/schema", "DELETE /actuator/schema/liquibase", "OPTIONS /actuator/schema",
			"GET /actuator/schematic", "GET /actuator", "GET /actuator/schema%00" })
	void everythingElseIsThereLater(String request) throws IOException {
		assertThat(ask(request)).startsWith("HTTP/1.1 503 ")
			.endsWith("{\"status\":503,\"error\":\"Service Unavailable\"}");
	}

	@Test
	void headIsAnsweredWithoutABodyAndNoConnectionIsKept() throws IOException {
		this.progress.found("liquibase", RUNNING);
		assertThat(ask("HEAD " + PATH)).startsWith("HTTP/1.1 200 ")
			.containsIgnoringCase("Content-Type: application/vnd.spring-boot.actuator.v3+json\r\n")
			.containsIgnoringCase("Connection: close\r\n")
			.endsWith("\r\n\r\n");
		assertThat(ask("GET " + PATH)).containsIgnoringCase("Connection: close\r\n").endsWith("}");
		assertThat(ask("HEAD " + PATH + "/unknown")).startsWith("HTTP/1.1 404 ").endsWith("\r\n\r\n");
	}

	@Test
	void anAnswerThatFailsIsAFailureOfThatAnswerAlone() throws IOException {
		this.inspections = () -> {
			throw new IllegalStateException("broken");
		};
		assertThat(ask("GET " + PATH)).startsWith("HTTP/1.1 500 ").doesNotContain("broken");
		this.inspections = this.progress::getInspections;
		assertThat(ask("GET " + PATH)).startsWith("HTTP/1.1 200 ");
		assertThat(ask("GET /live")).startsWith("HTTP/1.1 200 ");
	}

	private String ask(String request) throws IOException {
		try (Socket socket = new Socket(this.address.getAddress(), this.address.getPort())) {
			socket.setSoTimeout(10_000);
			socket.getOutputStream()
				.write("%s HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n"
					.formatted(request)
					.getBytes(StandardCharsets.US_ASCII));
			return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		}
	}

	private static ConfigurableApplicationContext application(Map<String, SchemaInspection> known, String mapping) {
		ConfigurableApplicationContext context = new SpringApplication(WebApplication.class).run(mapping,
				"--server.port=0", "--management.endpoint.schema.runbook-url=" + RUNBOOK, "--lockkeeper.mode=defer",
				"--spring.liquibase.enabled=false", "--spring.main.banner-mode=off",
				"--management.endpoints.web.exposure.include=schema", "--spring.application.name=harbour",
				"--spring.application.version=1.2.3", "--HOSTNAME=pod-7");
		SchemaGate gate = context.getBean(SchemaGate.class);
		known.forEach((name, inspection) -> gate.add(new FakeSchema(name).inspection(inspection)));
		return context;
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class WebApplication {

	}

}
