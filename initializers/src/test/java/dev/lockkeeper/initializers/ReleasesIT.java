// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initializers;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.batch.core.job.Job;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A pod of the last release starts again while the scripts of the next one have run.
 */
@FullTier
class ReleasesIT {

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	void aPodOfTheLastReleaseStartsAgainBesideTheRecordsOfTheNextOne() throws IOException {
		Roles roles = Roles.create(this.database);
		String[] first = release("first");
		String[] second = release("second", "crane");
		Harbour.run(Harbour.process(this.database, roles.owner()).arguments("--migrate-only").arguments(first), 0);
		Harbour.serveOnce(Harbour.process(this.database, roles.application()).onKubernetes().arguments(first));
		assertThat(Harbour.run(Harbour.process(this.database, roles.application())
			.arguments("--migrate-only", "--status")
			.arguments(second), 4)).contains("dataSourceScriptDatabaseInitializer", "batchDataSourceInitializer");
		Harbour.run(Harbour.process(this.database, roles.owner()).arguments("--migrate-only").arguments(second), 0);
		try (JavaProcess pod = Harbour.process(this.database, roles.application())
			.onKubernetes()
			.arguments(first)
			.start()) {
			int port = Harbour.awaitReady(pod);
			assertThat(Http.get(port, "/actuator/schema").body()).doesNotContain("\"status\":\"PENDING\"");
			Harbour.useEachFeature(port, "Aurora");
		}
		Harbour.serveOnce(Harbour.process(this.database, roles.application()).onKubernetes().arguments(second));
	}

	/**
	 * Write the scripts of a release, the same ones with more tables.
	 */
	private String[] release(String name, String... tables) throws IOException {
		StringBuilder more = new StringBuilder();
		for (String table : tables) {
			more.append("\nCREATE TABLE IF NOT EXISTS %s (id int);\n".formatted(table));
		}
		Path folder = Files.createDirectory(this.directory.resolve(name));
		Path schema = Files.writeString(folder.resolve("schema.sql"), read("/schema.sql") + more);
		Path batch = Files.writeString(folder.resolve("batch.sql"),
				read("/org/springframework/batch/core/schema-postgresql.sql") + more);
		return new String[] { "--spring.sql.init.schema-locations=file:" + schema,
				"--spring.batch.jdbc.schema=file:" + batch };
	}

	private static String read(String resource) throws IOException {
		try (InputStream content = Objects.requireNonNull(Job.class.getResourceAsStream(resource))) {
			return new String(content.readAllBytes(), StandardCharsets.UTF_8);
		}
	}

}
