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

import dev.lockkeeper.testsupport.Chromium;
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
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What somebody sees on the dashboard when a second release is rolled out: its Job dies,
 * is started again and takes over, migrates one schema and fails in the other. The
 * picture is in {@code target/screenshots}; the best one is
 * {@code docs/images/dashboard.png}.
 */
@EnabledIfSystemProperty(named = "chaos", matches = "full")
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
				.filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline')
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

	private final List<JavaProcess> pods = new ArrayList<>();

	@BeforeAll
	static void needsChromium() {
		Requirement.require("chromium", Chromium.findObstacle());
		Prometheus.require("prometheus");
		browser = Chromium.start(profile);
		browser.executeCdpCommand("Emulation.setDeviceMetricsOverride",
				Map.of("width", 1160, "height", 1432, "deviceScaleFactor", 1.25, "mobile", false));
	}

	@AfterAll
	static void close() {
		if (browser != null) {
			browser.quit();
		}
	}

	@AfterEach
	void stopPods() {
		this.pods.forEach(JavaProcess::close);
	}

	@Test
	void showsWhatHappened() throws IOException {
		this.database.execute("CREATE SCHEMA harbour", "CREATE SCHEMA billing");
		String harbour = log("harbour", ONE, "quays", "berths", "cranes");
		String billing = log("billing", ONE, "invoices", "payments");
		Release one = release("one", harbour, billing);
		Release two = release("two",
				harbour + log("harbour", SLOW, "depth", "length", "shelter", "lights", "power", "water"),
				billing + log("billing", NEW, "vat") + log("billing", BAD, "totals"));
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
			lookUntil(prometheus, "count(lockkeeper_schema_status{status='AHEAD'} == 1) == 4");
			prometheus.await("time() - max(lockkeeper_last_run_ended_seconds) >= 10");
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
		assertTiles("Status", tile("billing AHEAD", "2", GREEN), tile("billing PENDING", "1", ORANGE),
				tile("harbour AHEAD", "2", GREEN), tile("harbour CURRENT", "2", GREEN));
		assertTiles("Version", tile("pods: billing vat by crew", "", BLUE),
				tile("pods: harbour water by crew", "", BLUE), tile("jobs: harbour water by crew", "", BLUE));
		assertTiles("Ready processes", tile("DEFER", "1", GREEN), tile("SELF", "1", GREEN));
		assertTiles("Last run failed", tile("billing", "1", RED), tile("harbour", "0", GREEN));
		assertTiles("Last run", tile("billing: MIGRATION 42703 billing.sql::totals::crew", "", RED),
				tile("harbour: DONE", "", GREEN));
		assertTiles("Missing", tile("billing billing.sql::totals::crew", "1", ORANGE),
				tile("harbour none", "0", GREEN));
		assertTiles("Migrating", tile("billing nobody", "0 %", BLUE), tile("harbour nobody", "0 %", BLUE));
		assertThat(tiles("Since the last run")).extracting(Tile::name).containsExactlyInAnyOrder("billing", "harbour");
		assertThat(tiles("Since the last run")).extracting(Tile::colour).containsOnly(BLUE);
		assertLines("Pending and unknown change sets", "billing pending", "harbour pending", "billing unknown",
				"harbour unknown");
		assertLines("Run under way, and lock held", "billing run", "harbour run", "billing lock held",
				"harbour lock held");
		assertLines("Runs", "billing MIGRATED DONE", "billing FAILED MIGRATION", "harbour MIGRATED DONE");
		assertLines("Time of a run, of its wait for the lock", "billing run", "harbour run", "billing wait",
				"harbour wait");
		assertLines("Change sets", "billing EXECUTED", "billing FAILED", "harbour EXECUTED");
		assertLines("Time of a change set", "billing mean", "harbour mean");
		assertLines("Lost leases, takeovers, retries", "billing lost", "harbour lost", "billing taken over",
				"harbour taken over", "billing retried", "harbour retried");
		assertThat(highest("Pending and unknown change sets", "harbour pending")).isEqualTo(6);
		assertThat(highest("Pending and unknown change sets", "billing unknown")).isEqualTo(1);
		assertThat(highest("Run under way, and lock held", "harbour run")).isGreaterThan(2);
		assertThat(highest("Run under way, and lock held", "harbour lock held")).isGreaterThan(2);
		assertThat(highest("Lost leases, takeovers, retries", "harbour taken over")).isEqualTo(1);
		assertThat(highest("Lost leases, takeovers, retries", "harbour lost")).isZero();
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
	 * Look at the endpoint of each pod, which makes it look at its schemas, until a query
	 * yields something. Serving pods look ever more seldom by themselves.
	 */
	private void lookUntil(Prometheus prometheus, String query) {
		Awaitility.await(query).atMost(Observed.START).pollInterval(Duration.ofSeconds(1)).until(() -> {
			for (JavaProcess pod : this.pods) {
				assertThat(Http.get(pod.awaitPort(Observed.START), "/actuator/schema").status()).isEqualTo(200);
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
		this.pods.add(release.process(this.database)
			.arguments("--server.port=0", "--lockkeeper.mode=" + mode, "--lockkeeper.defer.startup=serve",
					"--lockkeeper.readiness.refresh-interval=1s",
					"--management.endpoints.web.exposure.include=health,prometheus,schema")
			.start());
		String targets = this.pods.stream()
			.map((pod) -> "\"127.0.0.1:%d\"".formatted(pod.awaitPort(Observed.START)))
			.collect(Collectors.joining(", ", "[ { \"targets\": [ ", " ] } ]"));
		Path written = Files.writeString(this.directory.resolve("targets.new"), targets);
		Files.move(written, targets(), StandardCopyOption.ATOMIC_MOVE);
	}

	private JavaProcess startJob(Release release, Sink gateway) {
		return release.process(this.database)
			.arguments("--migrate-only", "--lockkeeper.lock.lease=5s",
					"--management.prometheus.metrics.export.pushgateway.enabled=true",
					"--management.prometheus.metrics.export.pushgateway.format=text",
					"--management.prometheus.metrics.export.pushgateway.push-rate=1s",
					"--management.prometheus.metrics.export.pushgateway.address=127.0.0.1:" + gateway.getPort())
			.start();
	}

	private Release release(String name, String harbour, String billing) throws IOException {
		Path folder = Files.createDirectory(this.directory.resolve(name));
		String head = "--liquibase formatted sql\n";
		return new Release(Files.writeString(folder.resolve("harbour.sql"), head + harbour),
				Files.writeString(folder.resolve("billing.sql"), head + billing));
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
				    static_configs: [ { targets: [ "127.0.0.1:%d" ] } ]
				""".formatted(targets(), gateway);
	}

	private Path targets() {
		return this.directory.resolve("targets.json");
	}

	/**
	 * A release of the application.
	 *
	 * @param harbour the changelog of one schema
	 * @param billing the changelog of the other
	 */
	private record Release(Path harbour, Path billing) {

		JavaProcess.Builder process(TestDatabase database) {
			return JavaProcess.ofMainClass(HarbourApplication.class.getName())
				.database(database)
				.arguments("--spring.main.banner-mode=off", "--logging.level.liquibase=warn",
						"--spring.application.name=harbour", "--harbour=" + this.harbour, "--billing=" + this.billing,
						"--management.otlp.metrics.export.enabled=false", Observed.NO_EXEMPLARS);
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
