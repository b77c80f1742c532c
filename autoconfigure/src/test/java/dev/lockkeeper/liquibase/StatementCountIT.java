// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;

import javax.sql.DataSource;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.process.Applications;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What happens all the time costs the database few statements.
 */
class StatementCountIT {

	private static final String ONE = "me:one\ncreate table one (id int primary key);";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final RecordingDataSource dataSource = new RecordingDataSource(this.database.getUrl());

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class, LiquibaseAutoConfiguration.class))
		.withBean(DataSource.class, () -> this.dataSource);

	@Test
	void aStartWithNothingToDoReadsTheLockOnce() {
		this.runner.withPropertyValues(changeLog(ONE)).run((context) -> assertThat(context).hasNotFailed());
		this.dataSource.statements.clear();
		this.runner.withPropertyValues(changeLog(ONE)).run((context) -> assertThat(context).hasNotFailed());
		assertThat(of("lockkeeper_lock")).hasSize(1);
		assertThat(of("lockkeeper_run")).isEmpty();
		assertThat(of("databasechangeloglock")).hasSize(1);
	}

	@Test
	void aMarkReadsTheHistoryAndTheLastRun() {
		this.runner.withPropertyValues(changeLog(ONE)).run((context) -> {
			SchemaGate gate = context.getBean(SchemaGate.class);
			gate.refresh();
			this.dataSource.statements.clear();
			gate.refresh();
			assertThat(this.dataSource.statements).hasSize(2)
				.anyMatch((sql) -> sql.contains("databasechangelog"))
				.anyMatch((sql) -> sql.contains("lockkeeper_run"));
			this.dataSource.statements.clear();
			gate.inspect(Duration.ofSeconds(-1));
			assertThat(this.dataSource.statements).hasSize(4);
			assertThat(of("databasechangelog")).singleElement().asString().contains("COUNT(*)");
			assertThat(of("databasechangeloglock")).hasSize(1);
			assertThat(of("lockkeeper_lock")).hasSize(1);
			assertThat(of("lockkeeper_run")).hasSize(1);
		});
	}

	@Test
	void aMarkReadsTheLockWhileARunIsInProgressAndOnceAfterItDied() throws SQLException {
		this.runner.withPropertyValues(changeLog(ONE)).run((context) -> {
			SchemaGate gate = context.getBean(SchemaGate.class);
			this.database.execute("UPDATE lockkeeper_run SET status = NULL, finished_at = NULL",
					"UPDATE lockkeeper_lock SET lock_until = timezone('utc', now()) + interval '1 h'");
			gate.refresh();
			this.dataSource.statements.clear();
			gate.refresh();
			assertThat(this.dataSource.statements).hasSize(3);
			assertThat(of("lockkeeper_lock")).hasSize(1);
			this.database.execute("UPDATE lockkeeper_lock SET lock_until = timezone('utc', now())");
			gate.refresh();
			assertThat(Objects.requireNonNull(gate.getKnown("liquibase")).lastRun()).isNotNull()
				.satisfies((run) -> assertThat(Objects.requireNonNull(run.end()).isCrash()).isTrue());
			this.dataSource.statements.clear();
			gate.refresh();
			assertThat(this.dataSource.statements).hasSize(2);
		});
	}

	private List<String> of(String table) {
		return this.dataSource.statements.stream()
			.filter((sql) -> Pattern.compile("\\b%s\\b".formatted(table)).matcher(sql).find())
			.toList();
	}

	private String changeLog(String... changeSets) {
		return "spring.liquibase.change-log=file:"
				+ Applications.changeLog(this.directory.resolve("counted.sql"), changeSets);
	}

	/**
	 * Notes each statement that is executed on its connections.
	 */
	private static final class RecordingDataSource extends DriverManagerDataSource {

		private final List<String> statements = new CopyOnWriteArrayList<>();

		RecordingDataSource(String url) {
			super(url);
		}

		@Override
		public Connection getConnection() throws SQLException {
			return proxy(Connection.class, super.getConnection(), null);
		}

		private <T> T proxy(Class<T> type, T target, @Nullable String sql) {
			return type.cast(Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] { type },
					(proxy, method, arguments) -> {
						String text = (arguments != null && arguments.length > 0
								&& arguments[0] instanceof String first) ? first : sql;
						if (method.getName().startsWith("execute")) {
							this.statements.add(String.valueOf(text));
						}
						Object result = invoke(method, target, arguments);
						if (result instanceof PreparedStatement prepared) {
							return proxy(PreparedStatement.class, prepared, text);
						}
						return (result instanceof Statement statement) ? proxy(Statement.class, statement, null)
								: result;
					}));
		}

		private static @Nullable Object invoke(java.lang.reflect.Method method, Object target,
				Object @Nullable [] arguments) throws Throwable {
			try {
				return method.invoke(target, arguments);
			}
			catch (InvocationTargetException ex) {
				throw ex.getTargetException();
			}
		}

	}

}
