// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.versions;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * An application with a web server and the actuator.
 */
@SpringBootApplication(proxyBeanMethods = false)
public class VersionsApplication {

	public static void main(String[] arguments) {
		SpringApplication.run(VersionsApplication.class, arguments);
	}

}
