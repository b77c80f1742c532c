// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * The application. Nothing in it knows of Lockkeeper.
 */
@SpringBootApplication(proxyBeanMethods = false)
public class HarbourApplication {

	public static void main(String[] arguments) {
		SpringApplication.run(HarbourApplication.class, arguments);
	}

}
