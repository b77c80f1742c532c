// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility;

import java.io.IOException;
import java.nio.file.Path;

import dev.lockkeeper.compatibility.admin.AdminServerApplication;
import dev.lockkeeper.compatibility.plain.PlainApplication;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A server of Spring Boot Admin shows what the health endpoint has of the schema.
 */
@FullTier
class SpringBootAdminIT {

	private static final String NO_DATABASE = "webmvc|tomcat|jersey|hibernate|jpa|jooq|jdbc|liquibase|"
			+ "lockkeeper-spring-boot|devtools|testcontainers|quartz|^h2-|postgresql";

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final int serverPort = Http.freePort();

	private final int port = Http.freePort();

	@Test
	void theServerShowsThatAPodDefersAndThenThatItIsUp() throws IOException {
		try (JavaProcess server = server(); JavaProcess pod = pod()) {
			server.awaitLine("Started AdminServerApplication", Contexts.START);
			pod.awaitLine("Started PlainApplication", Contexts.START);
			// It keeps the details of the moment at which the status changed
			awaitInstance("\"statusInfo\":{\"status\":\"OUT_OF_SERVICE\"", "\"mode\":\"DEFER\"");
			Contexts.migrate(this.database);
			awaitInstance("\"statusInfo\":{\"status\":\"UP\"", "\"mode\":\"DEFER\"", "\"status\":\"CURRENT\"");
			pod.terminate();
			assertThat(pod.awaitExit(Contexts.START)).isEqualTo(143);
		}
	}

	@Test
	void aJobWithTheClientMigratesAndExitsWithoutAServer() throws IOException {
		try (JavaProcess job = client().arguments("--migrate-only").start()) {
			assertThat(job.awaitExit(Contexts.START)).as(job::getOutput).isZero();
		}
		assertThat(this.database.query("SELECT name FROM ship")).containsExactly("Aurora");
	}

	private void awaitInstance(String... texts) {
		Awaitility.await()
			.atMost(Contexts.START)
			.untilAsserted(() -> assertThat(Http.get(this.serverPort, "/instances", "application/json").body())
				.contains(texts));
	}

	private JavaProcess server() throws IOException {
		return JavaProcess
			.ofMainClassWith(AdminServerApplication.class.getName(), NO_DATABASE,
					Contexts.jarsOf("spring-boot-admin-server.directory").toArray(Path[]::new))
			.arguments("--server.port=" + this.serverPort, "--spring.main.banner-mode=off",
					"--spring.boot.admin.monitor.status-interval=3s", "--spring.boot.admin.monitor.status-lifetime=3s")
			.start();
	}

	private JavaProcess pod() throws IOException {
		return client().onKubernetes()
			.arguments("--server.port=" + this.port, "--lockkeeper.defer.startup=serve",
					"--lockkeeper.wait.max-interval=1s")
			.start();
	}

	private JavaProcess.Builder client() throws IOException {
		return JavaProcess
			.ofMainClassWith(PlainApplication.class.getName(), "devtools|webflux|netty|testcontainers",
					Contexts.jarsOf("spring-boot-admin-client.directory").toArray(Path[]::new))
			.database(this.database)
			.arguments("--spring.main.banner-mode=off",
					"--spring.boot.admin.client.url=http://localhost:" + this.serverPort,
					"--spring.boot.admin.client.instance.service-base-url=http://localhost:" + this.port,
					"--spring.boot.admin.client.period=1s", "--management.endpoint.health.show-details=always",
					"--management.endpoints.web.exposure.include=health,schema");
	}

}
