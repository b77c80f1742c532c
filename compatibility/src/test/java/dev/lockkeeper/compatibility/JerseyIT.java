// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility;

import dev.lockkeeper.compatibility.jersey.JerseyApplication;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.Http.Answer;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.SampledCases;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Probes and endpoint where Jersey answers: a process of its own, for Spring MVC would go
 * before it.
 */
class JerseyIT {

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final int port = Http.freePort();

	@ParameterizedTest
	@SampledCases
	@ValueSource(strings = { "", "/api" })
	@FullTier
	void probesAreAnsweredFromTheStartAndTheEndpointAfterwards(String path) {
		String actuator = path + "/actuator";
		try (JavaProcess process = application().onKubernetes()
			.database(this.database)
			.arguments("--server.port=" + this.port, "--spring.jersey.application-path=" + path,
					"--spring.main.banner-mode=off", "--lockkeeper.wait.max-interval=1s",
					"--management.endpoints.web.exposure.include=health,schema")
			.start()) {
			process.awaitLine("lockkeeper - waiting for the schema", Contexts.START);
			assertThat(Http.get(this.port, actuator + "/health/liveness").status()).isEqualTo(200);
			assertThat(Http.get(this.port, actuator + "/health/readiness").status()).isEqualTo(503);
			assertThat(Http.get(this.port, actuator + "/schema").status()).isEqualTo(503);
			Contexts.migrate(this.database);
			process.awaitLine("Started JerseyApplication", Contexts.START);
			Awaitility.await()
				.atMost(Contexts.START)
				.until(() -> Http.get(this.port, actuator + "/health/readiness").status() == 200);
			assertThat(Http.get(this.port, actuator + "/health/liveness").status()).isEqualTo(200);
			SchemaPageIT.assertNegotiation(this.port, actuator + "/schema");
			Answer sql = Http.get(this.port, actuator + "/schema/liquibase/sql");
			assertThat(sql.status()).isEqualTo(403);
			assertThat(sql.contentType()).isEqualToIgnoringCase("text/plain;charset=UTF-8");
			assertThat(sql.body()).contains("management.endpoint.schema.show-values");
		}
	}

	private static JavaProcess.Builder application() {
		return JavaProcess.ofMainClassWithout(JerseyApplication.class.getName(), "webmvc", "webflux", "netty",
				"hibernate", "jpa", "jooq", "testcontainers", "devtools");
	}

}
