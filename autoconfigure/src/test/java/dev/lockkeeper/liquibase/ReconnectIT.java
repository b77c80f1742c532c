// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.process.Applications;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import liquibase.Liquibase;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.ChangeSet.RunStatus;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.changelog.visitor.AbstractChangeExecListener;
import liquibase.changelog.visitor.DefaultChangeExecListener;
import liquibase.database.Database;
import liquibase.database.DatabaseConnection;
import liquibase.database.jvm.JdbcConnection;
import liquibase.integration.spring.Customizer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.PGConnection;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * With what a run goes on that has lost its connection.
 */
class ReconnectIT {

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	void nothingOfLiquibaseIsUsedAgain() {
		Witness witness = new Witness();
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class,
					LiquibaseAutoConfiguration.class, DataSourceAutoConfiguration.class))
			.withPropertyValues("spring.datasource.url=" + this.database.getUrl(),
					"lockkeeper.wait.initial-interval=50ms",
					"spring.liquibase.change-log=file:" + Applications.changeLog(this.directory.resolve("three.sql"),
							"me:one\ncreate table one (id int);", "me:two\ncreate table two (id int);",
							"me:three\ncreate table three (id int);"))
			.withBean("witness", Customizer.class, () -> witness)
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(this.database.query("SELECT id FROM databasechangelog ORDER BY orderexecuted"))
			.containsExactly("one", "two", "three");
		assertThat(witness.seen).extracting(Seen::changeSet).containsExactly("one", "two", "two", "three");
		assertThatItIsAnotherOneAfterTheLoss("Liquibase", witness, Seen::liquibase);
		assertThatItIsAnotherOneAfterTheLoss("Database", witness, Seen::database);
		assertThatItIsAnotherOneAfterTheLoss("connection of Liquibase", witness, Seen::connection);
		assertThatItIsAnotherOneAfterTheLoss("Connection", witness, Seen::underlying);
		assertThatItIsAnotherOneAfterTheLoss("connection of the driver", witness, Seen::driver);
	}

	private static void assertThatItIsAnotherOneAfterTheLoss(String what, Witness witness,
			Function<Seen, Object> part) {
		List<Object> parts = witness.seen.stream().map(part).toList();
		assertThat(parts.get(1)).as("%s before the loss", what).isSameAs(parts.get(0));
		assertThat(parts.get(2)).as("%s after the loss", what).isNotSameAs(parts.get(0)).isSameAs(parts.get(3));
	}

	/**
	 * Sees with what change sets are run, and ends the session of the run when the second
	 * one begins for the first time.
	 */
	private final class Witness extends AbstractChangeExecListener implements Customizer<Liquibase> {

		private final List<Seen> seen = new ArrayList<>();

		private @Nullable Liquibase liquibase;

		@Override
		public void customize(Liquibase customized) {
			this.liquibase = customized;
			customized.setChangeExecListener(new DefaultChangeExecListener(this));
		}

		@Override
		public void willRun(ChangeSet changeSet, DatabaseChangeLog changeLog, Database used, RunStatus runStatus) {
			this.seen.add(Seen.of(changeSet.getId(), Objects.requireNonNull(this.liquibase), used));
			if (this.seen.size() == 2) {
				assertThat(ReconnectIT.this.database
					.query("SELECT pg_terminate_backend(backend_pid, 10000) FROM lockkeeper_lock"))
					.containsExactly("t");
			}
		}

	}

	/**
	 * With what a change set is run.
	 *
	 * @param changeSet its id
	 * @param liquibase what was customized last
	 * @param database what it is run on
	 * @param connection the connection of that
	 * @param underlying the connection that Liquibase was given
	 * @param driver the connection of the driver
	 */
	private record Seen(String changeSet, Liquibase liquibase, Database database, DatabaseConnection connection,
			Connection underlying, PGConnection driver) {

		static Seen of(String changeSet, Liquibase liquibase, Database database) {
			Connection underlying = ((JdbcConnection) database.getConnection()).getUnderlyingConnection();
			try {
				return new Seen(changeSet, liquibase, database, database.getConnection(), underlying,
						underlying.unwrap(PGConnection.class));
			}
			catch (SQLException ex) {
				throw new IllegalStateException(ex);
			}
		}

	}

}
