// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility.plain;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * An application that has JDBC and no more.
 */
@RestController
@SpringBootApplication(proxyBeanMethods = false,
		excludeName = { "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration",
				"org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration",
				"org.springframework.boot.jooq.autoconfigure.JooqAutoConfiguration" })
public class PlainApplication {

	/**
	 * Shows which thread answers.
	 */
	@GetMapping("/thread")
	public String thread() {
		return Thread.currentThread().toString();
	}

	public static void main(String[] arguments) {
		SpringApplication.run(PlainApplication.class, arguments);
	}

}
