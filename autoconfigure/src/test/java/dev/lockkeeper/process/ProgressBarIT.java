// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.Requirement;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a person at a terminal sees of a run.
 */
@FullTier
class ProgressBarIT {

	private static final String BAR = "liquibase  58% [";

	private static final Pattern ANY_BAR = Pattern.compile("liquibase +\\d+% \\[");

	private static final String PROGRESS = "lockkeeper - 7/12 change sets";

	private static final Pattern LINE = Pattern
		.compile("(?<time>\\S+) +INFO .* : lockkeeper - (?<applied>\\d+)/12 change sets, (?<percent>\\d+) %, "
				+ "('(?<running>\\d+)' running for \\d+ s|between two change sets) \\(schema liquibase\\)");

	private static final List<String> BAR_LIBRARIES = List.of("me.tongfei.", "org.jline.");

	private static final Pattern DURATION = Pattern.compile("applied in (\\d+) ms");

	/**
	 * What is promised, but for what a line takes to be written.
	 */
	private static final Duration INTERVAL = Duration.ofSeconds(5).minusMillis(200);

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@TempDir
	Path directory;

	@Test
	void aBarOnATerminal() {
		requireTerminal();
		String output = migrate(application("0", "--migrate-only").onTerminal());
		assertThat(output).contains(BAR, "7/12", "'8' running for ", "100%").doesNotContain(PROGRESS);
	}

	@ParameterizedTest
	@CsvSource({ "11, 0, true", "10, 0, false", "2, 6, true" })
	void aBarForMoreThanTenChangeSetsOrMoreThanFiveSeconds(int changeSets, String seconds, boolean shown) {
		requireTerminal();
		String[] sql = IntStream.rangeClosed(1, changeSets)
			.mapToObj((number) -> "me:%d%nselect pg_sleep(%s);".formatted(number, (number == 1) ? seconds : "0"))
			.toArray(String[]::new);
		Path changeLog = Applications.changeLog(this.directory.resolve("some.sql"), sql);
		String output = migrate(Applications.plain(changeLog, this.database).arguments("--migrate-only").onTerminal());
		assertThat(output).contains("lockkeeper - migrated").doesNotContain(" change sets, ");
		boolean bar = ANY_BAR.matcher(output).find();
		// On a slow machine a few change sets may take long enough
		assertThat(bar).as(output).isEqualTo(shown || (bar && durationOf(output).compareTo(INTERVAL) > 0));
	}

	private static Duration durationOf(String output) {
		Matcher matcher = DURATION.matcher(output);
		assertThat(matcher.find()).as(output).isTrue();
		return Duration.ofMillis(Long.parseLong(matcher.group(1)));
	}

	@Test
	void theLogWithoutATerminal() {
		assertThat(migrate(application("0", "--migrate-only"))).contains(PROGRESS).doesNotContain(BAR);
	}

	@Test
	void theLogSaysEveryFiveSecondsAndNoMoreOftenHowFarALongRunIs() {
		String output = migrate(application("1", "--migrate-only"));
		List<Matcher> lines = output.lines()
			.filter((line) -> line.contains("lockkeeper - "))
			.map(LINE::matcher)
			.filter(Matcher::matches)
			.toList();
		assertThat(output.lines().filter((line) -> line.contains("/12 change sets"))).hasSameSizeAs(lines);
		assertThat(lines).hasSizeBetween(2, 12).allSatisfy((line) -> {
			int applied = Integer.parseInt(line.group("applied"));
			assertThat(line.group("percent")).isEqualTo("" + Math.round(applied * 100 / 12.0));
			assertThat(line.group("running")).isIn(null, "" + (applied + 1));
		}).anyMatch((line) -> line.group("running") != null);
		Instant last = Instant.parse(output.lines()
			.filter((line) -> line.contains("lockkeeper - migrating"))
			.map((line) -> line.substring(0, line.indexOf(' ')))
			.findFirst()
			.orElseThrow());
		for (Matcher line : lines) {
			Instant logged = Instant.parse(line.group("time"));
			assertThat(Duration.between(last, logged)).isGreaterThan(INTERVAL);
			last = logged;
		}
	}

	@Test
	void theLogWhereTheApplicationServesAfterwards() {
		requireTerminal();
		try (JavaProcess process = application("0").onTerminal().start()) {
			process.awaitLine("Started PlainApplication", Applications.START);
			assertThat(process.getOutput()).contains(PROGRESS).doesNotContain(BAR);
		}
	}

	@Test
	void theLibraryOfTheBarIsLoadedOnlyByAMigratingProcessWithATerminal() {
		requireTerminal();
		Path log = this.directory.resolve("classes.log");
		JavaProcess.Builder self = twelve(this.database, "0", "0").arguments("--lockkeeper.mode=self");
		assertThat(loadedToServe(self.onTerminal(), log)).isEmpty();
		JavaProcess.Builder defer = twelve(this.database, "0", "0").arguments("--lockkeeper.mode=defer");
		assertThat(loadedToServe(defer.onTerminal(), log)).isEmpty();
		assertThat(loadedToMigrate(migrateOnly(), log)).isEmpty();
		assertThat(loadedToMigrate(migrateOnly().onTerminal(), log)).contains("me.tongfei.progressbar.ProgressBar",
				"org.jline.terminal.Terminal");
	}

	private JavaProcess.Builder migrateOnly() {
		return twelve(TestPostgres.shared().createDatabase(), "0", "0").arguments("--migrate-only");
	}

	private static List<String> loadedToServe(JavaProcess.Builder application, Path log) {
		try (JavaProcess process = application.jvmArguments(logging(log)).start()) {
			process.awaitLine("Started PlainApplication", Applications.START);
			return loaded(log);
		}
	}

	private static List<String> loadedToMigrate(JavaProcess.Builder application, Path log) {
		migrate(application.jvmArguments(logging(log)));
		return loaded(log);
	}

	private static String logging(Path log) {
		return "-Xlog:class+load:file=%s:none".formatted(log);
	}

	private static List<String> loaded(Path log) {
		List<String> classes = Applications.read(log).lines().map((line) -> line.split(" ")[0]).toList();
		assertThat(classes).contains("dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration");
		return classes.stream().filter((name) -> BAR_LIBRARIES.stream().anyMatch(name::startsWith)).toList();
	}

	private static void requireTerminal() {
		Requirement.require("script", Files.isExecutable(Path.of("/usr/bin/script")) ? Optional.empty()
				: Optional.of("/usr/bin/script, which gives a terminal, is missing (Debian: bsdutils)"));
	}

	private JavaProcess.Builder application(String seconds, String... arguments) {
		return twelve(this.database, seconds, "6").arguments(arguments);
	}

	private JavaProcess.Builder twelve(TestDatabase migrated, String seconds, String secondsOfTheEighth) {
		String[] changeSets = IntStream.rangeClosed(1, 12)
			.mapToObj((number) -> "me:%d%nselect pg_sleep(%s);".formatted(number,
					(number == 8) ? secondsOfTheEighth : seconds))
			.toArray(String[]::new);
		Path changeLog = Applications.changeLog(this.directory.resolve("twelve.sql"), changeSets);
		return Applications.plain(changeLog, migrated);
	}

	private static String migrate(JavaProcess.Builder application) {
		try (JavaProcess process = application.start()) {
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isZero();
			return process.getOutput();
		}
	}

}
