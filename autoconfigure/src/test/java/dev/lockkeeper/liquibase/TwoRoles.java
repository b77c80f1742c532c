// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Consumer;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.util.FileSystemUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A database with a login that migrates, the owner that it may become, and an application
 * that may do nothing yet. The names have to be quoted.
 */
final class TwoRoles implements BeforeEachCallback, AfterEachCallback {

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final String suffix = UUID.randomUUID().toString().substring(0, 8);

	final String owner = "Owner-" + this.suffix;

	final String login = "Login-" + this.suffix;

	final String application = "App-" + this.suffix;

	final String group = "Group-" + this.suffix;

	private @Nullable Path directory;

	@Override
	public void beforeEach(ExtensionContext context) throws IOException {
		this.directory = Files.createTempDirectory("two-roles");
		execute("CREATE ROLE $OWNER NOLOGIN", "CREATE ROLE $LOGIN LOGIN PASSWORD 'secret' NOINHERIT",
				"CREATE ROLE $APP LOGIN PASSWORD 'secret'", "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
				"GRANT CREATE ON SCHEMA public TO $OWNER", "GRANT $OWNER TO $LOGIN");
	}

	@Override
	public void afterEach(ExtensionContext context) throws IOException {
		this.database.drop();
		FileSystemUtils.deleteRecursively(this.directory);
	}

	Path getDirectory() {
		return Objects.requireNonNull(this.directory);
	}

	TestDatabase getDatabase() {
		return this.database;
	}

	/**
	 * Execute statements in which the roles are named by words.
	 */
	void execute(String... statements) {
		for (String statement : statements) {
			this.database.execute(named(statement));
		}
	}

	String named(String text) {
		return text.replace("$OWNER", '"' + this.owner + '"')
			.replace("$LOGIN", '"' + this.login + '"')
			.replace("$APP", '"' + this.application + '"')
			.replace("$GROUP", '"' + this.group + '"');
	}

	/**
	 * Migrate as the login that becomes the owner, and return why that failed, if it did.
	 */
	@Nullable LockkeeperException migrate(String[] properties, String... changeSets) {
		LockkeeperException[] failure = new LockkeeperException[1];
		start(this.login, properties, (context) -> {
			Throwable failed = context.getStartupFailure();
			failure[0] = LockkeeperException.findIn(failed);
			assertThat(failed).as("a failure without a code")
				.satisfiesAnyOf((none) -> assertThat(none).isNull(), (some) -> assertThat(failure[0]).isNotNull());
		}, changeSets);
		return failure[0];
	}

	void start(String user, String[] properties, Consumer<AssertableApplicationContext> check, String... changeSets) {
		runner(user, changeSets).withPropertyValues(properties).run(check::accept);
	}

	ApplicationContextRunner runner(String user, String... changeSets) {
		return new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class,
					LiquibaseAutoConfiguration.class, DataSourceAutoConfiguration.class))
			.withPropertyValues("spring.datasource.username=" + user, "spring.datasource.password=secret",
					"lockkeeper.wait.initial-interval=100ms", "lockkeeper.lock.wait-timeout=1s",
					"lockkeeper.postgresql.set-role=" + this.owner, "spring.liquibase.change-log=" + write(changeSets),
					"spring.datasource.url=" + this.database.getPlainUrl());
	}

	private String write(String... changeSets) {
		try {
			return "file:" + Files.writeString(getDirectory().resolve("changelog.sql"),
					"--liquibase formatted sql\n\n--changeset " + String.join("\n\n--changeset ", changeSets) + "\n");
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
