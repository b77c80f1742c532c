// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility;

import java.util.concurrent.CompletableFuture;

import dev.lockkeeper.compatibility.plain.PlainApplication;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.SampledCases;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A process that serves at once becomes ready when the schema is there, whatever answers
 * its probes and wherever.
 */
class ReadinessIT {

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	/**
	 * Both servers are on the class path, and either would do for the management port.
	 */
	private static final String NETTY_ALONE = "--spring.autoconfigure.exclude="
			+ "org.springframework.boot.tomcat.autoconfigure.actuate.web.server.TomcatReactiveManagementContextAutoConfiguration";

	@ParameterizedTest
	@SampledCases(2)
	@CsvSource({ "servlet, local.server.port, /actuator, --spring.main.log-startup-info=true",
			"servlet, local.server.port, /actuator, --spring.main.lazy-initialization=true",
			"servlet, local.management.port, /ops/manage, --management.server.port=0",
			"reactive, local.server.port, /actuator, --spring.main.log-startup-info=true",
			"reactive, local.management.port, /ops/manage, --management.server.port=0 " + NETTY_ALONE })
	void changesWithTheSchema(String type, String portProperty, String path, String settings) {
		String[] arguments = """
				--lockkeeper.defer.startup=serve --spring.main.web-application-type=%s --management.server.base-path=/ops
				--management.endpoints.web.base-path=%s %s"""
			.formatted(type, path.replace("/ops", ""), settings)
			.split("\\s+");
		try (ConfigurableApplicationContext context = Contexts.run(PlainApplication.class, this.database, arguments)) {
			int port = context.getEnvironment().getRequiredProperty(portProperty, Integer.class);
			assertThat(Http.get(port, path + "/health/readiness").status()).isEqualTo(503);
			assertThat(Http.get(port, path + "/health/liveness").status()).isEqualTo(200);
			Awaitility.await()
				.atMost(Contexts.START)
				.untilAsserted(() -> assertThat(Http.get(port, path + "/schema").body()).contains("\"value\":\"DEFER\"",
						"KUBERNETES_SERVICE_HOST is set", "\"status\":\"PENDING\""));
			assertThat(Http.get(port, path + "/health/readiness").status()).isEqualTo(503);
			Contexts.migrate(this.database);
			Awaitility.await()
				.atMost(Contexts.START)
				.until(() -> Http.get(port, path + "/health/readiness").status() == 200);
			assertThat(Http.get(port, path + "/schema").body()).contains("\"status\":\"CURRENT\"");
		}
	}

	@ParameterizedTest
	@SampledCases(2)
	@CsvSource({ "servlet, false, --spring.mvc.servlet.path=/api, /api/actuator/health",
			"servlet, true, --management.server.base-path=/ops, /ops/actuator/health",
			"reactive, false, --spring.webflux.base-path=/api, /api/actuator/health",
			"reactive, true, --management.server.base-path=/ops " + NETTY_ALONE + ", /ops/actuator/health" })
	@FullTier
	void isShownInTheSamePlaceWhileAnApplicationWaitsAndAfterwards(String type, boolean ownPort, String settings,
			String path) {
		int port = Http.freePort();
		String arguments = "--spring.main.web-application-type=%s --%s=%d %s".formatted(type,
				ownPort ? "management.server.port" : "server.port", port, settings);
		CompletableFuture<ConfigurableApplicationContext> starting = Contexts.start(PlainApplication.class,
				this.database, arguments.split(" "));
		Awaitility.await().atMost(Contexts.START).until(() -> Http.get(port, path + "/liveness").status() == 200);
		assertThat(Http.get(port, path + "/readiness").status()).isEqualTo(503);
		assertThat(Http.get(port, path + "/nowhere").status()).isEqualTo(503);
		assertThat(starting).isNotDone();
		Contexts.migrate(this.database);
		try (ConfigurableApplicationContext context = starting.join()) {
			assertThat(Http.get(port, path + "/readiness").status()).isEqualTo(200);
			assertThat(Http.get(port, path + "/liveness").status()).isEqualTo(200);
			assertThat(Http.get(port, path + "/nowhere").status()).isEqualTo(404);
			assertThat(context.isRunning()).isTrue();
		}
	}

}
