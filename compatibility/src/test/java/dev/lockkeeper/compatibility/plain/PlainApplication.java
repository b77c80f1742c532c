// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility.plain;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * An application that has JDBC and no more.
 */
@SpringBootApplication(proxyBeanMethods = false,
		excludeName = { "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration",
				"org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration",
				"org.springframework.boot.jooq.autoconfigure.JooqAutoConfiguration" })
public class PlainApplication {

	public static void main(String[] arguments) {
		SpringApplication.run(PlainApplication.class, arguments);
	}

}
