// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observability;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.metrics.v1.Metric;
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
	@FullTier
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
	@FullTier
	void aConfiguredShutdownOperationOfThePushgatewayStays() {
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
	@FullTier
	void rulesAndDashboardKnowWhatIsSentByOtlpInSeconds() throws IOException {
		try (Sink sink = Sink.answering(200)) {
			assertExit(0, GOOD, "--management.otlp.metrics.export.url=" + sink.getUrl() + "/v1/metrics",
					"--management.otlp.metrics.export.base-time-unit=seconds");
			Set<String> sent = ExportMetricsServiceRequest
				.parseFrom(last(sink).body().getBytes(StandardCharsets.ISO_8859_1))
				.getResourceMetricsList()
				.stream()
				.flatMap((resource) -> resource.getScopeMetricsList().stream())
				.flatMap((scope) -> scope.getMetricsList().stream())
				.flatMap(FlushIT::namesInPrometheus)
				.collect(Collectors.toSet());
			Set<String> missing = queriedNames();
			missing.removeAll(sent);
			// The first is of processes that serve, and the second has another name here
			assertThat(missing).containsExactlyInAnyOrder("lockkeeper_ready", "lockkeeper_run_active_seconds_max");
			assertThat(sent).contains("lockkeeper_run_active_max_seconds");
		}
	}

	private static Set<String> queriedNames() throws IOException {
		String rules = Files.readString(Prometheus.RULES);
		String dashboard = Dashboard.panels()
			.stream()
			.map((panel) -> panel.json().toString())
			.collect(Collectors.joining());
		return Pattern.compile("lockkeeper_\\w+")
			.matcher(rules + dashboard)
			.results()
			.map(MatchResult::group)
			.collect(Collectors.toCollection(TreeSet::new));
	}

	/**
	 * Return the names that a Prometheus gives to what it is sent by OTLP.
	 */
	private static Stream<String> namesInPrometheus(Metric metric) {
		String unit = metric.getUnit();
		String name = metric.getName().replace('.', '_') + (unit.isEmpty() ? "" : "_" + unit);
		return switch (metric.getDataCase()) {
			case SUM -> Stream.of(name + "_total");
			case HISTOGRAM -> Stream.of(name + "_count", name + "_sum");
			default -> Stream.of(name);
		};
	}

	@Test
	@FullTier
	void metricsThatCannotBeSentChangeNoExitCode() {
		try (Sink sink = Sink.answering(500)) {
			assertExit(0, GOOD, both(sink));
			assertThat(sink.getPushes()).extracting(Sink.Push::path).contains("/v1/metrics", "/metrics/job/observed");
		}
	}

	@Test
	@FullTier
	void aSilentReceiverIsNotWaitedForForEver() {
		try (Sink sink = Sink.silent()) {
			assertExit(70, BAD, both(sink));
			assertThat(sink.getPushes()).isNotEmpty();
		}
	}

	@Test
	@FullTier
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
	@FullTier
	void createsNoRegistryWithoutAnExporter() {
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
