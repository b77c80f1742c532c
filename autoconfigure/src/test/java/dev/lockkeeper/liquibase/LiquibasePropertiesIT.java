// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.beans.PropertyDescriptor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.SampledCases;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import liquibase.Liquibase;
import liquibase.Scope;
import liquibase.integration.spring.Customizer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.beans.BeanUtils;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Every property of Spring Boot's {@link LiquibaseProperties} does with Lockkeeper what
 * it does without: the same changelog and the same settings start twice on one database
 * with stock auto-configuration, and twice on another one with Lockkeeper. The result,
 * the tables, the history, the lock, the files and the summary of stock are what is
 * expected.
 */
@ExtendWith(OutputCaptureExtension.class)
class LiquibasePropertiesIT {

	private static final String TABLESPACE = "lockkeeper_properties";

	private static final String CHANGE_LOG = """
			databaseChangeLog:
			- changeSet:
			    id: one
			    author: me
			    context: wanted
			    labels: blue
			    changes:
			    - createTable:
			        tableName: ${name}
			        columns: [{column: {name: id, type: int}}]
			- changeSet:
			    id: two
			    author: me
			    context: unwanted
			    labels: red
			    changes:
			    - createTable:
			        tableName: two
			        columns: [{column: {name: id, type: int}}]
			- changeSet:
			    id: three
			    author: me
			    changes:
			    - tagDatabase: {tag: v1}
			- changeSet:
			    id: four
			    author: me
			    changes:
			    - createTable:
			        tableName: four
			        columns: [{column: {name: id, type: int}}]
			- property: {name: name, value: one}
			""";

	private static final Map<String, List<Case>> CASES = cases();

	private static final List<Pattern> CHANGING = List.of(Pattern.compile("Ran at: .*"),
			Pattern.compile("LOCKGRANTED = (NULL|'[^']*')"), Pattern.compile("Against: .*"));

	@TempDir
	Path directory;

	private static Map<String, List<Case>> cases() {
		Map<String, List<Case>> cases = new TreeMap<>();
		cases.put("analytics-enabled", List.of(Case.of("false")));
		cases.put("change-log", List.of(Case.with((side) -> {
			write(side.shared().resolve("other.yaml"), CHANGE_LOG.replace("id: four", "id: other"));
			return List.of("spring.liquibase.change-log=file:" + side.shared().resolve("other.yaml"));
		}), Case.of("classpath:nowhere.yaml")));
		cases.put("clear-checksums",
				List.of(Case.of("true")
					.afterwards((side) -> side.database()
						.execute("UPDATE databasechangelog SET md5sum = '9:0123456789abcdef0123456789abcdef'"))));
		cases.put("contexts", List.of(Case.of("wanted"), Case.of("other")));
		cases.put("database-change-log-lock-table", List.of(Case.of("locks")));
		cases.put("database-change-log-table", List.of(Case.of("changes")));
		cases.put("default-schema",
				List.of(Case.of("side").before((side) -> side.database().execute("CREATE SCHEMA side"))));
		cases.put("driver-class-name",
				List.of(Case.with((side) -> List.of("spring.liquibase.url=" + side.database().getUrl(),
						"spring.liquibase.driver-class-name=org.postgresql.Driver"))));
		cases.put("drop-first",
				List.of(Case.of("true")
					.before((side) -> side.database().execute("CREATE TABLE older (id int)"))
					.afterwards((side) -> side.database().execute("CREATE TABLE newer (id int)"))));
		cases.put("enabled", List.of(Case.of("false"), Case.of("true")));
		cases.put("label-filter", List.of(Case.of("blue"), Case.of("green")));
		cases.put("license-key", List.of(Case.of("none")));
		cases.put("liquibase-schema",
				List.of(Case.of("side").before((side) -> side.database().execute("CREATE SCHEMA side"))));
		cases.put("liquibase-tablespace",
				List.of(Case.of(TABLESPACE).before((side) -> createTablespace(side.database()))));
		cases.put("parameters", List.of(Case.with((side) -> List.of("spring.liquibase.parameters.name=given"))));
		cases.put("password", List.of(ownCredentials()));
		cases.put("rollback-file", List.of(rollbackFile(), rollbackFile("spring.liquibase.tag=v1"),
				rollbackFile().before((side) -> start(side, false, null))));
		cases.put("show-summary", List.of(Case.of("off"), Case.of("summary"), Case.of("verbose")));
		cases.put("show-summary-output", List.of(Case.of("log"), Case.of("console"), Case.of("all")));
		cases.put("tag", List.of(Case.of("v1"), Case.of("v2")));
		cases.put("test-rollback-on-update", List.of(Case.of("true"), Case.of("false")));
		cases.put("ui-service", List.of(Case.of("console"), Case.of("logger")));
		cases.put("url", List.of(Case.with((side) -> List.of("spring.liquibase.url=" + side.database().getUrl(),
				"spring.datasource.url=" + side.database().getServer().getUrl()))));
		cases.put("user", List.of(ownCredentials()));
		cases.forEach((property, all) -> all.forEach((one) -> one.property = property));
		return cases;
	}

	// One for each property, and the others in the full tier
	static Stream<Case> allCases() {
		boolean full = "full".equals(System.getProperty("chaos"));
		return CASES.values().stream().flatMap((cases) -> cases.stream().limit(full ? cases.size() : 1));
	}

	@Test
	void everyPropertyHasACase() {
		Set<String> properties = Arrays.stream(BeanUtils.getPropertyDescriptors(LiquibaseProperties.class))
			.filter((property) -> property.getWriteMethod() != null)
			.map(PropertyDescriptor::getName)
			.map(DataObjectPropertyName::toDashedForm)
			.collect(Collectors.toCollection(TreeSet::new));
		assertThat(properties).contains("rollback-file").isEqualTo(CASES.keySet());
	}

	@ParameterizedTest
	@SampledCases(6)
	@MethodSource("allCases")
	@FullTier
	void doesWhatItDoesInStock(Case settings, CapturedOutput output) throws IOException {
		write(this.directory.resolve("changelog.yaml"), CHANGE_LOG);
		List<Result> stock = startTwice(settings, side("stock"), false, output);
		List<Result> ours = startTwice(settings, side("governed"), true, output);
		assertThat(ours).isEqualTo(stock);
	}

	private Side side(String name) throws IOException {
		return new Side(this.directory, Files.createDirectory(this.directory.resolve(name)),
				TestPostgres.shared().createDatabase(), TestPostgres.shared().createRole("secret"));
	}

	private static List<Result> startTwice(Case settings, Side side, boolean governed, CapturedOutput output) {
		settings.before.accept(side);
		List<Result> results = new ArrayList<>();
		for (int i = 0; i < 2; i++) {
			int printed = output.getAll().length();
			Outcome outcome = start(side, governed, settings);
			// A start that finds nothing to do runs no Liquibase, and so has no summary
			String text = (i == 0) ? output.getAll().substring(printed) : "";
			results.add(side.result(outcome, text));
			settings.afterwards.accept(side);
		}
		return results;
	}

	private static Outcome start(Side side, boolean governed, @Nullable Case settings) {
		Map<String, String> scope = new TreeMap<>();
		List<Outcome> outcomes = new ArrayList<>();
		new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(LiquibaseAutoConfiguration.class, DataSourceAutoConfiguration.class))
			.withConfiguration(
					governed ? AutoConfigurations.of(LockkeeperAutoConfiguration.class) : AutoConfigurations.of())
			.withBean("recording", Customizer.class, () -> new RecordingCustomizer(scope))
			.withPropertyValues("spring.datasource.url=" + side.database().getUrl(),
					"spring.datasource.hikari.maximum-pool-size=1", "spring.liquibase.analytics-enabled=false",
					"spring.liquibase.change-log=file:" + side.shared().resolve("changelog.yaml"))
			.withPropertyValues((settings != null) ? settings.values(side) : new String[0])
			.run((context) -> {
				Throwable failure = context.getStartupFailure();
				boolean ready = failure == null && (!governed || context.getBean(SchemaGate.class).isOpen());
				outcomes.add(new Outcome(failure != null, ready, SqlStates.of(failure), Map.copyOf(scope)));
			});
		return outcomes.get(0);
	}

	private static Case rollbackFile(String... more) {
		return Case.with((side) -> Stream
			.concat(Stream.of("spring.liquibase.rollback-file=" + side.own().resolve("rollback.sql")), Stream.of(more))
			.toList());
	}

	private static Case ownCredentials() {
		return Case
			.with((side) -> List.of("spring.datasource.url=" + side.database().getPlainUrl(),
					"spring.datasource.username=postgres", "spring.liquibase.user=" + side.role(),
					"spring.liquibase.password=secret", "spring.liquibase.default-schema=side"))
			.before((side) -> side.database().execute("CREATE SCHEMA side AUTHORIZATION " + side.role()));
	}

	private static void createTablespace(TestDatabase database) {
		if (database.query("SELECT 1 FROM pg_tablespace WHERE spcname = '%s'".formatted(TABLESPACE)).isEmpty()) {
			database.execute("ALTER DATABASE %s SET allow_in_place_tablespaces = on".formatted(database.getName()));
			database.execute("CREATE TABLESPACE %s LOCATION ''".formatted(TABLESPACE));
		}
	}

	private static void write(Path file, String text) {
		try {
			Files.writeString(file, text);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * What a property is set to, and what is done around the starts.
	 */
	static final class Case {

		private final Function<Side, List<String>> settings;

		private final String text;

		private String property = "";

		private Consumer<Side> before = (side) -> {
		};

		private Consumer<Side> afterwards = (side) -> {
		};

		private Case(Function<Side, List<String>> settings, String text) {
			this.settings = settings;
			this.text = text;
		}

		static Case with(Function<Side, List<String>> settings) {
			return new Case(settings, "…");
		}

		static Case of(String value) {
			return new Case((side) -> List.of(), value);
		}

		Case before(Consumer<Side> action) {
			this.before = action;
			return this;
		}

		Case afterwards(Consumer<Side> action) {
			this.afterwards = action;
			return this;
		}

		String[] values(Side side) {
			List<String> values = this.settings.apply(side);
			return values.isEmpty() ? new String[] { "spring.liquibase.%s=%s".formatted(this.property, this.text) }
					: values.toArray(String[]::new);
		}

		@Override
		public String toString() {
			return this.property + "=" + this.text;
		}

	}

	/**
	 * Where one of the two runs.
	 */
	record Side(Path shared, Path own, TestDatabase database, String role) {

		Result result(Outcome outcome, String output) {
			List<String> history = query("table_schema || '.' || table_name", "tables",
					"table_name IN ('databasechangelog', 'changes')")
				.stream()
				.flatMap((table) -> this.database.query(
						"SELECT concat_ws('|', id, author, filename, exectype, md5sum, tag, contexts, labels, orderexecuted, "
								+ "description, liquibase) FROM %s ORDER BY orderexecuted".formatted(table))
					.stream())
				.toList();
			List<String> locks = query("table_schema || '.' || table_name", "tables",
					"table_name IN ('databasechangeloglock', 'locks')")
				.stream()
				.flatMap((table) -> this.database
					.query("SELECT concat_ws('|', id, locked, lockedby IS NULL, lockgranted IS NULL) FROM " + table)
					.stream())
				.toList();
			List<String> columns = query("concat_ws('.', table_schema, table_name, column_name, data_type)", "columns",
					"table_name NOT LIKE 'lockkeeper%'");
			List<String> placed = this.database.query("SELECT concat_ws('.', schemaname, tablename, tablespace, "
					+ "CASE WHEN tableowner = '%s' THEN 'role' ELSE tableowner END) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND tablename NOT LIKE 'lockkeeper%%' ORDER BY 1"
						.formatted(this.role));
			return new Result(outcome, history, locks, columns, placed, files(), summary(output));
		}

		private List<String> query(String columns, String view, String condition) {
			return this.database.query(
					"SELECT %s FROM information_schema.%s WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND %s ORDER BY 1"
						.formatted(columns, view, condition));
		}

		private Map<String, String> files() {
			try (Stream<Path> files = Files.list(this.own)) {
				Map<String, String> contents = new TreeMap<>();
				for (Path file : files.toList()) {
					String content = Files.readString(file);
					for (Pattern changing : CHANGING) {
						content = changing.matcher(content).replaceAll("…");
					}
					contents.put(file.getFileName().toString(), content);
				}
				return contents;
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}

		// What a logger prints begins with the time
		private static List<String> summary(String output) {
			return output.lines()
				.filter((line) -> Pattern.compile(
						"UPDATE SUMMARY|^(Run|Previously run|Filtered out|Total change sets): |(Label|Context).*mismatch")
					.matcher(line)
					.find())
				.map((line) -> line.contains("UPDATE SUMMARY") ? (line.startsWith("UPDATE") ? "console" : "log") : line)
				.toList();
		}

	}

	/**
	 * How a start ended.
	 */
	record Outcome(boolean failed, boolean ready, @Nullable String sqlState, Map<String, String> scope) {
	}

	/**
	 * All that is compared.
	 */
	record Result(Outcome outcome, List<String> history, List<String> locks, List<String> columns, List<String> placed,
			Map<String, String> files, List<String> summary) {
	}

	/**
	 * Notes the settings of Liquibase for the run.
	 */
	record RecordingCustomizer(Map<String, String> scope) implements Customizer<Liquibase> {

		@Override
		public void customize(Liquibase liquibase) {
			Scope current = Scope.getCurrentScope();
			this.scope.put("ui", current.getUI().getClass().getName());
			this.scope.put("analytics", String.valueOf(current.get("liquibase.analytics.enabled", Object.class)));
			this.scope.put("license", String.valueOf(current.get("liquibase.licenseKey", Object.class)));
		}

	}

}
