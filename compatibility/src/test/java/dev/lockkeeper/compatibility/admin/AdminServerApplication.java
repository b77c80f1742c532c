// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility.admin;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.ImportSelector;
import org.springframework.core.type.AnnotationMetadata;

/**
 * A server of Spring Boot Admin, which is not on the class path of the build.
 */
@SpringBootApplication(proxyBeanMethods = false)
@Import(AdminServerApplication.Server.class)
public class AdminServerApplication {

	public static void main(String[] arguments) {
		SpringApplication.run(AdminServerApplication.class, arguments);
	}

	/**
	 * What {@code @EnableAdminServer} imports.
	 */
	static class Server implements ImportSelector {

		@Override
		public String[] selectImports(AnnotationMetadata metadata) {
			return new String[] { "de.codecentric.boot.admin.server.config.AdminServerMarkerConfiguration" };
		}

	}

}
