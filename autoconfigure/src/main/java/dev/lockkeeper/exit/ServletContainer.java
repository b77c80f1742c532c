// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.PropertySource.StubPropertySource;

/**
 * Detects whether an application was deployed to a servlet container, as a WAR. It shares
 * the process with other applications then, and must not end it.
 *
 * @since 0.1.0
 */
public final class ServletContainer {

	/**
	 * Spring's name for the parameters of the servlet context.
	 */
	private static final String SERVLET_CONTEXT = "servletContextInitParams";

	private static final String MARK = "lockkeeperServletContainer";

	private ServletContainer() {
	}

	/**
	 * Remember whether the application was deployed to a servlet container. To be called
	 * before its context is refreshed: there is a servlet context by then only if
	 * something else has made it, and an embedded server makes its own during the
	 * refresh.
	 * @param environment the environment of the application
	 */
	public static void detect(ConfigurableEnvironment environment) {
		PropertySource<?> source = environment.getPropertySources().get(SERVLET_CONTEXT);
		if (source != null && !(source instanceof StubPropertySource)) {
			environment.getPropertySources().addLast(new MapPropertySource(MARK, Map.of()));
		}
	}

	/**
	 * Return whether the application was deployed to a servlet container.
	 * @param environment the environment of the application, if there is one
	 * @return whether that was detected
	 */
	public static boolean isAround(@Nullable Environment environment) {
		return environment instanceof ConfigurableEnvironment configurable
				&& configurable.getPropertySources().contains(MARK);
	}

}
