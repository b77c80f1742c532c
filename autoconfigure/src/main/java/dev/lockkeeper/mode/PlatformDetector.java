// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.mode;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Stream;

import dev.lockkeeper.mode.ModeResolver.Evidence;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.cloud.CloudPlatform;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Recognises the platform: those that {@link CloudPlatform} has, by its evidence, and
 * others. Kubernetes has narrower evidence here: {@link CloudPlatform} takes any
 * variables of a service for it, and other tools set such variables on a laptop.
 */
final class PlatformDetector {

	private static final String PLATFORM_PROPERTY = "spring.main.cloud-platform";

	private static final Path SERVICE_ACCOUNT = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

	private PlatformDetector() {
	}

	static Evidence detect(ConfigurableEnvironment environment) {
		return detect(environment, SERVICE_ACCOUNT);
	}

	static Evidence detect(ConfigurableEnvironment environment, Path serviceAccount) {
		Evidence evidence = environment.containsProperty(PLATFORM_PROPERTY) ? named(environment)
				: recognise(environment, serviceAccount);
		// A function never migrates, on whatever it runs
		return (evidence.found() && !evidence.deferring()) ? Objects.requireNonNullElse(
				findFirst(Platform.functions().stream(), environment, serviceAccount), evidence) : evidence;
	}

	private static Evidence named(ConfigurableEnvironment environment) {
		CloudPlatform platform = CloudPlatform.getActive(environment);
		if (platform == null || platform == CloudPlatform.NONE) {
			return new Evidence(null, PLATFORM_PROPERTY + " is set to none", false);
		}
		return evidenceOf(platform, PLATFORM_PROPERTY + " is set");
	}

	private static Evidence recognise(ConfigurableEnvironment environment, Path serviceAccount) {
		Evidence evidence = findFirst(Arrays.stream(Platform.values()), environment, serviceAccount);
		return (evidence != null) ? evidence
				: Arrays.stream(CloudPlatform.values())
					.filter((platform) -> Platform.find(platform.name()) == null && platform != CloudPlatform.NONE)
					.filter((platform) -> platform.isActive(environment))
					.map((platform) -> evidenceOf(platform, "its environment is set"))
					.findFirst()
					.orElseGet(() -> new Evidence(null, "no platform is recognised", false));
	}

	// A later Spring Boot may know more platforms
	private static Evidence evidenceOf(CloudPlatform platform, String fact) {
		Platform known = Platform.find(platform.name());
		return (known != null) ? Evidence.of(known, fact)
				: Evidence.of(platform.name(), fact, "Lockkeeper does not know whether it has a step before a release");
	}

	private static @Nullable Evidence findFirst(Stream<Platform> platforms, ConfigurableEnvironment environment,
			Path serviceAccount) {
		return platforms.flatMap((platform) -> Stream.ofNullable(evidenceOf(platform, environment, serviceAccount)))
			.findFirst()
			.orElse(null);
	}

	private static @Nullable Evidence evidenceOf(Platform platform, ConfigurableEnvironment environment,
			Path serviceAccount) {
		if (isDeniedBySpringBoot(platform, environment)) {
			return null;
		}
		String variable = platform.variables().filter(environment::containsProperty).findFirst().orElse(null);
		if (variable != null) {
			return Evidence.of(platform, variable + " is set");
		}
		return (platform == Platform.KUBERNETES && Files.isDirectory(serviceAccount))
				? Evidence.of(platform, serviceAccount + " exists") : null;
	}

	// Spring Boot may require more than one variable, or a value
	private static boolean isDeniedBySpringBoot(Platform platform, ConfigurableEnvironment environment) {
		return platform != Platform.KUBERNETES && Arrays.stream(CloudPlatform.values())
			.anyMatch((known) -> known.name().equals(platform.name()) && !known.isDetected(environment));
	}

}
