// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Changelogs in the libraries of an executable jar.
 */
class NestedChangeLogsIT {

	private static final Duration START = Duration.ofMinutes(2);

	private static final String MASTER = """
			databaseChangeLog:
			  - includeAll:
			      path: db/nested/changes/
			""";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	@FullTier
	void includeAllTakesWhatEachNestedJarHasInItsFolder() throws IOException {
		Path jar = with(Map.of("first-1.jar",
				Map.of("db/nested/master.yaml", MASTER, "db/nested/changes/001-quay.sql", table("quay")),
				"second-1.jar", Map.of("db/nested/changes/002-mole.sql", table("mole"))));
		try (JavaProcess job = migrating(jar).start()) {
			assertThat(job.awaitExit(START)).as(job::getOutput).isZero();
		}
		assertThat(this.database.query("SELECT filename FROM databasechangelog ORDER BY orderexecuted"))
			.containsExactly("db/nested/changes/001-quay.sql", "db/nested/changes/002-mole.sql");
		try (JavaProcess job = migrating(jar).start()) {
			assertThat(job.awaitExit(START)).as(job::getOutput).isZero();
			assertThat(job.getOutput()).contains("lockkeeper - nothing to do");
		}
	}

	@Test
	@FullTier
	void theSamePathInTwoNestedJarsEndsWith65AndBothAreNamed() throws IOException {
		Path jar = with(Map.of("first-1.jar",
				Map.of("db/nested/master.yaml", MASTER, "db/nested/changes/001-quay.sql", table("quay")),
				"second-1.jar", Map.of("db/nested/changes/001-quay.sql", table("mole"))));
		try (JavaProcess job = migrating(jar).start()) {
			assertThat(job.awaitExit(START)).as(job::getOutput).isEqualTo(65);
			assertThat(job.getOutput()).contains("first-1.jar", "second-1.jar", "db/nested/changes/001-quay.sql");
		}
		assertThat(this.database.query("SELECT count(*) FROM pg_tables WHERE tablename IN ('quay', 'mole')"))
			.containsExactly("0");
	}

	private JavaProcess.Builder migrating(Path jar) {
		return JavaProcess.ofJar(jar)
			.database(this.database)
			.arguments("--migrate-only", "--spring.liquibase.change-log=classpath:db/nested/master.yaml");
	}

	private static String table(String name) {
		return "--liquibase formatted sql\n\n--changeset harbour:%1$s\ncreate table %1$s (id int primary key);\n"
			.formatted(name);
	}

	/**
	 * Copy the jar, with more libraries in it: Spring Boot reads those that are stored,
	 * and not those that are compressed.
	 */
	private Path with(Map<String, Map<String, String>> libraries) throws IOException {
		Path copy = Files.copy(Path.of(System.getProperty("sample.jar")), this.directory.resolve("nested.jar"));
		try (FileSystem zip = FileSystems.newFileSystem(copy, Map.of("compressionMethod", "STORED"))) {
			for (Map.Entry<String, Map<String, String>> library : libraries.entrySet()) {
				Files.write(zip.getPath("BOOT-INF/lib", library.getKey()), jar(library.getValue()));
			}
		}
		return copy;
	}

	private static byte[] jar(Map<String, String> files) throws IOException {
		ByteArrayOutputStream content = new ByteArrayOutputStream();
		try (ZipOutputStream jar = new ZipOutputStream(content)) {
			for (String folder : new String[] { "db/", "db/nested/", "db/nested/changes/" }) {
				jar.putNextEntry(new ZipEntry(folder));
			}
			for (Map.Entry<String, String> file : new TreeMap<>(files).entrySet()) {
				jar.putNextEntry(new ZipEntry(file.getKey()));
				jar.write(file.getValue().getBytes(StandardCharsets.UTF_8));
			}
		}
		return content.toByteArray();
	}

}
