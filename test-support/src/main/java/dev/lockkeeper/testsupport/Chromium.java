// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.testsupport;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;

/**
 * A real Chromium without a window, as Debian's packages {@code chromium} and
 * {@code chromium-driver} bring it. It loads only the pages that it is sent to.
 */
public final class Chromium {

	private static final Path PROGRAM = Path.of("/usr/bin/chromium");

	private static final Path DRIVER = Path.of("/usr/bin/chromedriver");

	private Chromium() {
	}

	/**
	 * Return what is missing to start one.
	 * @return what is missing, if anything is
	 */
	public static Optional<String> findObstacle() {
		return Stream.of(PROGRAM, DRIVER)
			.filter((program) -> !Files.isExecutable(program))
			.map((program) -> program + " is missing (Debian: chromium, chromium-driver)")
			.findFirst();
	}

	/**
	 * Start one.
	 * @param profile an empty directory
	 * @return what steers it; quitting that ends it
	 */
	public static ChromeDriver start(Path profile) {
		ChromeOptions options = new ChromeOptions();
		options.setBinary(PROGRAM.toFile());
		options.addArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
				"--disable-background-networking", "--disable-component-update", "--disable-sync",
				"--disable-dev-shm-usage", "--hide-scrollbars", "--user-data-dir=" + profile);
		ChromeDriverService service = new ChromeDriverService.Builder().usingDriverExecutable(DRIVER.toFile())
			.usingAnyFreePort()
			.build();
		return new ChromeDriver(service, options);
	}

	/**
	 * Take a screenshot of a page.
	 * @param driver what steers the browser
	 * @param file the picture, a PNG
	 */
	public static void shoot(ChromeDriver driver, Path file) {
		Object picture = driver.executeCdpCommand("Page.captureScreenshot", Map.of("format", "png")).get("data");
		try {
			Files.createDirectories(file.toAbsolutePath().getParent());
			Files.write(file, Base64.getDecoder().decode(String.valueOf(picture)));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
