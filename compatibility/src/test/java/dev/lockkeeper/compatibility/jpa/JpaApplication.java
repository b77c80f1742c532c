// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility.jpa;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * An application with an entity and a repository.
 */
@SpringBootApplication(proxyBeanMethods = false)
public class JpaApplication {

	/**
	 * Start the application.
	 * @param args the arguments
	 */
	public static void main(String[] args) {
		SpringApplication.run(JpaApplication.class, args);
	}

}
