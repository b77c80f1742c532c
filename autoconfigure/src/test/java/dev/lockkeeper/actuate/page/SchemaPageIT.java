// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.sun.net.httpserver.HttpServer;
import dev.lockkeeper.actuate.page.Browser.Light;
import dev.lockkeeper.actuate.page.Browser.Screen;
import dev.lockkeeper.process.Applications;
import dev.lockkeeper.testsupport.Chromium;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.Requirement;
import dev.lockkeeper.testsupport.SampledCases;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a browser shows: on a phone and on a wall, by day and at night. The screenshots
 * are in {@code target/screenshots}; with {@code -Dlockkeeper.docs.write=true} those of
 * the documentation are written anew.
 */
class SchemaPageIT {

	private static final double FROM_AFAR = 70;

	private static final double SMALL_ON_A_WALL = 16;

	private static final double SMALL_ON_A_PHONE = 11;

	private static final int[] WIDTHS = { 360, 480, 600, 768, 900, 1024, 1100, 1200, 1280, 1400, 1600, 1920 };

	private static final Map<String, Path> DOCUMENTED = Map.of("failed-wall-light", Path.of("page-wall-light.png"),
			"failed-phone-dark", Path.of("page-phone-dark.png"));

	@TempDir
	static Path profile;

	private static Browser browser;

	@TempDir
	Path directory;

	private static final Pattern END_OF_SESSION = Pattern.compile("SELECT pg_terminate_backend\\(\\d+\\);");

	@BeforeAll
	static void needsChromium() {
		Requirement.require("chromium", Chromium.findObstacle());
		browser = Browser.start(profile);
	}

	@AfterAll
	static void close() {
		if (browser != null) {
			browser.close();
		}
	}

	@ParameterizedTest
	@SampledCases(3)
	@EnumSource
	void isLegibleOnEveryScreen(Scene scene) throws Exception {
		try (Page page = Page.of(scene)) {
			for (Screen screen : Screen.values()) {
				for (Light light : Light.values()) {
					browser.become(screen, light);
					browser.open(page.url());
					String name = "%s-%s-%s".formatted(scene, screen, light).toLowerCase(Locale.ROOT);
					browser.shoot(name);
					document(name);
					assertThat(browser.faintTexts()).as(name).isEmpty();
					assertThat(browser.misplaced()).as(name).isEmpty();
					assertThat(browser.isInView("h1")).as(name).isTrue();
					assertThat(browser.smallestFontSize()).as(name)
						.isGreaterThanOrEqualTo((screen == Screen.WALL) ? SMALL_ON_A_WALL : SMALL_ON_A_PHONE);
				}
			}
		}
	}

	private static void document(String name) throws IOException {
		Path picture = DOCUMENTED.get(name);
		if (picture != null && Boolean.getBoolean("lockkeeper.docs.write")) {
			Files.copy(Browser.SCREENSHOTS.resolve(name + ".png"), Path.of("..", "docs", "images").resolve(picture),
					StandardCopyOption.REPLACE_EXISTING);
		}
	}

	@ParameterizedTest
	@SampledCases(3)
	@EnumSource
	void nothingStandsOnSomethingElseAtAnyWidth(Scene scene) throws Exception {
		try (Page page = Page.of(scene)) {
			browser.become(WIDTHS[0]);
			browser.open(page.url());
			for (int width : WIDTHS) {
				browser.become(width);
				assertThat(browser.misplaced()).as("%s at %d", scene, width).isEmpty();
				assertThat(browser.overlapping()).as("%s at %d", scene, width).isEmpty();
			}
		}
	}

	@Test
	void theBarIsNotGreenWhileTheSchemaCannotBeRead() throws Exception {
		String current = barOf(Scene.CURRENT);
		assertThat(barOf(Scene.PENDING)).isEqualTo(current);
		assertThat(barOf(Scene.UNREADABLE)).isNotEqualTo(current);
	}

	private static String barOf(Scene scene) throws Exception {
		try (Page page = Page.of(scene)) {
			browser.become(Screen.WALL, Light.LIGHT);
			browser.open(page.url());
			return browser.fill(".hero .filled");
		}
	}

	@Test
	void aChipJumpsToTheSchemaThatFailed() throws Exception {
		try (Page page = Page.of(Scene.SEVERAL)) {
			browser.become(Screen.PHONE, Light.LIGHT);
			browser.open(page.url());
			assertThat(browser.isInView(".chip")).isTrue();
			assertThat(browser.text(".chip")).isEqualTo("tenants/north PENDING, run failed");
			assertThat(browser.isInView("#s1")).isFalse();
			browser.click(".chip");
			assertThat(browser.isInView("#s1")).isTrue();
		}
	}

	@ParameterizedTest
	@SampledCases(2)
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = { "NOTHING", "LONG", "HOSTILE" })
	void saysWhatMattersWithoutScrolling(Scene scene) throws Exception {
		try (Page page = Page.of(scene)) {
			browser.become(Screen.WALL, Light.LIGHT);
			browser.open(page.url());
			assertThat(browser.text("h1")).isEqualTo("May serve: " + (scene.isOpen() ? "yes" : "no"));
			assertThat(browser.isInView(".status")).isTrue();
			assertThat(browser.isInView(".version")).isTrue();
			assertThat(browser.fontSize(".status")).isGreaterThanOrEqualTo(FROM_AFAR);
			assertThat(browser.fontSize(".version")).isGreaterThanOrEqualTo(FROM_AFAR / 2);
			if (browser.count(".big") > 0) {
				assertThat(browser.isInView(".big")).isTrue();
			}
			browser.become(Screen.PHONE, Light.DARK);
			browser.open(page.url());
			assertThat(browser.isInView(".status")).isTrue();
			assertThat(browser.isInView(".version")).isTrue();
		}
	}

	@Test
	void isLightByDayAndDarkAtNight() throws Exception {
		try (Page page = Page.of(Scene.CURRENT)) {
			browser.become(Screen.PHONE, Light.LIGHT);
			browser.open(page.url());
			String byDay = browser.colour("body");
			browser.become(Screen.PHONE, Light.DARK);
			assertThat(browser.colour("body")).isNotEqualTo(byDay);
		}
	}

	@Test
	void theBarsAreAsLongAsWhatIsDone() throws Exception {
		try (Page page = Page.of(Scene.RUNNING)) {
			browser.become(Screen.WALL, Light.LIGHT);
			browser.open(page.url());
			assertThat(browser.width(".hero .filled") / browser.width(".hero .bar")).isBetween(0.86, 0.89);
			assertThat(browser.width(".info .filled") / browser.width(".info .bar")).isBetween(0.49, 0.51);
		}
	}

	@Test
	void chosenTextsAreShownAndExecuteNothing() throws Exception {
		try (Page page = Page.of(Scene.HOSTILE)) {
			browser.open(page.url());
			assertThat(browser.title()).startsWith("May serve: no");
			assertThat(browser.text()).contains(Night.SCRIPT);
			assertThat(browser.count("script") + browser.count("img")).isZero();
		}
	}

	@Test
	@FullTier
	void followsARealSchemaThroughEveryStatus() throws Exception {
		TestDatabase database = TestPostgres.shared().createDatabase();
		try (JavaProcess process = Applications.plain(changeLog(), database)
			.arguments("--lockkeeper.mode=defer", "--lockkeeper.defer.startup=serve",
					"--lockkeeper.readiness.refresh-interval=1s")
			.start()) {
			int port = process.awaitPort(Applications.START);
			browser.become(Screen.WALL, Light.LIGHT);
			browser.open("http://localhost:%d/actuator/schema".formatted(port));
			awaitSeen("May serve: no", "PENDING", "2 change sets are missing.", "berths", "No run is known yet.");
			try (JavaProcess job = Applications.migrateOnly(changeLog(), database)) {
				assertThat(job.awaitExit(Applications.START)).as(job::getOutput).isZero();
			}
			awaitSeen("May serve: yes", "CURRENT", "berths", "2 applied, 0 missing", "was done",
					"2 change sets applied");
			listsRunsAndChangeSets("http://localhost:%d/actuator/schema".formatted(port));
			showsWhyARealRunFailed(database);
			showsTheSessionThatBlocksARealRunAndThatTheRunDied(database);
			database.execute("INSERT INTO databasechangelog (id, author, filename, dateexecuted, orderexecuted, "
					+ "exectype, md5sum) SELECT 'newer', author, filename, now(), 3, exectype, md5sum "
					+ "FROM databasechangelog WHERE id = 'berths'");
			awaitSeen("May serve: yes", "AHEAD", "newer");
			database.execute("UPDATE databasechangelog SET md5sum = '9:0123456789abcdef0123456789abcdef' "
					+ "WHERE id = 'quays'");
			awaitSeen("May serve: yes", "CHANGED", "1 change set differs from what was applied.", "quays");
			browser.shoot("real-changed");
			database.drop();
			awaitSeen("May serve: yes", "UNREADABLE", "What follows is from the last inspection that succeeded.",
					"newer", "crashed");
			browser.shoot("real-unreadable");
		}
	}

	private static void listsRunsAndChangeSets(String url) {
		browser.click("a[href$='/runs']");
		assertThat(browser.url()).isEqualTo(url + "/liquibase/runs");
		assertThat(browser.text()).contains("Runs of liquibase", "DONE (exit code 0)", "2 change sets applied");
		assertThat(browser.faintTexts()).isEmpty();
		browser.shoot("real-runs");
		browser.click("a[href$='/schema']");
		assertThat(browser.url()).isEqualTo(url);
		browser.click("a[href$='/applied']");
		assertThat(browser.text()).contains("2 change sets are in the history", "quays", "berths");
		browser.type("#filter", "BERTH");
		browser.click("button");
		assertThat(browser.url()).isEqualTo(url + "/liquibase/applied?filter=BERTH");
		assertThat(browser.text()).contains("1 change set has 'BERTH' in id, author or file.", "berths")
			.doesNotContain("quays");
		assertThat(browser.faintTexts()).isEmpty();
		for (int width : WIDTHS) {
			browser.become(width);
			assertThat(browser.misplaced()).as("at %d", width).isEmpty();
			assertThat(browser.overlapping()).as("at %d", width).isEmpty();
		}
		browser.become(Screen.WALL, Light.LIGHT);
		browser.shoot("real-applied");
		browser.open(url);
	}

	private void showsWhyARealRunFailed(TestDatabase database) {
		Path changeLog = changeLog("harbour:bad\ninsert into quays values (4711);\ncreate table berths (id int);");
		try (JavaProcess job = Applications.migrateOnly(changeLog, database)) {
			assertThat(job.awaitExit(Applications.START)).as(job::getOutput).isEqualTo(70);
		}
		awaitSeen("May serve: yes", "CURRENT", "failed", "in change set bad by harbour", "(SQLSTATE 42P07)",
				"ERROR: relation \"berths\" already exists");
		assertThat(browser.text().toLowerCase(Locale.ROOT)).doesNotContain("create table", "insert", "4711");
		browser.shoot("real-failed");
	}

	private void showsTheSessionThatBlocksARealRunAndThatTheRunDied(TestDatabase database) throws Exception {
		Path changeLog = changeLog("harbour:held\nalter table quays add length int;");
		try (Connection obstacle = database.open(); Statement statement = obstacle.createStatement()) {
			statement.execute("SET application_name = 'forgotten psql'");
			obstacle.setAutoCommit(false);
			statement.execute("LOCK TABLE quays");
			try (JavaProcess job = Applications.migrateOnly(changeLog, database, "--lockkeeper.lock.lease=5s",
					"--lockkeeper.postgresql.lock-timeout=3s")) {
				awaitSeen("Rolled back once because other sessions were in the way", "Attempt 1 of change set",
						"application forgotten psql");
				browser.shoot("real-between-attempts");
			}
			try (JavaProcess job = Applications.migrateOnly(changeLog, database, "--lockkeeper.lock.lease=5s",
					"--lockkeeper.postgresql.lock-timeout=0")) {
				awaitSeen("RUN IN PROGRESS, BLOCKED", "Change set 1 of 1", "application forgotten psql",
						"last statement LOCK TABLE quays", "MIGRATE_ONLY");
				browser.shoot("real-blocked");
				Matcher command = END_OF_SESSION.matcher(browser.text());
				assertThat(command.find()).isTrue();
				job.kill();
				assertThat(database.query(command.group())).containsExactly("t");
				assertThat(obstacle.isValid(10)).isFalse();
			}
			awaitSeen("crashed", "run the migration again");
		}
	}

	private Path changeLog(String... more) {
		List<String> changeSets = new ArrayList<>(List.of("harbour:quays\ncreate table quays (id int primary key);",
				"harbour:berths\ncreate table berths (id int primary key);"));
		changeSets.addAll(List.of(more));
		return Applications.changeLog(this.directory.resolve("harbour.sql"), changeSets.toArray(String[]::new));
	}

	private static void awaitSeen(String... words) {
		Awaitility.await()
			.atMost(Duration.ofSeconds(60))
			.pollInterval(Duration.ofMillis(500))
			.ignoreExceptions()
			.untilAsserted(() -> {
				browser.reload();
				assertThat(browser.text()).contains(words);
			});
	}

	/**
	 * A page that is served as it is.
	 */
	private record Page(HttpServer server) implements AutoCloseable {

		static Page of(Scene scene) throws Exception {
			byte[] html = scene.toHtml().getBytes(StandardCharsets.UTF_8);
			HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
			server.createContext("/actuator/schema", (exchange) -> {
				exchange.getResponseHeaders().set("Content-Type", "text/html;charset=UTF-8");
				exchange.sendResponseHeaders(HttpURLConnection.HTTP_OK, html.length);
				exchange.getResponseBody().write(html);
				exchange.close();
			});
			server.start();
			return new Page(server);
		}

		String url() {
			return "http://127.0.0.1:%d/actuator/schema".formatted(this.server.getAddress().getPort());
		}

		@Override
		public void close() {
			this.server.stop(0);
		}

	}

}
