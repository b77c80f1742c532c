// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility.jersey;

import org.glassfish.jersey.server.ResourceConfig;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/**
 * An application that answers with Jersey, and has no Spring MVC.
 */
@SpringBootApplication(proxyBeanMethods = false)
public class JerseyApplication {

	@Bean
	ResourceConfig resources() {
		return new ResourceConfig();
	}

	public static void main(String[] arguments) {
		SpringApplication.run(JerseyApplication.class, arguments);
	}

}
