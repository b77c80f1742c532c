// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import liquibase.exception.LiquibaseException;
import liquibase.integration.spring.SpringLiquibase;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.core.io.DefaultResourceLoader;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A failure of the changelog is reported with at least the facts that Liquibase has, and
 * with an advice about that failure.
 */
class ChangeLogFailuresIT {

	private static final String ONE = "--liquibase formatted sql\n--changeset me:one\ncreate table %s (id int);\n";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class, LiquibaseAutoConfiguration.class,
				DataSourceAutoConfiguration.class))
		.withPropertyValues("spring.datasource.url=" + this.database.getUrl());

	@Test
	void duplicatesAreNamedWithBothFilesAndTheInheritedPath() throws Exception {
		String master = master("logicalFilePath: app");
		assertThatLiquibase(master).withMessageContaining("a.sql").withMessageContaining("b.sql");
		LockkeeperException failure = failure(master);
		assertThat(failure.getStatus()).isEqualTo(ExitStatus.CHANGELOG);
		assertThat(failure).hasMessageContaining("app::one::me")
			.hasMessageContaining("/a.sql")
			.hasMessageContaining("/b.sql")
			.hasMessageContaining("inherit");
		assertThat(failure.getAction()).contains("another id", "logicalFilePath").doesNotContain("were applied");
		assertThat(failure.toVerdict().message()).isEqualTo(failure.getMessage());
	}

	@Test
	void everyDuplicateIsNamed() throws Exception {
		Path file = this.directory.resolve("twice.sql");
		Files.writeString(file, ONE.formatted("a") + """
				--changeset me:one
				create table b (id int);
				--changeset me:two
				create table c (id int);
				--changeset me:two
				create table d (id int);
				""");
		assertThatLiquibase("file:" + file).withMessageContaining("::one::me").withMessageContaining("::two::me");
		LockkeeperException failure = failure("file:" + file);
		assertThat(failure).hasMessageContaining("twice.sql::one::me").hasMessageContaining("twice.sql::two::me");
		assertThat(failure.getMessage()).doesNotContain("inherit");
		assertThat(failure.getAction()).contains("another id").doesNotContain("logicalFilePath");
	}

	@ParameterizedTest
	@ValueSource(strings = { "self", "defer" })
	void aMissingChangelogIsReportedWithThePlaceAndTheSetting(String mode) throws Exception {
		String absent = "file:" + this.directory.resolve("absent.yaml");
		assertThatLiquibase(absent).withMessageContaining(absent + " does not exist");
		LockkeeperException failure = failure(absent, "lockkeeper.mode=" + mode);
		assertThat(failure.getStatus()).isEqualTo(ExitStatus.CHANGELOG);
		assertThat(failure).hasMessageContaining(absent + " does not exist")
			.hasMessageContaining(this.directory.resolve("absent.yaml").toString());
		assertThat(failure.getAction()).contains("spring.liquibase.change-log").doesNotContain("were applied");
	}

	@Test
	void aMissingChangelogOfTheClassPathIsSearchedThere() {
		LockkeeperException failure = failure("classpath:/db/changelog/absent.yaml");
		assertThat(failure).hasMessageContaining("classpath:/db/changelog/absent.yaml does not exist")
			.hasMessageContaining("class path");
		assertThat(failure.getAction()).contains("src/main/resources/db/changelog/absent.yaml",
				"spring.liquibase.change-log");
		assertThat(failure("db/absent.yaml")).hasMessageContaining("class path");
	}

	@ParameterizedTest
	@ValueSource(strings = { "broken.yaml", "classpath*:broken.yaml", "classpath:broken.yaml", "/broken.yaml" })
	void aChangelogOfAWebApplicationThatIsThereIsNotTakenForAMissingOne(String changeLog) throws Exception {
		Files.writeString(this.directory.resolve("broken.yaml"), "databaseChangeLog:\n- changeSet: {id: [\n");
		AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();
		try (URLClassLoader classes = new URLClassLoader(new URL[] { this.directory.toUri().toURL() },
				getClass().getClassLoader())) {
			new WebApplicationContextRunner()
				.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class,
						LiquibaseAutoConfiguration.class, DataSourceAutoConfiguration.class))
				.withClassLoader(classes)
				.withPropertyValues("spring.datasource.url=" + this.database.getUrl(),
						"spring.liquibase.change-log=" + changeLog)
				.run((context) -> failed.set(context.getStartupFailure()));
		}
		LockkeeperException failure = Objects.requireNonNull(LockkeeperException.findIn(failed.get()));
		assertThat(failure.getStatus()).isEqualTo(ExitStatus.CHANGELOG);
		assertThat(failure.getMessage()).contains("broken.yaml").doesNotContain("does not exist");
	}

	@Test
	void aMissingIncludeIsNotTakenForTheChangelogItself() throws Exception {
		Path master = Files.writeString(this.directory.resolve("master.yaml"), """
				databaseChangeLog:
				  - include: {file: not-there.sql, relativeToChangelogFile: true}
				""");
		LockkeeperException failure = failure("file:" + master);
		assertThat(failure).hasMessageContaining("not-there.sql");
		assertThat(failure.getAction()).contains("include")
			.doesNotContain("spring.liquibase.change-log", "were applied");
	}

	@Test
	void aFormatThatNoParserReadsIsReported() throws Exception {
		Path file = Files.writeString(this.directory.resolve("changes.foo"), "x");
		assertThatLiquibase("file:" + file).withMessageContaining("Cannot find parser");
		LockkeeperException failure = failure("file:" + file);
		assertThat(failure).hasMessageContaining("changes.foo");
		assertThat(failure.getAction()).contains("org.yaml:snakeyaml").doesNotContain("were applied");
	}

	@Test
	void anEditedChangeSetKeepsItsAdvice() throws Exception {
		Path file = Files.writeString(this.directory.resolve("edited.sql"), ONE.formatted("a"));
		this.runner.withPropertyValues("spring.liquibase.change-log=file:" + file)
			.run((context) -> assertThat(context).hasNotFailed());
		Files.writeString(file, ONE.formatted("b"));
		assertThatLiquibase("file:" + file).withMessageContaining("check sum");
		assertThat(failure("file:" + file).getAction()).contains("put corrections into new");
	}

	private String master(String first) throws Exception {
		Files.writeString(this.directory.resolve("a.sql"), ONE.formatted("a"));
		Files.writeString(this.directory.resolve("b.sql"), ONE.formatted("b"));
		return "file:" + Files.writeString(this.directory.resolve("master.yaml"), """
				databaseChangeLog:
				  - %s
				  - include: {file: a.sql, relativeToChangelogFile: true}
				  - include: {file: b.sql, relativeToChangelogFile: true}
				""".formatted(first));
	}

	private ThrowableAssertAlternative<LiquibaseException> assertThatLiquibase(String changeLog) {
		SpringLiquibase stock = new SpringLiquibase();
		stock.setDataSource(new DriverManagerDataSource(this.database.getUrl()));
		stock.setResourceLoader(new DefaultResourceLoader());
		stock.setChangeLog(changeLog);
		return assertThatExceptionOfType(LiquibaseException.class).isThrownBy(stock::afterPropertiesSet);
	}

	private LockkeeperException failure(String changeLog, String... properties) {
		AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();
		this.runner.withPropertyValues("spring.liquibase.change-log=" + changeLog)
			.withPropertyValues(properties)
			.run((context) -> failed.set(context.getStartupFailure()));
		return Objects.requireNonNull(LockkeeperException.findIn(failed.get()), "no failure of ours");
	}

}
