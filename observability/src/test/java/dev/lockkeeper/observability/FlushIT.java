// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observability;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A process that migrates and exits sends what it has measured, when Spring Boot is
 * configured for a place to send it to.
 */
class FlushIT {

	private static final String GOOD = "create table one (id int primary key);";

	private static final String BAD = "create nonsense;";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	void sendsToAPushgateway() {
		try (Sink sink = Sink.answering(202)) {
			assertExit(0, GOOD, toPushgateway(sink));
			Sink.Push push = last(sink);
			assertThat(push.method()).isEqualTo("PUT");
			assertThat(push.path()).isEqualTo("/metrics/job/observed");
			assertThat(push.body())
				.containsPattern(series("lockkeeper_run_seconds_count", "1(\\.0)?", "mode=\"MIGRATE_ONLY\"",
						"outcome=\"MIGRATED\"", "schema=\"liquibase\"", "status=\"DONE\""))
				.containsPattern(series("lockkeeper_change_set_seconds_count", "1(\\.0)?", "outcome=\"EXECUTED\""))
				.containsPattern(series("lockkeeper_schema_status", "1(\\.0)?", "status=\"CURRENT\""))
				.containsPattern(series("lockkeeper_last_run_failed", "0(\\.0)?", "schema=\"liquibase\""));
		}
	}

	@Test
	void sendsAlsoThatItHasFailed() {
		try (Sink sink = Sink.answering(202)) {
			assertExit(70, BAD, toPushgateway(sink));
			assertThat(last(sink).body())
				.containsPattern(series("lockkeeper_run_seconds_count", "1(\\.0)?", "outcome=\"FAILED\"",
						"status=\"MIGRATION\""))
				.containsPattern(series("lockkeeper_change_set_seconds_count", "1(\\.0)?", "outcome=\"FAILED\""))
				.containsPattern(series("lockkeeper_last_run_failed", "1(\\.0)?", "schema=\"liquibase\""));
		}
	}

	@Test
	void whoSaysHowThePushgatewayIsToldAtTheEndIsHeard() {
		try (Sink sink = Sink.answering(202)) {
			List<String> arguments = new ArrayList<>(List.of(toPushgateway(sink)));
			arguments.add("--management.prometheus.metrics.export.pushgateway.shutdown-operation=post");
			assertExit(0, GOOD, arguments.toArray(String[]::new));
			assertThat(last(sink).method()).isEqualTo("POST");
		}
	}

	@Test
	void sendsMetricsAndSpansByOtlp() {
		try (Sink sink = Sink.answering(200)) {
			assertExit(0, GOOD, "--management.otlp.metrics.export.url=" + sink.getUrl() + "/v1/metrics",
					"--management.opentelemetry.tracing.export.otlp.endpoint=" + sink.getUrl() + "/v1/traces",
					"--management.tracing.sampling.probability=1");
			assertThat(sink.getPushes()).filteredOn((push) -> push.path().equals("/v1/metrics"))
				.last()
				.extracting(Sink.Push::body)
				.asString()
				.contains("lockkeeper.run", "lockkeeper.lock.wait", "lockkeeper.change.set", "lockkeeper.takeovers",
						"lockkeeper.schema.pending", "MIGRATED");
			assertThat(sink.getPushes()).filteredOn((push) -> push.path().equals("/v1/traces"))
				.extracting(Sink.Push::body)
				.anyMatch((body) -> body.contains("schema migration") && body.contains("schema change set")
						&& body.contains("run.id"));
		}
	}

	@Test
	void whatCannotBeSentChangesNoExitCode() {
		try (Sink sink = Sink.answering(500)) {
			assertExit(0, GOOD, both(sink));
			assertThat(sink.getPushes()).extracting(Sink.Push::path).contains("/v1/metrics", "/metrics/job/observed");
		}
	}

	@Test
	void whoIsSilentIsNotWaitedForForEver() {
		try (Sink sink = Sink.silent()) {
			assertExit(70, BAD, both(sink));
			assertThat(sink.getPushes()).isNotEmpty();
		}
	}

	@Test
	void aStartThatFailsSendsAsWell() {
		try (Sink sink = Sink.answering(200);
				JavaProcess process = Observed.application(this.database, this.directory, BAD)
					.arguments("--lockkeeper.mode=self",
							"--management.otlp.metrics.export.url=" + sink.getUrl() + "/v1/metrics")
					.start()) {
			assertThat(process.awaitExit(Observed.START)).as(process::getOutput).isEqualTo(70);
			assertThat(last(sink).body()).contains("lockkeeper.run", "FAILED");
		}
	}

	@Test
	void createsNoRegistryForNobody() {
		JavaProcess process = assertExit(0, GOOD, "--management.otlp.metrics.export.enabled=false");
		assertThat(process.getOutput()).doesNotContain("CUSTOMIZED");
	}

	private JavaProcess assertExit(int code, String sql, String... arguments) {
		try (JavaProcess process = Observed.application(this.database, this.directory, sql)
			.arguments("--migrate-only")
			.arguments(arguments)
			.start()) {
			assertThat(process.awaitExit(Observed.START)).as(process::getOutput).isEqualTo(code);
			return process;
		}
	}

	private static String[] toPushgateway(Sink sink) {
		return new String[] { "--management.otlp.metrics.export.enabled=false",
				"--management.prometheus.metrics.export.pushgateway.enabled=true",
				"--management.prometheus.metrics.export.pushgateway.format=text",
				"--management.prometheus.metrics.export.pushgateway.address=127.0.0.1:" + sink.getPort() };
	}

	private static String[] both(Sink sink) {
		return new String[] { "--management.otlp.metrics.export.url=" + sink.getUrl() + "/v1/metrics",
				"--management.prometheus.metrics.export.pushgateway.enabled=true",
				"--management.prometheus.metrics.export.pushgateway.address=127.0.0.1:" + sink.getPort() };
	}

	private static Sink.Push last(Sink sink) {
		List<Sink.Push> pushes = sink.getPushes();
		assertThat(pushes).isNotEmpty();
		return pushes.get(pushes.size() - 1);
	}

	// Labels are in the order of their names
	private static Pattern series(String name, String value, String... labels) {
		return Pattern.compile("(?m)^%s\\{.*%s.*\\} %s$".formatted(name, String.join(".*", labels), value));
	}

}
