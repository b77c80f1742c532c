// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.Requirement;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * SSH and cron. The script runs as it is; {@code ssh} has a stand-in that executes its
 * command on this machine, in a home of the test's own.
 */
@FullTier
@ExecutesPage("ssh-and-cron")
class SshAndCronIT {

	private static final Pattern LINE = Pattern.compile("(?m)^0 3 \\* \\* \\* (.*)$");

	private static final Pattern SETTING = Pattern.compile("(?m)^(\\w+)=(.*)$");

	/**
	 * Stands for Java: it writes down its arguments, and ends with the codes of a file,
	 * one after the other.
	 */
	private static final String CODES = """
			code=$(head -n 1 codes)
			sed -i 1d codes
			exit "$code"
			""";

	/**
	 * A host is a folder in the home.
	 */
	private static final String SCP = """
			target=${!#}
			host=${target#*@}
			cp -p "${@:2:$#-2}" "$HOME/${host%%:*}/${target##*:}"
			""";

	private static final String SSH = """
			export HOME="$HOME/${1#*@}"
			cd "$HOME"
			exec sh -c "${*:2}"
			""";

	private static final String RELEASE = "'mv harbour/next.jar harbour/application.jar && sudo systemctl restart harbour'";

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@BeforeEach
	void needsALock() {
		Requirement.require("flock", DeployPage.missing("flock"));
	}

	@Test
	void aHostIsPreparedWithAServiceThatDefers(DeployPage page) {
		page.standIn("useradd").standIn("install").standIn("systemctl").succeed("useradd");
		assertThat(page.calls()).containsExactly("useradd --create-home harbour",
				"install -d -o harbour -g harbour /home/harbour/harbour",
				"install -m 644 harbour.service /etc/systemd/system/",
				"install -m 440 harbour.sudoers /etc/sudoers.d/harbour", "systemctl daemon-reload",
				"systemctl enable harbour.service");
		assertThat(page.read("harbour.sudoers")).contains("systemctl restart harbour\n");
	}

	@Test
	void theSchemaIsMigratedOnTheFirstHostThenEachServiceRestarts(DeployPage page) throws IOException {
		prepare(page, this.database.getUrl());
		Path home = homeWithHarbour(page);
		for (String host : List.of("app-1.example", "app-2.example")) {
			Files.createDirectories(home.resolve(host).resolve("harbour"));
		}
		page.standIn("scp", SCP).standIn("ssh", SSH).standIn("sudo");
		String output = page.succeed("ssh");
		page.shows("mode MIGRATE_ONLY", output);
		assertThat(page.calls().stream().filter((call) -> !call.startsWith("scp"))).containsExactly(
				"ssh harbour@app-1.example harbour/migrate.sh next.jar", "ssh harbour@app-1.example " + RELEASE,
				"sudo systemctl restart harbour", "ssh harbour@app-2.example " + RELEASE,
				"sudo systemctl restart harbour");
		assertThat(home.resolve("app-1.example/harbour/application.jar")).exists();
		assertThat(home.resolve("app-2.example/harbour/application.jar")).exists();
		String unit = page.read("harbour.service");
		assertThat(unit).contains("WorkingDirectory=/home/harbour/harbour", "Environment=LOCKKEEPER_MODE=defer",
				"ExecStart=/usr/bin/java -jar application.jar");
		JavaProcess service = page.start(List.of("java", "-jar", "application.jar"), Map.of("LOCKKEEPER_MODE", "defer",
				"SERVER_PORT", "0", "SPRING_DATASOURCE_URL", this.database.getUrl()));
		service.awaitPort(DeployPage.LIMIT);
		page.shows("mode DEFER", service.getOutput());
		assertThat(page.getText().modes()).hasSize(2)
			.allSatisfy((mode) -> assertThat(output + service.getOutput()).contains(mode));
	}

	@Test
	void aMigrationThatFailsLeavesTheHostsAsTheyAre(DeployPage page) throws IOException {
		homeWithHarbour(page);
		page.standIn("scp").standIn("sudo").standIn("ssh", "exit 70");
		JavaProcess release = page.run("ssh");
		assertThat(release.awaitExit(DeployPage.LIMIT)).isEqualTo(70);
		assertThat(page.calls()).last().isEqualTo("ssh harbour@app-1.example harbour/migrate.sh next.jar");
	}

	@Test
	void theScriptGoesOnAfterADatabaseThatIsAwayUntilItIsAskedToEnd(DeployPage page) {
		prepare(page, "jdbc:postgresql://localhost:1/away");
		page.variable("PAUSE", "600").variable("LOCKKEEPER_DATABASE_WAIT", "1s");
		JavaProcess script = page.start(List.of("./migrate.sh"));
		script.awaitLine("Try 1 ended", DeployPage.LIMIT);
		script.terminate();
		assertThat(script.awaitExit(DeployPage.LIMIT)).isEqualTo(143);
		page.shows("69 (UNAVAILABLE)", script.getOutput());
	}

	@Test
	void theScriptTriesAgainAfter69And75And143AndStopsAfterEveryOtherCode(DeployPage page) {
		page.standIn("java", CODES).variable("TRIES", "4").variable("PAUSE", "0");
		assertThat(codeOf(page, "69 75 143 0")).isZero();
		assertThat(codeOf(page, "75 75 75 75 0")).isEqualTo(75);
		assertThat(page.calls()).hasSize(8).containsOnly("java -jar application.jar --migrate-only");
		for (String code : List.of("1", "64", "65", "70", "77", "78", "137")) {
			assertThat(codeOf(page, code + " 0")).isEqualTo(Integer.parseInt(code));
		}
		assertThat(page.calls()).hasSize(15);
	}

	@RepeatedTest(5)
	void aScriptThatIsAskedToEndAsksTheMigrationAndDoesNotTryAgain(DeployPage page) {
		// As early as possible: the script may not know its child yet
		page.standIn("java", "trap 'exit 143' TERM; kill -TERM $PPID; while :; do sleep 0.1; done");
		assertThat(page.start(List.of("./migrate.sh")).awaitExit(DeployPage.LIMIT)).isEqualTo(143);
		assertThat(page.calls()).hasSize(1);
	}

	@Test
	void theLockIsHeldWhileTheMigrationOutlivesItsScriptAndIsGoneWithIt(DeployPage page) {
		page.standIn("java", "echo begun; while [ ! -e over ]; do sleep 0.1; done");
		JavaProcess script = page.start(List.of("./migrate.sh"));
		script.awaitLine("begun", DeployPage.LIMIT);
		assertThat(page.start(List.of("./migrate.sh")).awaitExit(DeployPage.LIMIT)).isEqualTo(75);
		script.kill();
		JavaProcess second = page.start(List.of("./migrate.sh"));
		assertThat(second.awaitExit(DeployPage.LIMIT)).isEqualTo(75);
		assertThat(second.getOutput()).isEqualTo("migrate.sh is running already");
		page.write("over", "");
		assertThat(page.start(List.of("flock", "--timeout", "60", "migrate.lock", "true")).awaitExit(DeployPage.LIMIT))
			.isZero();
		assertThat(page.start(List.of("./migrate.sh")).awaitExit(DeployPage.LIMIT)).isZero();
	}

	@Test
	void cronReleasesWhatLiesThereAndSaysWithWhichCodeItFailed(DeployPage page) throws IOException {
		prepare(page, this.database.getUrl());
		page.standIn("crontab").succeed("crontab");
		assertThat(page.calls()).containsExactly("crontab harbour.crontab");
		page.standIn("java", "exit 77").standIn("sudo");
		Path home = homeWithHarbour(page);
		assertThat(cron(page)).as("nothing to release").isEmpty();
		Path folder = home.resolve("harbour");
		for (String file : List.of("migrate.sh", "harbour.env", "application.jar")) {
			Files.copy(page.getFolder().resolve(file),
					folder.resolve(file.equals("application.jar") ? "next.jar" : file));
		}
		page.shows("Not released", cron(page));
		assertThat(folder.resolve("next.jar")).exists();
		page.standIn("java");
		assertThat(cron(page)).isEmpty();
		assertThat(folder.resolve("next.jar")).doesNotExist();
		assertThat(page.calls()).last().isEqualTo("sudo systemctl restart harbour");
	}

	private static int codeOf(DeployPage page, String codes) {
		page.write("codes", codes.replace(' ', '\n') + "\n");
		return page.start(List.of("./migrate.sh")).awaitExit(DeployPage.LIMIT);
	}

	// With the shell and the variables that cron gives to a command; the stand-ins stay
	private static String cron(DeployPage page) {
		String table = page.read("harbour.crontab");
		String command = LINE.matcher(table).results().map((line) -> line.group(1)).findFirst().orElseThrow();
		assertThat(command).as("cron takes it for the end of the line").doesNotContain("%");
		Map<String, String> settings = SETTING.matcher(table)
			.results()
			.collect(Collectors.toMap((setting) -> setting.group(1), (setting) -> setting.group(2)));
		assertThat(settings).containsOnlyKeys("SHELL", "PATH", "MAILTO");
		JavaProcess process = page.start(List.of(settings.getOrDefault("SHELL", ""), "-c", command));
		process.awaitExit(DeployPage.LIMIT);
		return process.getOutput();
	}

	private static void prepare(DeployPage page, String url) {
		page.write("harbour.env",
				page.read("harbour.env")
					.replace("jdbc:postgresql://database.example:5432/harbour", url)
					.replaceFirst("(?m)^SPRING_DATASOURCE_USERNAME=.*\n", "")
					.replaceFirst("(?m)^SPRING_DATASOURCE_PASSWORD=.*\n", ""));
	}

	private static Path homeWithHarbour(DeployPage page) throws IOException {
		Path home = page.folderFor("home");
		Files.createDirectory(home.resolve("harbour"));
		page.variable("HOME", home.toString());
		return home;
	}

}
