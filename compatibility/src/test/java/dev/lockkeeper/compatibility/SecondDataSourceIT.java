// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility;

import java.util.UUID;

import javax.sql.DataSource;

import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import liquibase.integration.spring.SpringLiquibase;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.boot.jooq.autoconfigure.JooqAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Primary;
import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A pod migrates the database in its own memory, and leaves PostgreSQL to the Job.
 */
class SecondDataSourceIT {

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	void inMemoryIsMigratedByThePodWhilePostgresIsDeferred() {
		try (ConfigurableApplicationContext context = Contexts.run(TwoDatabases.class, this.database,
				"--spring.main.web-application-type=none", "--lockkeeper.defer.startup=serve")) {
			assertThat(context.getBean(ModeDecision.class).mode()).isEqualTo(Mode.DEFER);
			JdbcTemplate memory = new JdbcTemplate(context.getBean("memory", DataSource.class));
			assertThat(memory.queryForList("select id from databasechangelog", String.class)).containsExactly("note");
			assertThat(memory.queryForObject("select count(*) from note", Integer.class)).isZero();
			assertThat(this.database.query("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))
				.containsExactly("0");
		}
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration(exclude = { HibernateJpaAutoConfiguration.class,
			DataJpaRepositoriesAutoConfiguration.class, JooqAutoConfiguration.class })
	static class TwoDatabases {

		@Bean
		@Primary
		DataSource main(@Value("${spring.datasource.url}") String url) {
			return DataSourceBuilder.create().url(url).build();
		}

		@Bean
		DataSource memory() {
			return DataSourceBuilder.create().url("jdbc:h2:mem:" + UUID.randomUUID()).username("sa").build();
		}

		@Bean
		SpringLiquibase mainSchema(DataSource dataSource) {
			return liquibase(dataSource, "classpath:db/changelog/db.changelog-master.yaml");
		}

		@Bean
		SpringLiquibase memorySchema(@Qualifier("memory") DataSource dataSource) {
			return liquibase(dataSource, "classpath:db/changelog/memory.sql");
		}

		private static SpringLiquibase liquibase(DataSource dataSource, String changeLog) {
			SpringLiquibase liquibase = new SpringLiquibase();
			liquibase.setDataSource(dataSource);
			liquibase.setChangeLog(changeLog);
			return liquibase;
		}

	}

}
