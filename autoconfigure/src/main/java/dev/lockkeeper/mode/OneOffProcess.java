// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.mode;

import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.core.env.ConfigurableEnvironment;

/**
 * A process that a platform starts to run once, such as one that is meant to migrate.
 *
 * @param evidence what shows that it runs once, for people to read
 * @param release whether it prepares a release, before any process of the release serves
 * @since 0.1.0
 */
public record OneOffProcess(String evidence, boolean release) {

	private static final String DYNO = "DYNO";

	private static final String RELEASE = "release.";

	/**
	 * The types that Heroku gives to dynos that run once.
	 */
	private static final List<String> ONE_OFF_DYNOS = List.of("run.", "scheduler.", RELEASE);

	/**
	 * Diego, which runs the processes of Cloud Foundry, sets these for the instances of
	 * an application alone, and not for tasks.
	 */
	private static final List<String> INSTANCE = List.of("CF_INSTANCE_INDEX", "INSTANCE_INDEX");

	/**
	 * Find out whether this process runs once.
	 * @param platform the name of the platform, or {@code null} when none is recognised
	 * @param environment the environment
	 * @return what shows it, or {@code null}
	 */
	static @Nullable OneOffProcess find(@Nullable String platform, ConfigurableEnvironment environment) {
		if (platform == null) {
			return null;
		}
		return switch (platform) {
			case "HEROKU" -> ofDyno(environment.getProperty(DYNO, ""));
			case "CLOUD_RUN" -> ofVariable("CLOUD_RUN_JOB", environment);
			case "NOMAD" -> ofVariable("NOMAD_JOB_PARENT_ID", environment);
			case "FLY" -> ofVariable("RELEASE_COMMAND", environment);
			case "AZURE_CONTAINER_APPS" -> ofVariable("CONTAINER_APP_JOB_NAME", environment);
			case "CLOUD_FOUNDRY" -> ofTask(environment);
			default -> null;
		};
	}

	private static @Nullable OneOffProcess ofDyno(String dyno) {
		return ONE_OFF_DYNOS.stream().anyMatch(dyno::startsWith)
				? new OneOffProcess(DYNO + "=" + dyno, dyno.startsWith(RELEASE)) : null;
	}

	private static @Nullable OneOffProcess ofVariable(String variable, ConfigurableEnvironment environment) {
		return environment.containsProperty(variable) ? new OneOffProcess(variable + " is set", false) : null;
	}

	// Services may be bound elsewhere, too: VCAP_SERVICES alone shows no task
	private static @Nullable OneOffProcess ofTask(ConfigurableEnvironment environment) {
		return (environment.containsProperty("VCAP_APPLICATION")
				&& INSTANCE.stream().noneMatch(environment::containsProperty))
						? new OneOffProcess("a task of Cloud Foundry: CF_INSTANCE_INDEX is not set", false) : null;
	}

}
