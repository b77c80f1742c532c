// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway.chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.testsupport.Onlooker;
import dev.lockkeeper.testsupport.TestDatabase;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Migrations that each count their executions, and fail or count twice when they are
 * executed twice.
 */
enum CountedMigrations {

	/** Each is one transaction. */
	TRANSACTIONAL("public", "1, 2, 3, fleet") {
		@Override
		Map<String, String> files() {
			return transactional();
		}
	},

	/** Some build an index, or vacuum, outside of a transaction. */
	NON_TRANSACTIONAL("public", "1, 2, 3, 5 first, 5 last") {
		@Override
		Map<String, String> files() {
			Map<String, String> files = new LinkedHashMap<>();
			files.put("V1__first.sql", FIRST);
			files.put("V2__second.sql", SECOND);
			files.put("V2.1__index.sql", "create index concurrently ship_name on ship (name);\n");
			files.put("V3__third.sql", THIRD);
			files.put("V4__index_unless_it_is_there.sql",
					"create index concurrently if not exists ship_tons on ship (tons);\n");
			files.put("V5__several.sql", """
					insert into executed values ('5 first');
					create unique index concurrently ship_id on ship (id);
					vacuum ship;
					insert into executed values ('5 last');
					""");
			files.put("V5__several.sql.conf", "executeInTransaction=false\n");
			return files;
		}
	},

	/** All are one transaction, in a schema that Flyway creates. */
	GROUP("shop", "1, 2, 3, fleet") {
		@Override
		List<String> getSettings() {
			return List.of("spring.flyway.group=true", "spring.flyway.default-schema=shop");
		}

		@Override
		Map<String, String> files() {
			return transactional();
		}
	},

	/** None is in a transaction, because one of the group cannot be. */
	MIXED_GROUP("public", "1, 2, 3, 5 first, 5 last") {
		@Override
		List<String> getSettings() {
			return List.of("spring.flyway.group=true", "spring.flyway.mixed=true");
		}

		@Override
		Map<String, String> files() {
			// What is copied is not noted
			Map<String, String> files = new LinkedHashMap<>(NON_TRANSACTIONAL.files());
			files.computeIfPresent("V3__third.sql", (name, text) -> COPY.matcher(text).replaceFirst(""));
			return files;
		}
	},

	/** A statement has failed that is not in a transaction. */
	FAILED("public", "1, 2, 3, 5 first, 5 last") {
		@Override
		Map<String, String> files() {
			return NON_TRANSACTIONAL.files();
		}

		@Override
		void prepare(TestDatabase database, Runs runs) {
			assertThat(runs.run(database.getUrl(), "spring.flyway.target=4").code()).isZero();
			database.execute("INSERT INTO ship (id) VALUES (1)");
			assertThat(runs.run(database.getUrl()).code()).isEqualTo(ExitStatus.MIGRATION.getCode());
			database.execute("DELETE FROM ship WHERE name IS NULL");
			assertThat(database.query("SELECT script FROM flyway_schema_history WHERE NOT success"))
				.containsExactly("V5__several.sql");
		}
	},

	/** The first one was executed before Flyway came. */
	BASELINE("public", "1, 2, 3") {
		@Override
		List<String> getSettings() {
			return List.of("spring.flyway.baseline-on-migrate=true", "spring.flyway.baseline-version=1");
		}

		@Override
		Map<String, String> files() {
			return Map.of("V1__first.sql", FIRST, "V2__second.sql", SECOND, "V3__third.sql", THIRD);
		}

		@Override
		void prepare(TestDatabase database, Runs runs) {
			database.execute(FIRST);
		}

		@Override
		List<String> scripts() {
			return List.of("<< Flyway Baseline >> true", "V2__second.sql true", "V3__third.sql true");
		}
	},

	/** One is held at a {@link Gate}. */
	GATED("public", "1, 2, 3") {
		@Override
		Map<String, String> files() {
			return Map.of("V1__first.sql", FIRST, "V2__second.sql", SECOND + Gate.PASS, "V3__third.sql", THIRD);
		}
	},

	/** One is held at a {@link Gate} while it is committed, after all checks of a run. */
	GATED_COMMIT("public", "1, 2, 3") {
		@Override
		Map<String, String> files() {
			return Map.of("V1__first.sql", FIRST + """
					create function hold() returns trigger language plpgsql as $$
					begin
						perform %s
						return null;
					end $$;
					create constraint trigger hold after insert on executed deferrable initially deferred
					for each row when (new.migration = '2') execute function hold();
					""".formatted(Gate.PASS.replace("select ", "")), "V2__second.sql", SECOND, "V3__third.sql", THIRD);
		}
	},

	/** One builds an index, unless it is there. */
	INDEX("public", "1, 2, 3") {
		@Override
		Map<String, String> files() {
			return Map.of("V1__first.sql", FIRST, "V2__second.sql", SECOND, "V2.1__index.sql",
					"create index concurrently if not exists ship_name on ship (name);\n", "V3__third.sql", THIRD);
		}
	};

	private static final Pattern COPY = Pattern.compile("(?s)copy .*\\\\\\.\\n");

	private static final String FIRST = """
			create table executed (migration text not null);
			insert into executed values ('1');
			""";

	private static final String SECOND = """
			create table ship (id int, name text);
			insert into ship select n, 'ship ' || n from generate_series(1, 100) n;
			insert into executed values ('2');
			""";

	private static final String THIRD = """
			alter table ship add tons int;
			copy ship from stdin;
			101	Fram	7
			102	Gjøa	8
			\\.
			update ship set tons = 7 * id;
			insert into executed values ('3');
			""";

	private final String schema;

	/** What they count, in order. */
	private final String executed;

	CountedMigrations(String schema, String executed) {
		this.schema = schema;
		this.executed = executed;
	}

	abstract Map<String, String> files();

	private static Map<String, String> transactional() {
		return Map.of("V1__first.sql", FIRST, "V2__second.sql", SECOND, "V3__third.sql", THIRD, "R__fleet.sql", """
				create view fleet as select sum(tons) from ship;
				insert into executed values ('fleet');
				""");
	}

	/**
	 * Return the settings of Flyway.
	 */
	List<String> getSettings() {
		return List.of();
	}

	/**
	 * Make what is there before the run.
	 */
	void prepare(TestDatabase database, Runs runs) {
	}

	/**
	 * Write the migrations.
	 * @return the directory
	 */
	Path write(Path directory) {
		return write(directory, files());
	}

	/**
	 * Write migrations.
	 * @return the directory
	 */
	static Path write(Path directory, Map<String, String> files) {
		files.forEach((name, text) -> {
			try {
				Files.createDirectories(directory);
				Files.writeString(directory.resolve(name), text);
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		});
		return directory;
	}

	/**
	 * Find what is not as after one undisturbed run.
	 * @return nothing when all is well
	 */
	List<String> findings(TestDatabase database, Onlooker onlooker, Path location) {
		List<String> findings = new ArrayList<>();
		onlooker.awaitNoSessions().forEach((session) -> findings.add("a session remains: " + session));
		List<String> found = onlooker.query("SELECT migration FROM %s.executed ORDER BY 1".formatted(this.schema));
		if (!String.join(", ", found).equals(this.executed)) {
			findings.add("executed were " + found);
		}
		List<String> recorded = onlooker
			.query("SELECT script || ' ' || success FROM %s.flyway_schema_history WHERE type <> 'SCHEMA' ORDER BY 1"
				.formatted(this.schema));
		if (!recorded.equals(scripts())) {
			findings.add("recorded are " + recorded);
		}
		onlooker.query("SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid")
			.forEach((index) -> findings.add("an invalid index remains: " + index));
		if (onlooker.exists("lockkeeper_intent")) {
			onlooker.query("SELECT i::text FROM %s.lockkeeper_intent i".formatted(this.schema))
				.forEach((intent) -> findings.add("an intent remains: " + intent));
		}
		onlooker
			.query("SELECT l::text FROM %s.lockkeeper_lock l WHERE lock_until > timezone('utc', now())"
				.formatted(this.schema))
			.forEach((lease) -> findings.add("the lease is held: " + lease));
		findings.addAll(findingsOfStockFlyway(database, location));
		return findings;
	}

	/**
	 * Check that all is as after one undisturbed run.
	 */
	void assertDone(TestDatabase database, Path location) {
		try (Onlooker onlooker = new Onlooker(database)) {
			assertThat(findings(database, onlooker, location)).isEmpty();
		}
	}

	/**
	 * Return what is recorded, in order.
	 */
	List<String> scripts() {
		return files().keySet()
			.stream()
			.filter((name) -> name.endsWith(".sql"))
			.map((name) -> name + " true")
			.sorted()
			.toList();
	}

	private List<String> findingsOfStockFlyway(TestDatabase database, Path location) {
		Flyway stock = Flyway.configure()
			.dataSource(database.getUrl(), null, null)
			.locations("filesystem:" + location)
			.defaultSchema(this.schema)
			.load();
		try {
			stock.validate();
			int executed = stock.migrate().migrationsExecuted;
			return (executed != 0) ? List.of("a stock Flyway executes %d more".formatted(executed)) : List.of();
		}
		catch (FlywayException ex) {
			return List.of("a stock Flyway refuses: " + ex.getMessage());
		}
	}

}
