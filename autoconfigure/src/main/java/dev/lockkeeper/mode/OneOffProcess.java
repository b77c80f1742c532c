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

	private static final List<String> JOBS = List.of("CLOUD_RUN_JOB", "NOMAD_JOB_PARENT_ID");

	private static final List<String> CLOUD_FOUNDRY = List.of("VCAP_APPLICATION", "VCAP_SERVICES");

	/**
	 * Diego, which runs the processes of Cloud Foundry, sets these for the instances of
	 * an application alone, and not for tasks.
	 */
	private static final List<String> INSTANCE = List.of("CF_INSTANCE_INDEX", "INSTANCE_INDEX");

	/**
	 * Find out whether this process runs once.
	 * @param environment the environment
	 * @return what shows it, or {@code null}
	 */
	static @Nullable OneOffProcess find(ConfigurableEnvironment environment) {
		String dyno = environment.getProperty(DYNO, "");
		if (ONE_OFF_DYNOS.stream().anyMatch(dyno::startsWith)) {
			return new OneOffProcess(DYNO + "=" + dyno, dyno.startsWith(RELEASE));
		}
		for (String variable : JOBS) {
			if (environment.containsProperty(variable)) {
				return new OneOffProcess(variable + " is set", false);
			}
		}
		if (CLOUD_FOUNDRY.stream().anyMatch(environment::containsProperty)
				&& INSTANCE.stream().noneMatch(environment::containsProperty)) {
			return new OneOffProcess("a task of Cloud Foundry: CF_INSTANCE_INDEX is not set", false);
		}
		return null;
	}

}
