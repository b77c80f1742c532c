// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import javax.management.MBeanOperationInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;

import dev.lockkeeper.compatibility.plain.PlainApplication;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.Http.Answer;
import dev.lockkeeper.testsupport.SampledCases;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The SQL of what is pending is text, whatever web server answers, and whatever a client
 * would like best.
 */
class SchemaSqlIT {

	private static final String SQL = "/actuator/schema/liquibase/sql";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@ParameterizedTest
	@SampledCases
	@CsvSource({ "servlet, local.server.port, --spring.main.log-startup-info=true",
			"servlet, local.management.port, --management.server.port=0",
			"reactive, local.server.port, --spring.main.log-startup-info=true" })
	@FullTier
	void isShownWhereTheSettingAllowsIt(String type, String portProperty, String setting) {
		try (ConfigurableApplicationContext context = run("--spring.main.web-application-type=" + type, setting,
				"--management.endpoint.schema.show-values=always")) {
			int port = context.getEnvironment().getRequiredProperty(portProperty, Integer.class);
			for (String accept : new String[] { "*/*", "text/plain", SchemaPageIT.CHROME, SchemaPageIT.FIREFOX,
					"application/json" }) {
				Answer answer = Http.get(port, SQL, accept);
				assertThat(answer.status()).as(accept).isEqualTo(200);
				assertThat(answer.contentType()).as(accept).isEqualToIgnoringCase("text/plain;charset=UTF-8");
				assertThat(answer.body()).as(accept).contains("create table \"Schiff_ü\" (id int);");
			}
			for (String accept : new String[] { "*/*", "text/plain", SchemaPageIT.FIREFOX }) {
				assertThat(Http.get(port, "/actuator/schema/liquibase", accept).status()).as(accept).isEqualTo(200);
				for (String path : new String[] { "/another/sql", "/liquibase/sql/sql", "/sql", "/liquibase/sq" }) {
					assertThat(Http.get(port, "/actuator/schema" + path, accept).status()).as(path).isEqualTo(404);
				}
			}
			assertThat(Http.get(port, "/actuator/schema/liquibase", "text/plain").contentType()).contains("json");
		}
		assertThat(this.database.query("SELECT relname FROM pg_class WHERE relname ~ 'Schiff|changelog|lockkeeper'"))
			.isEmpty();
	}

	@ParameterizedTest
	@SampledCases
	@CsvSource({ "servlet, never", "reactive, when-authorized" })
	@FullTier
	void isRefusedElsewhere(String type, String show) {
		try (ConfigurableApplicationContext context = run("--spring.main.web-application-type=" + type,
				"--management.endpoint.schema.show-values=" + show)) {
			int port = context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
			Answer answer = Http.get(port, SQL);
			assertThat(answer.status()).isEqualTo(403);
			assertThat(answer.body()).contains("It is set to " + show).doesNotContain("Schiff");
		}
	}

	@Test
	void jmxDoesNotShowIt() throws Exception {
		try (ConfigurableApplicationContext context = run("--spring.jmx.enabled=true",
				"--management.endpoints.jmx.exposure.include=schema",
				"--management.endpoint.schema.show-values=always")) {
			assertThat(context.isRunning()).isTrue();
			MBeanServer server = ManagementFactory.getPlatformMBeanServer();
			ObjectName name = new ObjectName("org.springframework.boot:type=Endpoint,name=Schema");
			assertThat(Arrays.stream(server.getMBeanInfo(name).getOperations()).map(MBeanOperationInfo::getName))
				.contains("schema")
				.doesNotContain("text", "sql");
			assertThat(server.invoke(name, "schema", new Object[] { "liquibase/sql" },
					new String[] { String.class.getName() }))
				.isNull();
		}
	}

	private ConfigurableApplicationContext run(String... arguments) {
		try {
			Path changeLog = Files.writeString(this.directory.resolve("changelog.sql"),
					"--liquibase formatted sql\n\n--changeset me:one\ncreate table \"Schiff_ü\" (id int);\n");
			List<String> all = new ArrayList<>(List.of(arguments));
			all.addAll(List.of("--lockkeeper.mode=defer", "--lockkeeper.defer.startup=serve",
					"--spring.liquibase.change-log=file:" + changeLog));
			return Contexts.run(PlainApplication.class, this.database, all.toArray(String[]::new));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
