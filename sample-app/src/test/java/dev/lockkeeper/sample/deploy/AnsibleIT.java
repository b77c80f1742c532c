// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.Requirement;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Ansible. The playbook runs as it is; both hosts of its inventory are this machine, each
 * with a folder of its own. {@code systemctl} has a stand-in.
 */
@FullTier
@ExecutesPage("ansible")
class AnsibleIT {

	private static final Pattern VARIABLE = Pattern.compile("(?m)^(\\w+)=(.*)$");

	private final int port = Http.freePort();

	@BeforeEach
	void needsAnsible() {
		Requirement.require("ansible", DeployPage.missing("ansible-playbook"));
	}

	@Test
	void theSchemaIsMigratedOnceThenTheServicesRestartOneByOne(DeployPage page) throws IOException {
		TestDatabase database = TestPostgres.shared().createDatabase();
		String owner = database.getServer().createRole("replace-me");
		database.execute("GRANT CREATE ON SCHEMA public TO " + owner);
		prepare(page, database.getPlainUrl(), owner);
		JavaProcess playbook = page.standIn("systemctl").start("ansible-playbook");
		Awaitility.await()
			.atMost(DeployPage.LIMIT)
			.until(() -> !playbook.isAlive() || page.calls().contains("systemctl restart harbour.service"));
		assertThat(playbook.isAlive()).as(playbook::getOutput).isTrue();
		JavaProcess service = page.start(List.of("java", "-jar", host(page, 1).resolve("application.jar").toString()),
				service(page));
		assertThat(playbook.awaitExit(DeployPage.LIMIT)).as(playbook::getOutput).isZero();
		page.shows("PLAY [Migrate once]", playbook.getOutput());
		assertThat(page.getText().modes()).hasSize(2)
			.allSatisfy((mode) -> assertThat(playbook.getOutput() + service.getOutput()).contains(mode));
		assertThat(page.calls()).hasSize(6).filteredOn((call) -> call.contains("restart")).hasSize(2);
		assertThat(database.query("SELECT count(*) FROM lockkeeper_run")).containsExactly("1");
		assertThat(host(page, 2).resolve("application.jar")).exists();
	}

	@Test
	void aTaskIsTriedAgainByItsClassAndItsFailureStopsTheRelease(DeployPage page) throws IOException {
		prepare(page, "jdbc:postgresql://localhost:1/away", "harbour");
		// It is copied to each host, and not started
		page.write("application.jar", "");
		page.standIn("systemctl")
			.standIn("java", "code=$(head -n 1 %1$s); sed -i 1d %1$s; exit \"$code\""
				.formatted(page.getFolder().resolve("codes")));
		page.write("codes", "69\n75\n143\n70\n0\n");
		JavaProcess playbook = page.run("ansible-playbook");
		assertThat(playbook.awaitExit(DeployPage.LIMIT)).as(playbook::getOutput).isNotZero();
		assertThat(playbook.getOutput()).contains("\"rc\": 70").doesNotContain("PLAY [Take the release");
		assertThat(page.calls()).hasSize(4).containsOnly("java -jar next.jar --migrate-only");
		assertThat(host(page, 1).resolve("application.jar")).doesNotExist();
	}

	private static Path host(DeployPage page, int number) {
		return page.getFolder().resolve("app-" + number);
	}

	// As the unit starts it
	private static Map<String, String> service(DeployPage page) throws IOException {
		String unit = page.read("harbour.service");
		assertThat(unit).contains("ExecStart=/usr/bin/java -jar application.jar", "Environment=LOCKKEEPER_MODE=defer");
		Map<String, String> variables = VARIABLE.matcher(Files.readString(host(page, 1).resolve("harbour.env")))
			.results()
			.collect(Collectors.toMap((variable) -> variable.group(1), (variable) -> variable.group(2)));
		variables.put("LOCKKEEPER_MODE", "defer");
		return variables;
	}

	private void prepare(DeployPage page, String url, String owner) throws IOException {
		Files.createDirectory(page.getFolder().resolve("units"));
		String variables = Stream.of(page.read("inventory.ini").split("\n"))
			.filter((line) -> line.startsWith("harbour_") && !line.startsWith("harbour_folder"))
			.collect(Collectors.joining("\n"))
			.replace("/etc/systemd/system", page.getFolder().resolve("units").toString())
			.replace("8080", String.valueOf(this.port))
			.replace("jdbc:postgresql://database.example:5432/harbour", url)
			.replace("user=harbour", "user=" + owner);
		page.write("inventory.ini", """
				[harbour]
				app-1 harbour_folder=%s
				app-2 harbour_folder=%s

				[harbour:vars]
				ansible_connection=local
				ansible_python_interpreter={{ ansible_playbook_python }}
				harbour_delay=0
				%s
				""".formatted(host(page, 1), host(page, 2), variables));
		page.variable("ANSIBLE_PIPELINING", "true")
			.variable("ANSIBLE_LOCAL_TEMP", page.getFolder().resolve("temp").toString())
			.variable("ANSIBLE_REMOTE_TEMP", page.getFolder().resolve("temp").toString())
			.variable("LC_ALL", "C.UTF-8");
	}

}
