// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initializers;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * A harbour that keeps something in the tables of each script initializer.
 */
@SpringBootApplication(proxyBeanMethods = false)
public class InitializersApplication {

	public static void main(String[] arguments) {
		SpringApplication.run(InitializersApplication.class, arguments);
	}

}
