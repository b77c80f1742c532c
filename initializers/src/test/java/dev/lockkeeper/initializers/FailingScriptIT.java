// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initializers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A script that fails ends the run as a change set does, under its name.
 */
@FullTier
class FailingScriptIT {

	private static final String BROKEN = """
			CREATE TABLE IF NOT EXISTS crane (id int);
			CREATE TABLE cargo (id no_such_type);
			""";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@ParameterizedTest
	@CsvSource({ "dataSourceScriptDatabaseInitializer, spring.sql.init.schema-locations",
			"batchDataSourceInitializer, spring.batch.jdbc.schema",
			"jdbcSessionDataSourceScriptDatabaseInitializer, spring.session.jdbc.schema",
			"quartzDataSourceScriptDatabaseInitializer, spring.quartz.jdbc.schema",
			"integrationDataSourceInitializer, spring.integration.jdbc.schema" })
	void aStatementThatFailsEndsTheRunWith70(String initializer, String location) throws IOException {
		Path script = Files.writeString(this.directory.resolve("broken.sql"), BROKEN);
		String[] arguments = { "--spring.sql.init.data-locations=", "--%s=file:%s".formatted(location, script) };
		failsWith(70, "MIGRATION", "broken.sql", initializer, Harbour.process(this.database).arguments(arguments));
		assertThat(Harbour.tables(this.database)).doesNotContain("cargo");
		Files.writeString(script, BROKEN.replace("no_such_type", "int"));
		Harbour.run(Harbour.process(this.database)
			.arguments("--migrate-only")
			.arguments(arguments)
			.arguments(Harbour.neverBut(initializer)), 0);
		assertThat(Harbour.tables(this.database)).contains("cargo", "crane");
	}

	@ParameterizedTest
	@ValueSource(strings = { "dataSourceScriptDatabaseInitializer", "batchDataSourceInitializer",
			"jdbcSessionDataSourceScriptDatabaseInitializer", "quartzDataSourceScriptDatabaseInitializer",
			"integrationDataSourceInitializer", "databaseSchemaInitializer" })
	void aRightThatIsMissingEndsTheRunWith77(String initializer) throws IOException {
		Roles roles = Roles.create(this.database);
		Harbour.run(
				Harbour.process(this.database, roles.owner()).arguments("--migrate-only").arguments(Harbour.neverBut()),
				0);
		failsWith(77, "PERMISSION", "permission denied", initializer,
				Harbour.process(this.database, roles.application()));
		Harbour.run(Harbour.process(this.database, roles.owner())
			.arguments("--migrate-only")
			.arguments(Harbour.neverBut(initializer)), 0);
		assertThat(Harbour.tables(this.database)).containsAnyElementsOf(Harbour.TABLES);
	}

	@Test
	void aStartEndsAsMigrateOnlyDoes() throws IOException {
		Path script = Files.writeString(this.directory.resolve("broken.sql"), "CREATE TABLE cargo (id no_such_type);");
		assertThat(Harbour
			.run(Harbour.process(this.database).arguments("--spring.sql.init.schema-locations=file:" + script), 70))
			.contains("APPLICATION FAILED TO START", "dataSourceScriptDatabaseInitializer", "broken.sql");
	}

	@Test
	void aPodShowsTheRunThatFailed() throws IOException {
		Harbour.run(Harbour.process(this.database).arguments("--migrate-only", "--spring.sql.init.mode=never"), 0);
		Path script = Files.writeString(this.directory.resolve("broken.sql"), BROKEN);
		Harbour.run(Harbour.process(this.database)
			.arguments("--migrate-only", "--spring.sql.init.schema-locations=file:" + script), 70);
		try (JavaProcess pod = Harbour.process(this.database)
			.onKubernetes()
			.arguments("--lockkeeper.defer.startup=serve")
			.start()) {
			int port = pod.awaitPort(Harbour.START);
			assertThat(Http.get(port, Harbour.READINESS).status()).isEqualTo(503);
			JsonNode schema = JsonMapper.shared()
				.readTree(Http.get(port, "/actuator/schema/dataSourceScriptDatabaseInitializer").body());
			assertThat(schema.at("/status").asString()).isEqualTo("PENDING");
			assertThat(schema.at("/lastRun/status").asString()).isEqualTo("MIGRATION");
			assertThat(schema.at("/lastRun/code").asInt()).isEqualTo(70);
			assertThat(schema.at("/lastRun/message").asString()).contains("broken.sql", "no_such_type");
		}
	}

	private void failsWith(int code, String status, String reason, String initializer, JavaProcess.Builder builder)
			throws IOException {
		Path verdict = this.directory.resolve("verdict");
		String[] others = Harbour.neverBut(initializer);
		String output = Harbour
			.run(builder.arguments("--migrate-only", "--lockkeeper.termination-message-path=" + verdict)
				.arguments(others), code);
		assertThat(output).contains("APPLICATION FAILED TO START", initializer, reason);
		JsonNode reported = JsonMapper.shared().readTree(Files.readString(verdict));
		assertThat(reported.get("status").asString()).isEqualTo(status);
		assertThat(reported.get("code").asInt()).isEqualTo(code);
		assertThat(reported.get("schema").asString()).isEqualTo(initializer);
		assertThat(reported.get("message").asString()).contains(reason);
		assertThat(this.database.query("SELECT row_to_json(r)::text FROM lockkeeper_run r WHERE code = " + code))
			.singleElement()
			.asString()
			.contains(initializer, reason);
		try (JavaProcess question = Harbour.process(this.database)
			.arguments("--migrate-only", "--status=json")
			.arguments(others)
			.separateStreams()
			.start()) {
			assertThat(question.awaitExit(Harbour.START)).as(question::getErrors).isEqualTo(4);
			JsonNode schema = JsonMapper.shared().readTree(question.getOutput()).at("/schemas/" + initializer);
			assertThat(schema.at("/status").asString()).isEqualTo("PENDING");
			assertThat(schema.at("/lastRun/status").asString()).isEqualTo(status);
			assertThat(schema.at("/lastRun/code").asInt()).isEqualTo(code);
			assertThat(schema.at("/lastRun/message").asString()).contains(reason);
		}
	}

}
