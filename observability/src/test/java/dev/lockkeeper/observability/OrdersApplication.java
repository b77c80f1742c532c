// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observability;

import javax.sql.DataSource;

import liquibase.integration.spring.SpringLiquibase;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;

/**
 * An application whose only schema has the name of one that another application has, to
 * be started as a process.
 */
@EnableAutoConfiguration
public class OrdersApplication {

	@Bean
	SpringLiquibase billing(DataSource dataSource, @Value("${billing}") String changeLog) {
		return HarbourApplication.schema("billing", dataSource, changeLog);
	}

	public static void main(String[] arguments) {
		SpringApplication.run(OrdersApplication.class, arguments);
	}

}
