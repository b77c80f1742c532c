// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility;

import java.lang.management.ManagementFactory;

import javax.management.MBeanServer;
import javax.management.ObjectName;

import dev.lockkeeper.compatibility.plain.PlainApplication;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.Http.Answer;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * One address gives a page to a browser and JSON to a program, whatever answers.
 */
class SchemaPageIT {

	static final String CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
			+ "image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7";

	static final String FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@ParameterizedTest
	@CsvSource({ "servlet, local.server.port, --spring.main.log-startup-info=true",
			"servlet, local.management.port, --management.server.port=0",
			"reactive, local.server.port, --spring.main.log-startup-info=true" })
	@FullTier
	void browsersGetPagesAndProgramsJson(String type, String portProperty, String setting) {
		try (ConfigurableApplicationContext context = Contexts.run(PlainApplication.class, this.database,
				"--lockkeeper.mode=self", "--spring.main.web-application-type=" + type, setting)) {
			int port = context.getEnvironment().getRequiredProperty(portProperty, Integer.class);
			assertThat(Http.get(port, "/actuator").body()).contains("/actuator/schema\"");
			assertNegotiation(port, "/actuator/schema");
		}
	}

	@Test
	void jmxShowsBoth() throws Exception {
		try (ConfigurableApplicationContext context = Contexts.run(PlainApplication.class, this.database,
				"--lockkeeper.mode=self", "--spring.jmx.enabled=true",
				"--management.endpoints.jmx.exposure.include=schema")) {
			assertThat(context.isRunning()).isTrue();
			MBeanServer server = ManagementFactory.getPlatformMBeanServer();
			ObjectName name = new ObjectName("org.springframework.boot:type=Endpoint,name=Schema");
			assertThat(server.invoke(name, "page", new Object[0], new String[0])).asString().contains("May serve: yes");
			assertThat(server.invoke(name, "schemas", new Object[0], new String[0])).asString().contains("CURRENT");
		}
	}

	/**
	 * Request everything that the endpoint has in all forms.
	 * @param path where the endpoint is, with a schema {@code liquibase} that is current
	 */
	static void assertNegotiation(int port, String path) {
		assertForms(port, path, "{\"mode\":", "May serve: yes");
		assertForms(port, path + "/liquibase/runs", "{\"schema\":\"liquibase\",\"runs\":[", "Runs of liquibase");
		assertForms(port, path + "/liquibase/applied", "{\"schema\":\"liquibase\",\"checkedAt\":",
				"Change sets of liquibase");
		for (String accept : new String[] { "*/*", "application/json", FIREFOX }) {
			Answer schema = Http.get(port, path + "/liquibase", accept);
			assertThat(schema.contentType()).as(accept).contains("json");
			assertThat(schema.body()).startsWith("{\"status\":\"CURRENT\"");
		}
		String nothing = path + "/liquibase/applied?filter=no-such-change-set";
		assertThat(Http.get(port, nothing).body())
			.contains("\"filter\":\"no-such-change-set\",\"total\":0,\"newest\":[],\"problem\":null");
		assertThat(Http.get(port, nothing, CHROME).body()).contains("0 change sets have");
		for (String accept : new String[] { "*/*", FIREFOX }) {
			assertThat(Http.get(port, path + "/unknown", accept).status()).as(accept).isEqualTo(404);
			assertThat(Http.get(port, path + "/unknown/runs", accept).status()).as(accept).isEqualTo(404);
		}
	}

	private static void assertForms(int port, String path, String json, String html) {
		assertJson(Http.get(port, path), json);
		for (String accept : new String[] { "*/*", "application/json", "application/*", "application/json, text/html",
				"application/vnd.spring-boot.actuator.v3+json", "application/vnd.spring-boot.actuator.v2+json" }) {
			assertJson(Http.get(port, path, accept), json);
		}
		for (String accept : new String[] { CHROME, FIREFOX, "text/html", "text/*" }) {
			Answer answer = Http.get(port, path, accept);
			assertThat(answer.status()).as(accept).isEqualTo(200);
			assertThat(answer.contentType()).isEqualToIgnoringCase("text/html;charset=UTF-8");
			assertThat(answer.body()).startsWith("<!DOCTYPE html>").contains(html);
		}
		assertThat(Http.get(port, path, "image/png").status()).isEqualTo(406);
	}

	private static void assertJson(Answer answer, String start) {
		assertThat(answer.status()).isEqualTo(200);
		assertThat(answer.contentType()).contains("json");
		assertThat(answer.body()).startsWith(start);
	}

}
