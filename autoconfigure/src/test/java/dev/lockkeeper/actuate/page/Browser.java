// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import dev.lockkeeper.testsupport.Chromium;
import org.openqa.selenium.By;
import org.openqa.selenium.chrome.ChromeDriver;

/**
 * A browser that shows the page.
 */
final class Browser implements AutoCloseable {

	static final Path SCREENSHOTS = Path.of("target", "screenshots");

	/**
	 * Elements with text of their own that do not stand out from what is behind them, as
	 * WCAG 2.1 (AA) computes it.
	 */
	private static final String FAINT = """
			const channel = (value) => { value /= 255;
				return value <= 0.04045 ? value / 12.92 : Math.pow((value + 0.055) / 1.055, 2.4); };
			const luminance = (rgb) => 0.2126 * channel(rgb[0]) + 0.7152 * channel(rgb[1]) + 0.0722 * channel(rgb[2]);
			const colour = (text) => { const parts = text.match(/[0-9.]+/g).map(Number);
				return parts.length < 4 || parts[3] > 0 ? parts : null; };
			const ground = (element) => { for (let e = element; e; e = e.parentElement) {
				const found = colour(getComputedStyle(e).backgroundColor); if (found) { return found; } }
				throw new Error('no background'); };
			const faint = []; let seen = 0;
			for (const element of document.body.querySelectorAll('*')) {
				if (['title', 'desc'].includes(element.tagName)) { continue; }
				if (![...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) { continue; }
				const style = getComputedStyle(element);
				const front = luminance(colour(element instanceof SVGElement ? style.fill : style.color));
				const back = luminance(ground(element)); seen++;
				const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
				if (ratio < 4.5) { faint.push(element.tagName + ' ' + element.textContent + ' ' + ratio.toFixed(2)); }
			}
			return seen < 5 ? ['only ' + seen + ' texts'] : faint;
			""";

	/**
	 * Elements that need scrolling sideways, and texts that overlap in a drawing.
	 */
	private static final String MISPLACED = """
			const misplaced = []; const width = document.documentElement.clientWidth;
			if (document.documentElement.scrollWidth > width) { misplaced.push('the page scrolls sideways'); }
			for (const element of document.body.querySelectorAll('*')) {
				const box = element.getBoundingClientRect();
				if (box.width && (box.left < -0.5 || box.right > width + 0.5)) {
					misplaced.push(element.tagName + ' ' + element.textContent.slice(0, 60)); }
			}
			for (const chart of document.querySelectorAll('svg.chart')) {
				const texts = [...chart.querySelectorAll('text')];
				texts.forEach((one, i) => texts.slice(i + 1).forEach((other) => {
					const a = one.getBoundingClientRect(), b = other.getBoundingClientRect();
					if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom) {
						misplaced.push(one.textContent + ' on ' + other.textContent); } }));
			}
			return misplaced;
			""";

	/**
	 * Texts that overlap. Lines of one paragraph may touch.
	 */
	private static final String OVERLAPPING = """
			const texts = []; const overlapping = [];
			const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
			while (walker.nextNode()) {
				const node = walker.currentNode;
				if (!node.data.trim() || node.parentElement.closest('title, desc')) { continue; }
				const range = document.createRange(); range.selectNodeContents(node);
				for (const box of range.getClientRects()) {
					if (box.width > 1) { texts.push({ text: node.data.trim().slice(0, 40), box }); }
				}
			}
			texts.forEach((one, i) => texts.slice(i + 1).forEach((other) => {
				const a = one.box, b = other.box;
				const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
				const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
				if (wide > 2 && high > 0.4 * Math.min(a.height, b.height)) {
					overlapping.push(one.text + ' on ' + other.text);
				}
			}));
			return texts.length < 5 ? ['only ' + texts.length + ' texts'] : overlapping;
			""";

	private static final String SMALLEST = """
			return Math.min(...[...document.body.querySelectorAll('*')].filter((e) => e.getClientRects().length
				&& [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
				.map((e) => parseFloat(getComputedStyle(e).fontSize)));
			""";

	private final ChromeDriver driver;

	private Browser(ChromeDriver driver) {
		this.driver = driver;
	}

	/**
	 * Start one.
	 * @param profile an empty directory
	 */
	static Browser start(Path profile) {
		return new Browser(Chromium.start(profile));
	}

	/**
	 * Become a screen.
	 */
	void become(Screen screen, Light light) {
		this.driver.executeCdpCommand("Emulation.setDeviceMetricsOverride", Map.of("width", screen.width, "height",
				screen.height, "deviceScaleFactor", 1, "mobile", screen == Screen.PHONE));
		this.driver.executeCdpCommand("Emulation.setEmulatedMedia", Map.of("features",
				List.of(Map.of("name", "prefers-color-scheme", "value", light.name().toLowerCase(Locale.ROOT)))));
	}

	/**
	 * Become a screen of a width.
	 */
	void become(int width) {
		this.driver.executeCdpCommand("Emulation.setDeviceMetricsOverride",
				Map.of("width", width, "height", 900, "deviceScaleFactor", 1, "mobile", width < Screen.PHONE_UNTIL));
	}

	void open(String url) {
		this.driver.get(url);
	}

	void reload() {
		this.driver.navigate().refresh();
	}

	/**
	 * Return what is seen of the page, as its style writes it.
	 */
	String text() {
		return this.driver.findElement(By.tagName("body")).getText();
	}

	String title() {
		return String.valueOf(this.driver.getTitle());
	}

	String text(String selector) {
		return this.driver.findElement(By.cssSelector(selector)).getText();
	}

	int count(String selector) {
		return this.driver.findElements(By.cssSelector(selector)).size();
	}

	/**
	 * Return whether all of an element is seen without scrolling.
	 */
	boolean isInView(String selector) {
		return evaluate("""
				const box = document.querySelector(arguments[0]).getBoundingClientRect();
				return box.width > 0 && box.top >= 0 && box.bottom <= innerHeight && box.left >= 0
					&& box.right <= innerWidth;
				""", Boolean.class, selector);
	}

	double fontSize(String selector) {
		return evaluate("return parseFloat(getComputedStyle(document.querySelector(arguments[0])).fontSize)",
				Number.class, selector)
			.doubleValue();
	}

	double smallestFontSize() {
		return evaluate(SMALLEST, Number.class).doubleValue();
	}

	String colour(String selector) {
		return evaluate("return getComputedStyle(document.querySelector(arguments[0])).backgroundColor", String.class,
				selector);
	}

	double width(String selector) {
		return evaluate("return document.querySelector(arguments[0]).getBoundingClientRect().width", Number.class,
				selector)
			.doubleValue();
	}

	List<?> faintTexts() {
		return evaluate(FAINT, List.class);
	}

	List<?> misplaced() {
		return evaluate(MISPLACED, List.class);
	}

	List<?> overlapping() {
		return evaluate(OVERLAPPING, List.class);
	}

	/**
	 * Return the colour that something is drawn in.
	 */
	String fill(String selector) {
		return evaluate("return getComputedStyle(document.querySelector(arguments[0])).fill", String.class, selector);
	}

	void click(String selector) {
		this.driver.findElement(By.cssSelector(selector)).click();
	}

	void type(String selector, String text) {
		this.driver.findElement(By.cssSelector(selector)).sendKeys(text);
	}

	String url() {
		return String.valueOf(this.driver.getCurrentUrl());
	}

	private <T> T evaluate(String script, Class<T> type, Object... arguments) {
		return type.cast(this.driver.executeScript(script, arguments));
	}

	/**
	 * Take a screenshot of the page.
	 */
	void shoot(String name) {
		Chromium.shoot(this.driver, SCREENSHOTS.resolve(name + ".png"));
	}

	@Override
	public void close() {
		this.driver.quit();
	}

	/**
	 * What the page is shown on.
	 */
	enum Screen {

		WALL(1920, 1080), PHONE(390, 844);

		private static final int PHONE_UNTIL = 600;

		private final int width;

		private final int height;

		Screen(int width, int height) {
			this.width = width;
			this.height = height;
		}

	}

	/**
	 * The colour scheme that the reader prefers.
	 */
	enum Light {

		LIGHT, DARK

	}

}
