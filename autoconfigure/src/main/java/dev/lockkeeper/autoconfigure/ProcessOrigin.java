// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.net.InetAddress;
import java.net.UnknownHostException;

import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.schema.RunOrigin;
import org.jspecify.annotations.Nullable;

import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/**
 * Names this process, from its environment.
 */
final class ProcessOrigin {

	private ProcessOrigin() {
	}

	/**
	 * Return the origin of the runs of this process.
	 * @param buildVersion the version of the build information, which comes before that
	 * of the environment
	 */
	static RunOrigin of(Environment environment, Mode mode, @Nullable String buildVersion) {
		String version = (buildVersion != null) ? buildVersion : environment.getProperty("spring.application.version");
		return new RunOrigin(mode.name(), applicationName(environment), version, hostName(environment));
	}

	/**
	 * Return the name by which the holder of a lease, or a session, is known.
	 */
	static String name(Environment environment) {
		return applicationName(environment) + " " + hostName(environment);
	}

	private static String applicationName(Environment environment) {
		return environment.getProperty("spring.application.name", "application");
	}

	private static String hostName(Environment environment) {
		String name = environment.getProperty("HOSTNAME");
		if (StringUtils.hasText(name)) {
			return name;
		}
		try {
			return InetAddress.getLocalHost().getHostName();
		}
		catch (UnknownHostException ex) {
			return "unknown-host";
		}
	}

}
