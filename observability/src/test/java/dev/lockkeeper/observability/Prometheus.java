// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observability;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.Requirement;
import org.awaitility.Awaitility;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A real Prometheus that scrapes applications and evaluates our alert rules, on the
 * loopback interface alone. Closing it ends its process.
 */
final class Prometheus implements AutoCloseable {

	static final Path RULES = Path.of("..", "docs", "observability", "alerts.yaml").toAbsolutePath().normalize();

	private static final Duration TIMEOUT = Duration.ofMinutes(2);

	private final Process process;

	private final int port;

	private final Path log;

	private Prometheus(Process process, int port, Path log) {
		this.process = process;
		this.port = port;
		this.log = log;
	}

	/**
	 * Skip the test when a program of Prometheus is not installed, or fail it where it
	 * has to be.
	 */
	static Path require(String program) {
		Optional<Path> found = Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
			.filter((directory) -> !directory.isBlank())
			.map((directory) -> Path.of(directory, program))
			.filter(Files::isExecutable)
			.findFirst();
		Requirement.require("promtool", found.isPresent() ? Optional.empty()
				: Optional.of(program + ", of Debian's package prometheus, is not installed"));
		return found.orElseThrow();
	}

	static Prometheus scraping(int application, Path directory) {
		return scraping(directory, Duration.ofSeconds(5), """
				  - job_name: observed
				    metrics_path: /actuator/prometheus
				    static_configs: [ { targets: [ "127.0.0.1:%d" ] } ]
				""".formatted(application));
	}

	/**
	 * Start one.
	 * @param directory where it may write
	 * @param interval the time between two scrapes
	 * @param scrapes what it scrapes: the elements of {@code scrape_configs}
	 */
	static Prometheus scraping(Path directory, Duration interval, String scrapes) {
		Path program = require("prometheus");
		try {
			int port = Http.freePort();
			Path configuration = Files.writeString(directory.resolve("prometheus.yml"), """
					global: { scrape_interval: %1$ds, scrape_timeout: %1$ds, evaluation_interval: 1s }
					rule_files: [ "%2$s" ]
					scrape_configs:
					%3$s
					""".formatted(interval.toSeconds(), RULES, scrapes));
			Path log = directory.resolve("prometheus.log");
			Process process = new ProcessBuilder(program.toString(), "--config.file=" + configuration,
					"--storage.tsdb.path=" + directory.resolve("data"), "--web.listen-address=127.0.0.1:" + port)
				.redirectErrorStream(true)
				.redirectOutput(log.toFile())
				.start();
			return new Prometheus(process, port, log);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Wait until a query yields something.
	 */
	void await(String query) {
		Awaitility.await(query).atMost(TIMEOUT).until(() -> {
			assertThat(this.process.isAlive()).as(() -> read(this.log)).isTrue();
			Http.Answer answer = Http.get(this.port, path(query));
			return answer.status() == 200 && !results(answer).isEmpty();
		});
	}

	/**
	 * Return the series that a query yields now.
	 */
	List<JsonNode> query(String query) {
		return ask(query, path(query));
	}

	/**
	 * Return the series that a query yielded at a time.
	 */
	List<JsonNode> query(String query, Instant at) {
		return ask(query, path(query) + "&time=" + at.getEpochSecond());
	}

	/**
	 * Return the series that a query yielded in each second between two times.
	 */
	List<JsonNode> query(String query, Instant from, Instant to) {
		return ask(query, "/api/v1/query_range?query=%s&start=%d&end=%d&step=1".formatted(encode(query),
				from.getEpochSecond(), to.getEpochSecond()));
	}

	private List<JsonNode> ask(String query, String path) {
		Http.Answer answer = Http.get(this.port, path);
		assertThat(answer.status()).as(query + ": " + answer.body()).isEqualTo(200);
		return results(answer);
	}

	/**
	 * Return the rules as Prometheus has evaluated them.
	 */
	List<JsonNode> rules() {
		JsonNode groups = JsonMapper.shared().readTree(Http.get(this.port, "/api/v1/rules").body()).at("/data/groups");
		return groups.valueStream().flatMap((group) -> group.get("rules").valueStream()).toList();
	}

	private static List<JsonNode> results(Http.Answer answer) {
		return JsonMapper.shared().readTree(answer.body()).at("/data/result").valueStream().toList();
	}

	private static String path(String query) {
		return "/api/v1/query?query=" + encode(query);
	}

	private static String encode(String query) {
		return URLEncoder.encode(query, StandardCharsets.UTF_8);
	}

	private static String read(Path file) {
		try {
			return Files.readString(file);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void close() {
		this.process.destroy();
		try {
			if (!this.process.waitFor(10, TimeUnit.SECONDS)) {
				this.process.destroyForcibly();
			}
		}
		catch (InterruptedException ex) {
			this.process.destroyForcibly();
			Thread.currentThread().interrupt();
		}
	}

}
