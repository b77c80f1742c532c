// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observability;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.lockkeeper.testsupport.Chromium;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.Requirement;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What the dashboard shows when a second release is rolled out: its Job dies, is started
 * again and takes over, migrates one schema and fails in the other. Another application,
 * with a schema of the same name, migrates it after that. The picture is in
 * {@code target/screenshots}; the best one is {@code docs/images/dashboard.png}.
 */
@FullTier
class DashboardPictureIT {

	private static final Path SCREENSHOTS = Path.of("target", "screenshots");

	private static final String GREEN = "rgba(115, 191, 105, 1)";

	private static final String ORANGE = "rgba(255, 152, 48, 1)";

	private static final String RED = "rgba(242, 73, 92, 1)";

	private static final String BLUE = "rgba(87, 148, 242, 1)";

	private static final String ONE = "create table %1$s.%2$s (id int primary key);";

	private static final String SLOW = "alter table harbour.quays add column %2$s int; select pg_sleep(2);";

	private static final String NEW = "alter table billing.invoices add column %2$s numeric; select pg_sleep(0.5);";

	private static final String BAD = "create view billing.%2$s as select vat * net from billing.invoices;";

	/**
	 * The texts that do not fit.
	 */
	private static final String CUT = """
			return [...document.querySelectorAll('h2, .name, .value, li, header *')]
				.filter((e) => e.scrollWidth > e.clientWidth && getComputedStyle(e).display !== 'inline')
				.map((e) => e.textContent);
			""";

	/**
	 * Whether the last line of a chart, which lies above all others, can be seen.
	 */
	private static final String DRAWN = """
			const chart = charts[arguments[0]];
			const canvas = chart.ctx.canvas;
			const pixels = chart.ctx.getImageData(0, 0, canvas.width, canvas.height).data;
			const colour = chart.series.at(-1).stroke().slice(1).match(/../g).map((part) => parseInt(part, 16));
			let seen = 0;
			for (let i = 0; i < pixels.length; i += 4) {
				if (colour.every((part, k) => pixels[i + k] === part)) { seen++; }
			}
			return seen > 20;
			""";

	@TempDir
	static Path profile;

	private static ChromeDriver browser;

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final TestDatabase ordersDatabase = TestPostgres.shared().createDatabase();

	private final List<Pod> pods = new ArrayList<>();

	@BeforeAll
	static void needsChromium() {
		Requirement.require("chromium", Chromium.findObstacle());
		Prometheus.require("prometheus");
		browser = Chromium.start(profile);
		browser.executeCdpCommand("Emulation.setDeviceMetricsOverride",
				Map.of("width", 1160, "height", 1700, "deviceScaleFactor", 1.25, "mobile", false));
	}

	@AfterAll
	static void close() {
		if (browser != null) {
			browser.quit();
		}
	}

	@AfterEach
	void stopPods() {
		this.pods.forEach((pod) -> pod.process().close());
	}

	@Test
	void showsWhatHappened() throws IOException {
		this.database.execute("CREATE SCHEMA harbour", "CREATE SCHEMA billing");
		this.ordersDatabase.execute("CREATE SCHEMA billing");
		String harbour = log("harbour", ONE, "quays", "berths", "cranes");
		String billing = log("billing", ONE, "invoices", "payments");
		Release one = release("one", harbour, billing);
		Release two = release("two",
				harbour + log("harbour", SLOW, "depth", "length", "shelter", "lights", "power", "water"),
				billing + log("billing", NEW, "vat") + log("billing", BAD, "totals"));
		Release orders = orders(log("billing", ONE, "orders", "refunds"));
		try (Sink gateway = Sink.answering(200);
				Prometheus prometheus = Prometheus.scraping(this.directory, Duration.ofSeconds(1),
						scrapes(gateway.getPort()))) {
			startPod(one, "defer");
			prometheus.await("lockkeeper_schema_pending > 0");
			Instant begin = Instant.now();
			startPod(one, "self");
			prometheus.await("count(lockkeeper_schema_status{status='CURRENT'} == 1) == 4");
			startPod(two, "defer");
			prometheus.await("count(lockkeeper_schema_status{status='PENDING'} == 1) == 2");
			try (JavaProcess job = startJob(two, gateway)) {
				prometheus.await("max(lockkeeper_schema_lock_held_seconds) >= 3");
				job.kill();
			}
			try (JavaProcess job = startJob(two, gateway)) {
				assertThat(job.awaitExit(Observed.START)).as(job::getOutput).isEqualTo(70);
			}
			inspectUntil(prometheus, "count(lockkeeper_schema_status{status='AHEAD'} == 1) == 4");
			startPod(orders, "self");
			// On a slow machine ten seconds would be too few pixels of the time that is
			// shown, and the run may have ended long before Prometheus scrapes its pod
			long visible = Math.max(10, Duration.between(begin, Instant.now()).toSeconds() / 8);
			prometheus.await(
					"time() - min_over_time(timestamp(lockkeeper_schema_unknown{job='orders'})[1h:1s]) >= " + visible);
			DashboardPicture picture = DashboardPicture.of(prometheus, begin, Instant.now());
			open(picture, "dashboard");
			Chromium.shoot(browser, SCREENSHOTS.resolve("dashboard.png"));
			assertEverythingIsShown();
			open(picture.without("Runs"), "dashboard-without-runs");
			assertThatExceptionOfType(AssertionError.class).isThrownBy(this::assertEverythingIsShown)
				.withMessageContaining("No data");
		}
	}

	private void assertEverythingIsShown() {
		assertThat(browser.findElements(By.tagName("h2"))).allMatch(WebElement::isDisplayed)
			.extracting(WebElement::getText)
			.containsExactlyElementsOf(Dashboard.panels().stream().map(Dashboard.Panel::title).toList());
		assertThat(browser.findElement(By.tagName("body")).getText()).doesNotContain("No data");
		assertThat(browser.executeScript(CUT)).isEqualTo(List.of());
		assertTiles("Status", tile("harbour: billing AHEAD", "2", GREEN), tile("harbour: billing PENDING", "1", ORANGE),
				tile("harbour: harbour AHEAD", "2", GREEN), tile("harbour: harbour CURRENT", "2", GREEN),
				tile("orders: billing CURRENT", "1", GREEN));
		assertTiles("Version", tile("harbour: billing vat by crew", "", BLUE),
				tile("harbour: harbour water by crew", "", BLUE), tile("orders: billing refunds by crew", "", BLUE));
		assertTiles("Ready processes", tile("harbour: DEFER", "1", GREEN), tile("harbour: SELF", "1", GREEN),
				tile("orders: SELF", "1", GREEN));
		assertTiles("Not ready", tile("harbour: DEFER", "1", RED), tile("harbour: SELF", "0", GREEN),
				tile("orders: SELF", "0", GREEN));
		assertTiles("Last run", tile("harbour: billing MIGRATION 42703 billing.sql::totals::crew", "", RED),
				tile("harbour: harbour DONE", "", GREEN), tile("orders: billing DONE", "", GREEN));
		assertTiles("Missing", tile("harbour: billing billing.sql::totals::crew", "1", ORANGE),
				tile("harbour: harbour none", "0", GREEN), tile("orders: billing none", "0", GREEN));
		assertTiles("Migrating", tile("harbour: billing none", "0 %", BLUE), tile("harbour: harbour none", "0 %", BLUE),
				tile("orders: billing none", "0 %", BLUE));
		assertThat(tiles("Since the last run")).extracting(Tile::name)
			.containsExactlyInAnyOrder("harbour: billing", "harbour: harbour", "orders: billing");
		assertThat(tiles("Since the last run")).extracting(Tile::colour).containsOnly(BLUE);
		assertLines("Pending and unknown change sets", ofEachSchema("pending", "unknown"));
		assertLines("Run under way, and lock held", ofEachSchema("run", "lock held"));
		assertLines("Runs", "harbour: billing MIGRATED DONE", "harbour: billing FAILED MIGRATION",
				"harbour: harbour MIGRATED DONE", "orders: billing MIGRATED DONE");
		assertLines("Time of a run, of its wait for the lock", ofEachSchema("run", "wait"));
		assertLines("Change sets", "harbour: billing EXECUTED", "harbour: billing FAILED", "harbour: harbour EXECUTED",
				"orders: billing EXECUTED");
		assertLines("Time of a change set", ofEachSchema("mean"));
		assertLines("Lost leases, takeovers, retries, blocked",
				ofEachSchema("lost", "taken over", "retried", "blocked"));
		assertThat(highest("Pending and unknown change sets", "harbour: harbour pending")).isEqualTo(6);
		assertThat(highest("Pending and unknown change sets", "harbour: billing unknown")).isEqualTo(1);
		assertThat(highest("Run under way, and lock held", "harbour: harbour run")).isGreaterThan(2);
		assertThat(highest("Run under way, and lock held", "harbour: harbour lock held")).isGreaterThan(2);
		assertThat(highest("Lost leases, takeovers, retries, blocked", "harbour: harbour taken over")).isEqualTo(1);
		assertThat(highest("Lost leases, takeovers, retries, blocked", "harbour: harbour lost")).isZero();
		assertThat(highest("Lost leases, takeovers, retries, blocked", "orders: billing taken over")).isZero();
	}

	private static String[] ofEachSchema(String... lines) {
		return Stream.of("harbour: billing", "harbour: harbour", "orders: billing")
			.flatMap((schema) -> Arrays.stream(lines).map((line) -> schema + " " + line))
			.toArray(String[]::new);
	}

	private static void assertTiles(String panel, Tile... tiles) {
		assertThat(tiles(panel)).as(panel).containsExactlyInAnyOrder(tiles);
	}

	private static List<Tile> tiles(String panel) {
		return panel(panel).findElements(By.className("tile"))
			.stream()
			.map((tile) -> tile(tile.findElement(By.className("name")).getText(),
					tile.findElement(By.className("value")).getText(), tile.getCssValue("background-color")))
			.toList();
	}

	private static Tile tile(String name, String value, String colour) {
		return new Tile(name, value, colour);
	}

	private static void assertLines(String panel, String... names) {
		assertThat(panel(panel).findElements(By.tagName("li"))).as(panel)
			.allMatch(WebElement::isDisplayed)
			.extracting(WebElement::getText)
			.containsExactlyInAnyOrder(names);
		for (String name : names) {
			assertThat(highest(panel, name)).as(panel + ": " + name).isNotNegative();
		}
		assertThat((Boolean) browser.executeScript(DRAWN, panel)).as(panel).isTrue();
	}

	/**
	 * Return the highest value of a line that is drawn within its chart.
	 */
	private static double highest(String panel, String name) {
		Object found = browser.executeScript("""
				const chart = charts[arguments[0]];
				const line = chart.series.findIndex((series) => series.label === arguments[1]);
				const highest = Math.max(...chart.data[line].filter((value) => value !== null));
				const place = chart.valToPos(highest, 'y');
				return place >= 0 && place <= chart.over.clientHeight ? highest : -1;
				""", panel, name);
		return ((Number) found).doubleValue();
	}

	private static WebElement panel(String title) {
		return browser.findElement(By.xpath("//section[h2='%s']".formatted(title)));
	}

	/**
	 * Read the endpoint of each pod, which makes it inspect its schemas, until a query
	 * yields something. Serving pods inspect ever more rarely by themselves.
	 */
	private void inspectUntil(Prometheus prometheus, String query) {
		Awaitility.await(query).atMost(Observed.START).pollInterval(Duration.ofSeconds(1)).until(() -> {
			for (Pod pod : this.pods) {
				assertThat(Http.get(pod.awaitPort(), "/actuator/schema").status()).isEqualTo(200);
			}
			return !prometheus.query(query).isEmpty();
		});
	}

	private static void open(DashboardPicture picture, String name) {
		browser.get(picture.write(SCREENSHOTS.toAbsolutePath().resolve(name + ".html")).toUri().toString());
	}

	/**
	 * Start a pod, and have it scraped as soon as it answers.
	 */
	private void startPod(Release release, String mode) throws IOException {
		JavaProcess process = release.process()
			.arguments("--server.port=0", "--lockkeeper.mode=" + mode, "--lockkeeper.defer.startup=serve",
					"--lockkeeper.readiness.refresh-interval=1s",
					"--management.endpoints.web.exposure.include=health,prometheus,schema")
			.start();
		this.pods.add(new Pod(release.name(), process));
		String targets = this.pods.stream()
			.map((pod) -> """
					{ "targets": [ "127.0.0.1:%d" ], "labels": { "job": "%s" } }""".formatted(pod.awaitPort(),
					pod.application()))
			.collect(Collectors.joining(", ", "[ ", " ]"));
		Path written = Files.writeString(this.directory.resolve("targets.new"), targets);
		Files.move(written, targets(), StandardCopyOption.ATOMIC_MOVE);
	}

	private JavaProcess startJob(Release release, Sink gateway) {
		return release.process()
			.arguments("--migrate-only", "--lockkeeper.lock.lease=5s",
					"--management.prometheus.metrics.export.pushgateway.enabled=true",
					"--management.prometheus.metrics.export.pushgateway.format=text",
					"--management.prometheus.metrics.export.pushgateway.push-rate=1s",
					"--management.prometheus.metrics.export.pushgateway.address=127.0.0.1:" + gateway.getPort())
			.start();
	}

	private Release release(String number, String harbour, String billing) throws IOException {
		return new Release(HarbourApplication.class, "harbour", this.database,
				List.of("--harbour=" + changelog(number + "-harbour.sql", harbour),
						"--billing=" + changelog(number + "-billing.sql", billing)));
	}

	private Release orders(String billing) throws IOException {
		return new Release(OrdersApplication.class, "orders", this.ordersDatabase,
				List.of("--billing=" + changelog("orders.sql", billing)));
	}

	private Path changelog(String name, String log) throws IOException {
		return Files.writeString(this.directory.resolve(name), "--liquibase formatted sql\n" + log);
	}

	private static String log(String schema, String sql, String... names) {
		return Arrays.stream(names)
			.map((name) -> ("\n--changeset crew:%2$s logicalFilePath:%1$s.sql\n" + sql + "\n").formatted(schema, name))
			.collect(Collectors.joining());
	}

	private String scrapes(int gateway) {
		return """
				  - job_name: pods
				    metrics_path: /actuator/prometheus
				    file_sd_configs: [ { files: [ "%s" ], refresh_interval: 1s } ]
				  - job_name: jobs
				    static_configs: [ { targets: [ "127.0.0.1:%d" ], labels: { job: harbour } } ]
				""".formatted(targets(), gateway);
	}

	private Path targets() {
		return this.directory.resolve("targets.json");
	}

	/**
	 * A release of an application.
	 *
	 * @param main its main class
	 * @param name the name of the application
	 * @param database its database
	 * @param changelogs the arguments that name the changelogs of its schemas
	 */
	private record Release(Class<?> main, String name, TestDatabase database, List<String> changelogs) {

		JavaProcess.Builder process() {
			return JavaProcess.ofMainClass(this.main.getName())
				.database(this.database)
				.arguments("--spring.main.banner-mode=off", "--logging.level.liquibase=warn",
						"--spring.application.name=" + this.name, "--management.otlp.metrics.export.enabled=false",
						Observed.NO_EXEMPLARS)
				.arguments(this.changelogs.toArray(String[]::new));
		}

	}

	/**
	 * A process that is scraped.
	 *
	 * @param application the name of its application
	 * @param process the process
	 */
	private record Pod(String application, JavaProcess process) {

		int awaitPort() {
			return this.process.awaitPort(Observed.START);
		}

	}

	/**
	 * A value that is shown large.
	 *
	 * @param name its name
	 * @param value the value, with its unit
	 * @param colour what it is shown on
	 */
	private record Tile(String name, String value, String colour) {
	}

}
