// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

import javax.sql.DataSource;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
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
import liquibase.exception.LiquibaseException;
import liquibase.integration.spring.Customizer;
import liquibase.integration.spring.SpringLiquibase;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.PGConnection;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.datasource.AbstractDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Whether, and with what, a run goes on that has lost its connection.
 */
@ExtendWith(OutputCaptureExtension.class)
class ReconnectIT {

	private static final String CHANGE_LOG = "spring.liquibase.change-log";

	private static final String GOES_ON = "lockkeeper - connection lost (schema liquibase, ";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	void nothingOfLiquibaseIsUsedAgain(CapturedOutput output) {
		Witness witness = new Witness();
		runner(witness).run((context) -> assertThat(context).hasNotFailed());
		assertThat(output).containsOnlyOnce(GOES_ON);
		assertThat(this.database.query("SELECT id FROM databasechangelog ORDER BY orderexecuted"))
			.containsExactly("one", "two", "three");
		assertThat(witness.seen).extracting(Seen::changeSet).containsExactly("one", "two", "two", "three");
		assertThatItIsAnotherOneAfterTheLoss("Liquibase", witness, Seen::liquibase);
		assertThatItIsAnotherOneAfterTheLoss("Database", witness, Seen::database);
		assertThatItIsAnotherOneAfterTheLoss("connection of Liquibase", witness, Seen::connection);
		assertThatItIsAnotherOneAfterTheLoss("Connection", witness, Seen::underlying);
		assertThatItIsAnotherOneAfterTheLoss("connection of the driver", witness, Seen::driver);
	}

	@ParameterizedTest
	@EnumSource
	void aRunDoesNotGoOnThatMayHaveDoneWhatStays(Unsafe unsafe, CapturedOutput output) {
		Witness witness = new Witness();
		unsafe.apply(runner(witness), this.database).run((context) -> {
			assertThat(context).hasFailed();
			LockkeeperException failure = LockkeeperException.findIn(context.getStartupFailure());
			assertThat(failure).isNotNull().extracting(LockkeeperException::getStatus).isEqualTo(ExitStatus.TEMPORARY);
		});
		assertThat(output).doesNotContain(GOES_ON);
		assertThat(witness.seen).extracting(Seen::changeSet).containsExactly("one", "two");
		assertThat(this.database.query("SELECT id FROM databasechangelog")).containsExactly("one");
	}

	private ApplicationContextRunner runner(Witness witness) {
		return new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class,
					LiquibaseAutoConfiguration.class, DataSourceAutoConfiguration.class))
			.withPropertyValues("spring.datasource.url=" + this.database.getUrl(),
					"lockkeeper.wait.initial-interval=50ms",
					CHANGE_LOG + "=file:"
							+ Applications.changeLog(this.directory.resolve("three.sql"),
									"me:one\ncreate table one (id int);\n--rollback drop table one;",
									"me:two\ncreate table two (id int);\n--rollback drop table two;",
									"me:three\ncreate table three (id int);\n--rollback drop table three;"))
			.withBean("witness", Customizer.class, () -> witness);
	}

	private static void assertThatItIsAnotherOneAfterTheLoss(String what, Witness witness,
			Function<Seen, Object> part) {
		List<Object> parts = witness.seen.stream().map(part).toList();
		assertThat(parts.get(1)).as("%s before the loss", what).isSameAs(parts.get(0));
		assertThat(parts.get(2)).as("%s after the loss", what).isNotSameAs(parts.get(0)).isSameAs(parts.get(3));
	}

	/**
	 * What makes it unknown whether all that a run has done is undone with its session.
	 */
	private enum Unsafe {

		/**
		 * Nothing can be derived from the data source, whose sessions are reset.
		 */
		UNKNOWN_DATA_SOURCE {

			@Override
			ApplicationContextRunner apply(ApplicationContextRunner runner, TestDatabase database) {
				return runner.withBean(DataSource.class, () -> new UnknownDataSource(database));
			}

		},

		DROP_FIRST {

			@Override
			ApplicationContextRunner apply(ApplicationContextRunner runner, TestDatabase database) {
				return runner.withPropertyValues("spring.liquibase.drop-first=true");
			}

		},

		TEST_ROLLBACK_ON_UPDATE {

			@Override
			ApplicationContextRunner apply(ApplicationContextRunner runner, TestDatabase database) {
				return runner.withPropertyValues("spring.liquibase.test-rollback-on-update=true");
			}

		},

		INITIALISES_ITSELF {

			@Override
			ApplicationContextRunner apply(ApplicationContextRunner runner, TestDatabase database) {
				return runner.withUserConfiguration(InitialisingItself.class);
			}

		},

		SECOND_CONNECTION {

			@Override
			ApplicationContextRunner apply(ApplicationContextRunner runner, TestDatabase database) {
				return runner.withUserConfiguration(OpeningAnother.class);
			}

		};

		abstract ApplicationContextRunner apply(ApplicationContextRunner runner, TestDatabase database);

	}

	@Configuration(proxyBeanMethods = false)
	static class InitialisingItself {

		@Bean
		SpringLiquibase liquibase(DataSource dataSource, Customizer<Liquibase> customizer, Environment environment) {
			return configured(new SpringLiquibase() {

				@Override
				public void afterPropertiesSet() throws LiquibaseException {
					super.afterPropertiesSet();
				}

			}, dataSource, customizer, environment);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OpeningAnother {

		@Bean
		SpringLiquibase liquibase(DataSource dataSource, Customizer<Liquibase> customizer, Environment environment) {
			return configured(new SpringLiquibase() {

				@Override
				protected void performUpdate(Liquibase liquibase) throws LiquibaseException {
					try {
						getDataSource().getConnection().close();
					}
					catch (SQLException ex) {
						throw new LiquibaseException(ex);
					}
					super.performUpdate(liquibase);
				}

			}, dataSource, customizer, environment);
		}

	}

	private static SpringLiquibase configured(SpringLiquibase liquibase, DataSource dataSource,
			Customizer<Liquibase> customizer, Environment environment) {
		liquibase.setDataSource(dataSource);
		liquibase.setCustomizer(customizer);
		liquibase.setChangeLog(environment.getRequiredProperty(CHANGE_LOG));
		return liquibase;
	}

	private static final class UnknownDataSource extends AbstractDataSource {

		private final TestDatabase database;

		UnknownDataSource(TestDatabase database) {
			this.database = database;
		}

		@Override
		public Connection getConnection() throws SQLException {
			return this.database.open();
		}

		@Override
		public Connection getConnection(String username, String password) throws SQLException {
			return getConnection();
		}

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
				assertThat(ReconnectIT.this.database.query(
						"SELECT pg_terminate_backend(%d, 10000)".formatted(this.seen.get(1).driver().getBackendPID())))
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
