// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.fastpath;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.core.io.DefaultResourceLoader;
import org.springframework.core.io.ResourceLoader;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RecordedResources}.
 */
class RecordedResourcesTests {

	@TempDir
	Path directory;

	@TempDir
	Path elsewhere;

	@BeforeEach
	void writeFiles() throws IOException {
		write(this.directory, "db/a.sql", "select ${width}");
		write(this.directory, "db/b.sql", "select 2");
	}

	@Test
	void theSameFilesAreTheSameInAnotherPlace() throws IOException {
		RecordedResources recorded = record("classpath*:/db/*", "classpath*:/db/a.sql", "classpath*:/db/none.sql");
		write(this.elsewhere, "db/a.sql", "select ${width}");
		write(this.elsewhere, "db/b.sql", "select 2");
		assertThat(recorded.getGap()).isNull();
		assertThat(recorded.getDigests()).hasSize(3);
		assertThat(recorded.getParameters()).containsExactly("width");
		assertThat(RecordedResources.findDifferent(loader(this.directory), recorded.getDigests())).isNull();
		assertThat(RecordedResources.findDifferent(loader(this.elsewhere), recorded.getDigests())).isNull();
	}

	@Test
	void aFileThatIsAddedIsADifference() throws IOException {
		RecordedResources recorded = record("classpath*:/db/*");
		write(this.directory, "db/c.sql", "");
		assertThat(RecordedResources.findDifferent(loader(this.directory), recorded.getDigests()))
			.isEqualTo("all classpath*:/db/*");
	}

	@Test
	void aFileThatAppearsIsADifference() throws IOException {
		RecordedResources recorded = record("classpath*:/db/none.sql");
		write(this.directory, "db/none.sql", "");
		assertThat(RecordedResources.findDifferent(loader(this.directory), recorded.getDigests())).isNotNull();
	}

	@Test
	void aFileThatIsRenamedIsADifference() throws IOException {
		RecordedResources recorded = record("classpath*:/db/*");
		Files.move(this.directory.resolve("db/b.sql"), this.directory.resolve("db/c.sql"));
		assertThat(RecordedResources.findDifferent(loader(this.directory), recorded.getDigests())).isNotNull();
	}

	@Test
	void aFileBesideAnotherIsRecorded() throws IOException {
		RecordedResources recorded = new RecordedResources(loader(this.directory));
		recorded.getResources("classpath*:/db/a.sql")[0].createRelative("b.sql");
		assertThat(RecordedResources.findDifferent(loader(this.directory), recorded.getDigests())).isNull();
		write(this.directory, "db/b.sql", "select 3");
		assertThat(RecordedResources.findDifferent(loader(this.directory), recorded.getDigests()))
			.isEqualTo("beside classpath*:/db/a.sql : b.sql");
	}

	@Test
	void aFileThatChangesBetweenTwoQuestionsIsAGap() throws IOException {
		RecordedResources recorded = new RecordedResources(loader(this.directory));
		recorded.getResources("classpath*:/db/a.sql");
		write(this.directory, "db/a.sql", "select 4");
		recorded.getResources("classpath*:/db/a.sql");
		assertThat(recorded.getGap()).isNotNull();
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "${a${b}}", "\\u0024{a}", "&#36;{a}", "&#x24;{a}", "$\\\n{a}", "${a", "\0", "<!ENTITY x 'y'>" })
	void aReferenceThatCannotBeReadIsAGap(String text) throws IOException {
		write(this.directory, "db/a.sql", text);
		assertThat(record("classpath*:/db/a.sql").getGap()).isNotNull();
	}

	private RecordedResources record(String... locations) throws IOException {
		RecordedResources recorded = new RecordedResources(loader(this.directory));
		for (String location : locations) {
			recorded.getResources(location);
		}
		return recorded;
	}

	private static ResourceLoader loader(Path root) throws IOException {
		return new DefaultResourceLoader(new URLClassLoader(new URL[] { root.toUri().toURL() }, null));
	}

	private static void write(Path root, String name, String text) throws IOException {
		Path file = root.resolve(name);
		Files.createDirectories(file.getParent());
		Files.writeString(file, text);
	}

}
