// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.util.Map;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.MutablePropertySources;

/**
 * Keeps the web server out of a process, and remembers whether the application is a
 * servlet web application otherwise.
 */
final class WithoutWebServer extends MapPropertySource {

	private static final String NAME = "lockkeeperMigrateOnly";

	private static final String TYPE = "spring.main.web-application-type";

	private final boolean servlet;

	private WithoutWebServer(boolean servlet) {
		super(NAME, Map.of(TYPE, "none"));
		this.servlet = servlet;
	}

	/**
	 * Keep the web server out. To be called before Spring Boot creates the context.
	 */
	static void apply(ConfigurableEnvironment environment, SpringApplication application) {
		MutablePropertySources sources = environment.getPropertySources();
		String type = environment.getProperty(TYPE);
		boolean servlet = (type != null) ? "servlet".equalsIgnoreCase(type.trim())
				: application.getWebApplicationType() == WebApplicationType.SERVLET;
		sources.addFirst(new WithoutWebServer(sources.contains(NAME) ? isServletApplication(environment) : servlet));
	}

	/**
	 * Return whether a web server was kept out, and the application is a servlet web
	 * application otherwise.
	 */
	static boolean isServletApplication(ConfigurableEnvironment environment) {
		return environment.getPropertySources().get(NAME) instanceof WithoutWebServer source && source.servlet;
	}

}
