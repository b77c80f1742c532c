// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.app;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;

/**
 * An application without a bean of its own, to be started as a process.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class PlainApplication {

	public static void main(String[] arguments) {
		SpringApplication.run(PlainApplication.class, arguments);
	}

}
