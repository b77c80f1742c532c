// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import dev.lockkeeper.testsupport.PostgresRelay;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;

/**
 * A changelog of ordinary change sets is applied to an empty database in whose way no
 * session is. The variants take turns in one JVM.
 */
final class Apply {

	private static final int WARM_UP = 12;

	private static final int REPETITIONS = 48;

	private static final int TABLES = 50;

	private static final int CHANGE_SETS = 4 * TABLES;

	private final TestPostgres postgres;

	private final Path changeLog;

	Apply(TestPostgres postgres, Path directory) throws IOException {
		this.postgres = postgres;
		this.changeLog = Files.writeString(directory.resolve("apply.sql"), changeLog());
	}

	private static String changeLog() {
		StringBuilder text = new StringBuilder("--liquibase formatted sql\n");
		for (int i = 0; i < TABLES; i++) {
			text.append("""
					--changeset me:create-%1$d
					CREATE TABLE ship_%1$d (id int PRIMARY KEY, name text);
					--changeset me:insert-%1$d
					INSERT INTO ship_%1$d VALUES (1, 'one'), (2, 'two');
					--changeset me:alter-%1$d
					ALTER TABLE ship_%1$d ADD COLUMN imo int;
					--changeset me:index-%1$d
					CREATE INDEX ship_%1$d_name ON ship_%1$d (name);
					""".formatted(i));
		}
		return text.toString();
	}

	String measure() {
		Map<Variant, List<Long>> times = new EnumMap<>(Variant.class);
		for (int i = 0; i < WARM_UP + REPETITIONS; i++) {
			for (Variant variant : order(i)) {
				long nanos = apply(variant);
				if (i >= WARM_UP) {
					times.computeIfAbsent(variant, (key) -> new ArrayList<>()).add(nanos);
				}
			}
		}
		StringBuilder table = new StringBuilder(
				"""
						| %d change sets, no session in the way | Median time | Ratio to the one above (half of them are from … to …) | Round trips |
						|---|---|---|---|
						"""
					.formatted(CHANGE_SETS));
		Variant before = null;
		for (Variant variant : Variant.values()) {
			List<Long> own = times.getOrDefault(variant, List.of());
			String ratio = (before != null) ? ratio(own, times.getOrDefault(before, List.of())) : "";
			table.append("| %s | %s | %s | %d |%n".formatted(variant.title,
					number("%.0f ms", at(0.5, own.stream().map((nanos) -> nanos / 1e6).toList())), ratio,
					countRoundTrips(variant)));
			before = variant;
		}
		return table.toString();
	}

	// Each follows each other one equally often
	private static List<Variant> order(int repetition) {
		List<Variant> order = new ArrayList<>(List.of(Variant.values()));
		Collections.rotate(order, repetition / 2);
		if (repetition % 2 == 1) {
			Collections.reverse(order);
		}
		return order;
	}

	private long apply(Variant variant) {
		TestDatabase database = this.postgres.createDatabase();
		System.gc();
		long began = System.nanoTime();
		MeasuredApplication.run(database.getUrl(), this.changeLog, variant.settings());
		long nanos = System.nanoTime() - began;
		database.drop();
		return nanos;
	}

	private int countRoundTrips(Variant variant) {
		TestDatabase database = this.postgres.createDatabase();
		try (PostgresRelay relay = PostgresRelay.to(database)) {
			MeasuredApplication.run(relay.getUrl(), this.changeLog, variant.settings());
			return relay.getRequests().size();
		}
	}

	private static String ratio(List<Long> times, List<Long> others) {
		List<Double> ratios = new ArrayList<>();
		for (int i = 0; i < times.size(); i++) {
			ratios.add((double) times.get(i) / others.get(i));
		}
		return "%s (%s to %s)".formatted(number("%.3f", at(0.5, ratios)), number("%.3f", at(0.25, ratios)),
				number("%.3f", at(0.75, ratios)));
	}

	private static double at(double share, List<Double> values) {
		return values.stream().sorted().toList().get((int) (share * (values.size() - 1)));
	}

	private static String number(String format, double value) {
		return String.format(Locale.ROOT, format, value);
	}

	private enum Variant {

		STOCK("Stock", "lockkeeper.enabled", "false"),

		UNLIMITED("Lockkeeper, `lockkeeper.postgresql.lock-timeout: 0`", "lockkeeper.postgresql.lock-timeout", "0"),

		LIMITED("Lockkeeper", "lockkeeper.enabled", "true");

		private final String title;

		private final String key;

		private final String value;

		Variant(String title, String key, String value) {
			this.title = title;
			this.key = key;
			this.value = value;
		}

		Map<String, Object> settings() {
			return Map.of(this.key, this.value);
		}

	}

}
