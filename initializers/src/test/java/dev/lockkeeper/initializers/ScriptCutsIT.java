// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initializers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import javax.sql.DataSource;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.exit.ExitStrategy;
import dev.lockkeeper.testsupport.PostgresRelay;
import dev.lockkeeper.testsupport.PostgresRelay.Cut;
import dev.lockkeeper.testsupport.PostgresRelay.Moment;
import dev.lockkeeper.testsupport.PostgresRelay.Request;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceInitializationAutoConfiguration;
import org.springframework.boot.jdbc.init.DataSourceScriptDatabaseInitializer;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.quartz.autoconfigure.QuartzDataSourceScriptDatabaseInitializer;
import org.springframework.boot.quartz.autoconfigure.QuartzJdbcProperties;
import org.springframework.boot.session.jdbc.autoconfigure.JdbcSessionDataSourceScriptDatabaseInitializer;
import org.springframework.boot.session.jdbc.autoconfigure.JdbcSessionProperties;
import org.springframework.boot.sql.init.DatabaseInitializationMode;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Cut a run wherever it talks to the database, run it again, and each script that is
 * executed once has been executed once.
 */
class ScriptCutsIT {

	private static final boolean FULL = "full".equals(System.getProperty("chaos"));

	private static final int SAMPLE = Boolean.getBoolean("chaos.every-point") ? Integer.MAX_VALUE : FULL ? 24 : 3;

	private static final String CHANGE_LOG = """
			--liquibase formatted sql
			--changeset me:harbour
			create table harbour (id int primary key);
			""";

	private static final String ONCE = """
			create table counted (id int);
			insert into counted values (1);
			create table named (name text);
			insert into counted values (2);
			""";

	private static final String EACH_TIME = """
			create table if not exists ship (id int primary key);
			insert into ship values (1) on conflict do nothing;
			""";

	private static final String ROWS = "insert into ship values (2) on conflict do nothing;";

	private static final String TABLES = """
			SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class
			WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')
			""";

	private static final List<String> STATES = List.of("SELECT string_agg(id::text, ' ' ORDER BY id) FROM counted",
			"SELECT string_agg(id::text, ' ') FROM ship", "SELECT count(*) FROM qrtz_locks", TABLES,
			"SELECT string_agg(concat(initializer, ' ', script), ', ' ORDER BY initializer) FROM lockkeeper_script",
			"SELECT string_agg(name, ' ') FROM lockkeeper_lock WHERE lock_until > timezone('utc', now())");

	@TempDir
	Path directory;

	private final TestPostgres server = TestPostgres.shared();

	@Test
	void aPlainRerunEndsRightWhereverTheConnectionsWereCut() {
		uncut(new ArrayList<>());
		List<String> expected = new ArrayList<>();
		List<Request> requests = uncut(expected);
		List<Cut> points = new ArrayList<>();
		requests.forEach((request) -> List.of(Moment.DURING, Moment.AFTER)
			.forEach((moment) -> points.add(new Cut(request.connection(), request.number(), moment))));
		assertThat(points).hasSizeGreaterThan(100);
		List<String> findings = new ArrayList<>();
		sample(points).forEach((cut) -> cut(cut, expected, findings));
		System.out.printf("%d points, findings %s%n", points.size(), findings);
		assertThat(findings).isEmpty();
	}

	private List<Cut> sample(List<Cut> points) {
		if (SAMPLE >= points.size()) {
			return points;
		}
		long seed = Long.getLong("chaos.seed", System.nanoTime());
		int step = points.size() / SAMPLE;
		int first = new Random(seed).nextInt(step);
		System.out.printf("The cut points begin with number %d, -Dchaos.seed=%d%n", first, seed);
		return IntStream.range(0, SAMPLE).mapToObj((i) -> points.get(first + i * step)).toList();
	}

	private List<Request> uncut(List<String> state) {
		TestDatabase database = this.server.createDatabase();
		try (PostgresRelay relay = PostgresRelay.to(database)) {
			assertThat(run(relay.getUrl())).isZero();
			state.addAll(stateOf(database));
			return relay.getRequests();
		}
		finally {
			database.drop();
		}
	}

	private void cut(Cut cut, List<String> expected, List<String> findings) {
		TestDatabase database = this.server.createDatabase();
		try {
			try (PostgresRelay relay = PostgresRelay.to(database, cut)) {
				run(relay.getUrl());
			}
			database.awaitNoSessions();
			if (database.query("SELECT to_regclass('lockkeeper_lock') IS NOT NULL").equals(List.of("t"))) {
				database.execute("UPDATE lockkeeper_lock SET lock_until = timezone('utc', now()) - interval '1 s'");
			}
			int code = run(database.getUrl());
			if (code != 0) {
				findings.add("%s: the rerun ended with %d".formatted(cut, code));
			}
			List<String> found = (code == 0) ? stateOf(database) : List.of();
			if (code == 0 && !found.equals(expected)) {
				findings.add("%s: %s in place of %s".formatted(cut, found, expected));
			}
		}
		finally {
			database.drop();
		}
	}

	private static List<String> stateOf(TestDatabase database) {
		return STATES.stream().map((query) -> String.valueOf(database.query(query))).toList();
	}

	private int run(String url) {
		AtomicInteger code = new AtomicInteger(0);
		ExitStrategy exit = code::set;
		new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(LockkeeperAutoConfiguration.class, LiquibaseAutoConfiguration.class,
							DataSourceAutoConfiguration.class, DataSourceInitializationAutoConfiguration.class))
			.withUserConfiguration(Initializers.class)
			.withPropertyValues("spring.datasource.url=" + url, "lockkeeper.mode=migrate-only", "HOSTNAME=here",
					"lockkeeper.lock.lease=5m", "lockkeeper.database-wait=1ms", "lockkeeper.retry.max-attempts=1",
					"lockkeeper.lock.wait-timeout=1ms", "spring.sql.init.mode=always",
					"spring.liquibase.change-log=" + write("changelog.sql", CHANGE_LOG),
					"spring.sql.init.schema-locations=" + write("each.sql", EACH_TIME),
					"spring.sql.init.data-locations=" + write("rows.sql", ROWS), "once=" + write("once.sql", ONCE))
			.withBean(ExitStrategy.class, () -> exit)
			.run((context) -> {
			});
		return code.get();
	}

	private String write(String name, String content) {
		try {
			return "file:" + Files.writeString(this.directory.resolve(name), content);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Configuration(proxyBeanMethods = false)
	static class Initializers {

		@Bean
		DataSourceScriptDatabaseInitializer once(DataSource dataSource, Environment environment) {
			JdbcSessionProperties properties = new JdbcSessionProperties();
			properties.setInitializeSchema(DatabaseInitializationMode.ALWAYS);
			properties.setSchema(environment.getRequiredProperty("once"));
			properties.setPlatform("postgresql");
			return new JdbcSessionDataSourceScriptDatabaseInitializer(dataSource, properties);
		}

		@Bean
		DataSourceScriptDatabaseInitializer quartz(DataSource dataSource) {
			QuartzJdbcProperties properties = new QuartzJdbcProperties();
			properties.setInitializeSchema(DatabaseInitializationMode.ALWAYS);
			properties.setPlatform("postgres");
			return new QuartzDataSourceScriptDatabaseInitializer(dataSource, properties);
		}

	}

}
