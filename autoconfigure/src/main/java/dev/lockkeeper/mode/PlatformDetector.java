// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.mode;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import dev.lockkeeper.mode.ModeResolver.Evidence;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.cloud.CloudPlatform;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Recognises the platform: what {@link CloudPlatform} knows, and two that it does not.
 * Kubernetes has narrower evidence here: {@link CloudPlatform} takes any variables of a
 * service for it, and other tools set such variables on a laptop.
 */
final class PlatformDetector {

	private static final String PLATFORM_PROPERTY = "spring.main.cloud-platform";

	private static final String KUBERNETES_API = "KUBERNETES_SERVICE_HOST";

	private static final Path SERVICE_ACCOUNT = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

	/**
	 * The variables by which {@link CloudPlatform} recognises each of its platforms, for
	 * the reason only.
	 */
	private static final Map<CloudPlatform, List<String>> VARIABLES = Map.of(CloudPlatform.CLOUD_FOUNDRY,
			List.of("VCAP_APPLICATION", "VCAP_SERVICES"), CloudPlatform.HEROKU, List.of("DYNO"), CloudPlatform.SAP,
			List.of("HC_LANDSCAPE"), CloudPlatform.NOMAD, List.of("NOMAD_ALLOC_ID"), CloudPlatform.AZURE_APP_SERVICE,
			List.of("WEBSITE_SITE_NAME"), CloudPlatform.AWS_ECS, List.of("AWS_EXECUTION_ENV"));

	/**
	 * Platforms that {@link CloudPlatform} does not know, each with the variables that
	 * the platform sets.
	 */
	private static final Map<String, List<String>> FURTHER_PLATFORMS = Map.of("CLOUD_RUN",
			List.of("K_SERVICE", "CLOUD_RUN_JOB"), "AWS_LAMBDA", List.of("AWS_LAMBDA_FUNCTION_NAME"));

	private PlatformDetector() {
	}

	static Evidence detect(ConfigurableEnvironment environment) {
		return detect(environment, SERVICE_ACCOUNT);
	}

	static Evidence detect(ConfigurableEnvironment environment, Path serviceAccount) {
		if (environment.containsProperty(PLATFORM_PROPERTY)) {
			CloudPlatform platform = CloudPlatform.getActive(environment);
			if (platform == null || platform == CloudPlatform.NONE) {
				return new Evidence(null, PLATFORM_PROPERTY + " says there is none");
			}
			return Evidence.of(platform.name(), PLATFORM_PROPERTY + " is set");
		}
		return Arrays.stream(CloudPlatform.values()).flatMap((platform) -> {
			Evidence evidence = evidenceOf(platform, environment, serviceAccount);
			return (evidence != null) ? Stream.of(evidence) : Stream.empty();
		}).findFirst().orElseGet(() -> furtherPlatform(environment));
	}

	private static @Nullable Evidence evidenceOf(CloudPlatform platform, ConfigurableEnvironment environment,
			Path serviceAccount) {
		if (platform == CloudPlatform.KUBERNETES) {
			return kubernetes(environment, serviceAccount);
		}
		if (platform == CloudPlatform.NONE || !platform.isActive(environment)) {
			return null;
		}
		List<String> present = VARIABLES.getOrDefault(platform, List.of())
			.stream()
			.filter(environment::containsProperty)
			.limit(1)
			.toList();
		return Evidence.of(platform.name(), present.isEmpty() ? List.of("its environment") : present);
	}

	private static @Nullable Evidence kubernetes(ConfigurableEnvironment environment, Path serviceAccount) {
		String name = CloudPlatform.KUBERNETES.name();
		if (environment.containsProperty(KUBERNETES_API)) {
			return Evidence.of(name, List.of(KUBERNETES_API));
		}
		return Files.isDirectory(serviceAccount) ? Evidence.of(name, serviceAccount + " exists") : null;
	}

	private static Evidence furtherPlatform(ConfigurableEnvironment environment) {
		return FURTHER_PLATFORMS.entrySet()
			.stream()
			.flatMap((entry) -> entry.getValue()
				.stream()
				.filter(environment::containsProperty)
				.map((variable) -> Evidence.of(entry.getKey(), List.of(variable))))
			.findFirst()
			.orElseGet(() -> new Evidence(null, "no platform is recognised"));
	}

}
