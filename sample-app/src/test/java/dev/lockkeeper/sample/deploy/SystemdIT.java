// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.deploy;

import java.util.List;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.ExitStatus.Retry;
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
 * Virtual machines with systemd. The units run under a systemd of their own.
 */
@FullTier
@ExecutesPage("systemd")
class SystemdIT {

	private static final List<String> UNITS = List.of("harbour-migration@.service", "harbour@.service",
			"harbour-self@.service");

	private static final String MIGRATION = "harbour-migration@1.service";

	private static final String SERVICE = "harbour@1.service";

	private static final String SELF = "harbour-self@1.service";

	/**
	 * Stands for Java where the subject is what systemd makes of a code.
	 */
	private static final String SCRIPT = """
			#!/bin/sh
			case "$*" in *--migrate-only*) exit "$(cat /opt/harbour/code)" ;; esac
			trap 'exit 143' TERM
			while :; do sleep 0.1; done
			""";

	private static final String CODES = "/opt/harbour/java";

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final String owner = this.database.getServer().createRole("replace-me");

	private final int port = Http.freePort();

	@BeforeEach
	void needsNamespaces() {
		Requirement.require("systemd", SystemdLab.obstacle());
		Requirement.require("curl", DeployPage.missing("curl"));
	}

	@Test
	void theSchemaIsMigratedThenTheServiceIsReady(DeployPage page) {
		this.database.execute("GRANT CREATE ON SCHEMA public TO " + this.owner);
		prepare(page, this.database.getPlainUrl());
		try (SystemdLab lab = SystemdLab.start(page)) {
			assertThat(page.succeed("systemd-analyze verify /etc/systemd/system/harbour-migration@")).isEmpty();
			page.succeed("systemctl start harbour-migration@1");
			page.shows("mode MIGRATE_ONLY", page.succeed("curl"));
			assertThat(lab.show(MIGRATION, "ActiveState")).isEqualTo("inactive");
			assertThat(page.getText().modes().subList(0, 2))
				.allSatisfy((mode) -> assertThat(lab.command("journalctl --no-pager --output=cat")).contains(mode));
			lab.command("systemctl stop " + SERVICE);
			assertThat(lab.show(SERVICE, "ActiveState")).as("143 is no failure").isEqualTo("inactive");
		}
	}

	@Test
	void theNextReleaseTakesOverAndGivesBack(DeployPage page) {
		prepare(page, this.database.getPlainUrl(), CODES);
		try (SystemdLab lab = SystemdLab.start(page)) {
			lab.command("install -D --mode=755 java /opt/harbour/java; echo 0 > /opt/harbour/code");
			page.succeed("systemd-analyze verify /etc/systemd/system/harbour-migration@");
			page.succeed("systemctl start harbour-migration@1");
			page.succeed("systemctl start harbour-migration@2");
			assertThat(lab.command("systemctl is-enabled harbour@1 harbour@2 || true").lines())
				.containsExactly("disabled", "enabled");
			assertThat(lab.show(SERVICE, "ActiveState")).as("143 is no failure").isEqualTo("inactive");
			assertThat(lab.show("harbour@2.service", "ActiveState")).isEqualTo("active");
			page.succeed("systemctl disable --now harbour@2");
			assertThat(lab.command("systemctl is-enabled harbour@1 harbour@2 || true").lines())
				.containsExactly("enabled", "disabled");
			assertThat(lab.show(SERVICE, "ActiveState")).isEqualTo("active");
			lab.command("echo 70 > /opt/harbour/code");
			JavaProcess release = page.run("systemctl start harbour-migration@2");
			assertThat(release.awaitExit(DeployPage.LIMIT)).as(release::getOutput).isNotZero();
			assertThat(lab.show(SERVICE, "ActiveState")).as("release 1 goes on").isEqualTo("active");
		}
	}

	@Test
	void systemdTriesAgainAfterTheCodesOfThatClassWhileTheServiceWaits(DeployPage page) {
		prepare(page, this.database.getPlainUrl(), CODES);
		try (SystemdLab lab = SystemdLab.start(page)) {
			lab.command("install -D --mode=755 java /opt/harbour/java; mkdir /opt/harbour/1");
			page.succeed("systemd-analyze verify /etc/systemd/system/harbour-migration@");
			for (ExitStatus status : ExitStatus.values()) {
				if (status.getRetry() == Retry.NOT_NEEDED) {
					continue;
				}
				lab.command("echo %d > /opt/harbour/code".formatted(status.getCode()));
				assertThat(lab.command("systemctl start %s || echo refused".formatted(MIGRATION))).contains("refused");
				assertThat(lab.show(MIGRATION, "SubState")).as(status.name())
					.isEqualTo((status.getRetry() == Retry.WORTHWHILE) ? "auto-restart" : "failed");
				lab.command("systemctl stop %1$s; systemctl reset-failed %1$s || true".formatted(MIGRATION));
			}
			lab.command("echo 75 > /opt/harbour/code; systemctl start --no-block " + SERVICE);
			Awaitility.await().until(() -> lab.show(MIGRATION, "SubState").equals("auto-restart"));
			lab.command("echo 0 > /opt/harbour/code");
			Awaitility.await().until(() -> lab.show(MIGRATION, "SubState").equals("dead"));
			Awaitility.await().until(() -> lab.show(SERVICE, "SubState").equals("running"));
		}
	}

	@Test
	void aServiceAloneMigratesItselfAndIsNotRestartedAfter77(DeployPage page) {
		this.database.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC, " + this.owner);
		prepare(page, this.database.getPlainUrl());
		try (SystemdLab lab = SystemdLab.start(page)) {
			assertThat(page.succeed("enable --now harbour-self@1")).doesNotContain("nknown");
			Awaitility.await().atMost(DeployPage.LIMIT).until(() -> lab.show(SELF, "ActiveState").equals("failed"));
			assertThat(lab.show(SELF, "ExecMainStatus")).isEqualTo("77");
			assertThat(lab.show(SELF, "NRestarts")).isEqualTo("0");
			this.database.execute("GRANT CREATE ON SCHEMA public TO " + this.owner);
			lab.command("systemctl start " + SELF);
			Awaitility.await()
				.atMost(DeployPage.LIMIT)
				.until(() -> Http.get(this.port, "/actuator/health/readiness").status() == 200);
			page.shows("mode SELF", page.succeed("--unit=harbour-self@1"));
			lab.command("systemctl stop " + SELF);
			assertThat(lab.show(SELF, "ActiveState")).as("143 is no failure").isEqualTo("inactive");
		}
	}

	private void prepare(DeployPage page, String url) {
		prepare(page, url, DeployPage.javaHome().resolve("bin").resolve("java").toString());
	}

	private void prepare(DeployPage page, String url, String java) {
		page.replacing("localhost:8080", "localhost:" + this.port);
		page.write("harbour.env", page.read("harbour.env")
			.replace("jdbc:postgresql://localhost:5432/harbour", url)
			.replace("USERNAME=harbour", "USERNAME=" + this.owner)
			.replace("8080", String.valueOf(this.port)) + """
					LOCKKEEPER_DATABASE_WAIT=1s
					LOCKKEEPER_WAIT_MAX_INTERVAL=1s
					JDK_JAVA_OPTIONS="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx256m -XX:-UseContainerSupport"
					""");
		page.write("java", SCRIPT);
		UNITS.forEach((unit) -> page.write(unit, page.read(unit).replace("/usr/bin/java", java)));
	}

}
