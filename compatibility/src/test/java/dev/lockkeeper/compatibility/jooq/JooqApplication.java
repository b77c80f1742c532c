// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility.jooq;

import java.util.List;

import org.jooq.DSLContext;
import org.jooq.impl.DSL;

import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.context.annotation.Bean;

/**
 * An application that reads a table by jOOQ while it starts.
 */
@SpringBootApplication(proxyBeanMethods = false,
		exclude = { HibernateJpaAutoConfiguration.class, DataJpaRepositoriesAutoConfiguration.class })
public class JooqApplication {

	@Bean
	Fleet fleet(DSLContext jooq) {
		return new Fleet(jooq.select(DSL.field("name", String.class)).from(DSL.table("ship")).fetchInto(String.class));
	}

	/**
	 * What was read.
	 *
	 * @param names the names of the ships
	 */
	public record Fleet(List<String> names) {
	}

}
