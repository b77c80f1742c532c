// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway.chaos;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;

/**
 * An application without a bean of its own, to be started as a process.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class FlywayApplication {

	public static void main(String[] arguments) {
		SpringApplication.run(FlywayApplication.class, arguments);
	}

}
