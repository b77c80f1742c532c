// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observability;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

import org.springframework.core.io.support.PathMatchingResourcePatternResolver;

/**
 * A page that draws the dashboard from its file, with what a Prometheus answers to it. It
 * needs nothing but itself.
 */
final class DashboardPicture {

	private static final String CHARTS = "classpath*:META-INF/resources/webjars/uplot/*/dist/";

	private final ObjectNode data = JsonMapper.shared().createObjectNode();

	private DashboardPicture() {
	}

	/**
	 * Query all that the dashboard queries.
	 */
	static DashboardPicture of(Prometheus prometheus, Instant from, Instant to) {
		DashboardPicture picture = new DashboardPicture();
		picture.data.put("from", from.getEpochSecond()).put("to", to.getEpochSecond());
		ArrayNode panels = picture.data.putArray("panels");
		for (Dashboard.Panel panel : Dashboard.panels()) {
			ObjectNode drawn = panels.addObject();
			drawn.set("panel", panel.json());
			ArrayNode series = drawn.putArray("series");
			for (Dashboard.Target target : panel.targets()) {
				List<JsonNode> answer = target.instant() ? prometheus.query(target.query(), to)
						: prometheus.query(target.query(), from, to);
				answer.forEach((found) -> add(series, target, found));
			}
		}
		return picture;
	}

	private static void add(ArrayNode series, Dashboard.Target target, JsonNode found) {
		ArrayNode points = series.addObject().put("name", target.nameOf(found)).putArray("points");
		if (target.instant()) {
			points.add(found.get("value"));
		}
		else {
			found.get("values").forEach(points::add);
		}
	}

	/**
	 * Return the same picture, as if the query of one panel had no answer.
	 */
	DashboardPicture without(String title) {
		DashboardPicture other = new DashboardPicture();
		other.data.setAll(this.data.deepCopy());
		other.data.get("panels")
			.valueStream()
			.filter((drawn) -> drawn.at("/panel/title").asString().equals(title))
			.forEach((drawn) -> ((ObjectNode) drawn).putArray("series"));
		return other;
	}

	/**
	 * Write the page.
	 */
	Path write(Path file) {
		try {
			String page = read(Objects.requireNonNull(DashboardPicture.class.getResourceAsStream("dashboard.html")))
				.replace("/* uPlot.css */", chartLibrary("uPlot.min.css"))
				.replace("/* uPlot.js */", chartLibrary("uPlot.iife.min.js"))
				.replace("/* data */", "const data = " + this.data.toString().replace("</", "<\\/") + ";");
			Files.createDirectories(file.getParent());
			return Files.writeString(file, page);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static String chartLibrary(String file) throws IOException {
		return read(new PathMatchingResourcePatternResolver().getResources(CHARTS + file)[0].getInputStream());
	}

	private static String read(InputStream text) throws IOException {
		try (text) {
			return new String(text.readAllBytes(), StandardCharsets.UTF_8);
		}
	}

}
