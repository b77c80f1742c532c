// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observability;

import javax.sql.DataSource;

import liquibase.integration.spring.SpringLiquibase;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.DependsOn;

/**
 * An application with two schemas in one database, to be started as a process.
 */
@EnableAutoConfiguration
public class HarbourApplication {

	@Bean
	SpringLiquibase harbour(DataSource dataSource, @Value("${harbour}") String changeLog) {
		return schema("harbour", dataSource, changeLog);
	}

	@Bean
	@DependsOn("harbour")
	SpringLiquibase billing(DataSource dataSource, @Value("${billing}") String changeLog) {
		return schema("billing", dataSource, changeLog);
	}

	static SpringLiquibase schema(String name, DataSource dataSource, String changeLog) {
		SpringLiquibase liquibase = new SpringLiquibase();
		liquibase.setDataSource(dataSource);
		liquibase.setChangeLog("file:" + changeLog);
		liquibase.setDefaultSchema(name);
		return liquibase;
	}

	public static void main(String[] arguments) {
		SpringApplication.run(HarbourApplication.class, arguments);
	}

}
