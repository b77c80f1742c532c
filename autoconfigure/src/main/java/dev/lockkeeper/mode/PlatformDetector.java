// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.mode;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import dev.lockkeeper.mode.ModeResolver.Evidence;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.cloud.CloudPlatform;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;

/**
 * Recognises the platform: what {@link CloudPlatform} knows, and two that it does not.
 */
final class PlatformDetector {

	private static final String PLATFORM_PROPERTY = "spring.main.cloud-platform";

	private static final String HOST_SUFFIX = "_SERVICE_HOST";

	private static final String PORT_SUFFIX = "_SERVICE_PORT";

	/**
	 * The variables by which {@link CloudPlatform} recognises each of its platforms, for
	 * the reason only.
	 */
	private static final Map<CloudPlatform, List<String>> VARIABLES = Map.of(CloudPlatform.CLOUD_FOUNDRY,
			List.of("VCAP_APPLICATION", "VCAP_SERVICES"), CloudPlatform.HEROKU, List.of("DYNO"), CloudPlatform.SAP,
			List.of("HC_LANDSCAPE"), CloudPlatform.NOMAD, List.of("NOMAD_ALLOC_ID"), CloudPlatform.KUBERNETES,
			List.of("KUBERNETES_SERVICE_HOST"), CloudPlatform.AZURE_APP_SERVICE, List.of("WEBSITE_SITE_NAME"),
			CloudPlatform.AWS_ECS, List.of("AWS_EXECUTION_ENV"));

	/**
	 * Platforms that {@link CloudPlatform} does not know, each with the variables that
	 * the platform sets.
	 */
	private static final Map<String, List<String>> FURTHER_PLATFORMS = Map.of("CLOUD_RUN",
			List.of("K_SERVICE", "CLOUD_RUN_JOB"), "AWS_LAMBDA", List.of("AWS_LAMBDA_FUNCTION_NAME"));

	private PlatformDetector() {
	}

	static Evidence detect(ConfigurableEnvironment environment) {
		if (environment.containsProperty(PLATFORM_PROPERTY)) {
			CloudPlatform platform = CloudPlatform.getActive(environment);
			if (platform == null || platform == CloudPlatform.NONE) {
				return new Evidence(false, PLATFORM_PROPERTY + " says there is none");
			}
			return Evidence.of(platform.name(), PLATFORM_PROPERTY + " is set");
		}
		CloudPlatform platform = CloudPlatform.getActive(environment);
		if (platform != null && platform != CloudPlatform.NONE) {
			return Evidence.of(platform.name(), variablesOf(platform, environment));
		}
		return FURTHER_PLATFORMS.entrySet()
			.stream()
			.flatMap((entry) -> entry.getValue()
				.stream()
				.filter(environment::containsProperty)
				.map((variable) -> Evidence.of(entry.getKey(), List.of(variable))))
			.findFirst()
			.orElseGet(() -> new Evidence(false, "no platform is recognised"));
	}

	private static List<String> variablesOf(CloudPlatform platform, ConfigurableEnvironment environment) {
		List<String> known = VARIABLES.getOrDefault(platform, List.of());
		List<String> present = known.stream().filter(environment::containsProperty).limit(1).toList();
		if (!present.isEmpty()) {
			return present;
		}
		String service = (platform == CloudPlatform.KUBERNETES) ? serviceWithHostAndPort(environment) : null;
		return (service != null) ? List.of(service + HOST_SUFFIX, service + PORT_SUFFIX) : List.of("its environment");
	}

	private static @Nullable String serviceWithHostAndPort(ConfigurableEnvironment environment) {
		PropertySource<?> source = environment.getPropertySources()
			.get(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME);
		if (!(source instanceof EnumerablePropertySource<?> variables)) {
			return null;
		}
		return Arrays.stream(variables.getPropertyNames())
			.filter(Objects::nonNull)
			.filter((name) -> name.endsWith(HOST_SUFFIX))
			.map((name) -> name.substring(0, name.length() - HOST_SUFFIX.length()))
			.filter((service) -> variables.containsProperty(service + PORT_SUFFIX))
			.sorted()
			.findFirst()
			.orElse(null);
	}

}
