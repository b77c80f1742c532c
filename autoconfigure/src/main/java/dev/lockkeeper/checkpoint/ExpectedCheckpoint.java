// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.checkpoint;

import java.lang.management.ManagementFactory;

import dev.lockkeeper.exit.ConfigurationException;
import org.jspecify.annotations.Nullable;

import org.springframework.core.SpringProperties;
import org.springframework.core.env.Environment;
import org.springframework.util.ClassUtils;

/**
 * A checkpoint that is to be taken of this process. The process is started once for it,
 * perhaps where its database is out of reach, and restored many times.
 *
 * @param evidence what shows it, for people to read
 * @param duringRefresh whether it is taken while the context is refreshed, before
 * anything is started in it
 * @param function whether the process is a function, which its platform ends when a
 * restore fails
 * @since 0.1.0
 */
public record ExpectedCheckpoint(String evidence, boolean duringRefresh, boolean function) {

	private static final String ON_REFRESH = "spring.context.checkpoint";

	private static final String INITIALIZATION_TYPE = "AWS_LAMBDA_INITIALIZATION_TYPE";

	private static final String SNAP_START = "snap-start";

	private static final String JVM_OPTION = "-XX:CRaCCheckpointTo";

	/**
	 * Find out whether a checkpoint is to be taken of this process.
	 * @param environment the environment
	 * @return the checkpoint, or {@code null}
	 */
	public static @Nullable ExpectedCheckpoint find(Environment environment) {
		if ("onRefresh".equalsIgnoreCase(SpringProperties.getProperty(ON_REFRESH))) {
			return new ExpectedCheckpoint(ON_REFRESH + " is set", true, false);
		}
		if (SNAP_START.equals(environment.getProperty(INITIALIZATION_TYPE))) {
			return new ExpectedCheckpoint("%s is %s".formatted(INITIALIZATION_TYPE, SNAP_START), false, true);
		}
		boolean optionSet = isHooked() && ManagementFactory.getRuntimeMXBean()
			.getInputArguments()
			.stream()
			.anyMatch((argument) -> argument.startsWith(JVM_OPTION));
		return optionSet ? new ExpectedCheckpoint(JVM_OPTION + " is set", false, false) : null;
	}

	/**
	 * Refuse to go on when no hook would be called after the restore.
	 * @throws ConfigurationException when {@code org.crac} is missing
	 */
	public void requireHooks() {
		if (!this.duringRefresh && !isHooked()) {
			throw new ConfigurationException(
					"%s, and without org.crac on the class path nothing would inspect the schema after the restore."
						.formatted(this.evidence),
					"Add the dependency org.crac:crac, whose version Spring Boot manages.");
		}
	}

	private static boolean isHooked() {
		return ClassUtils.isPresent("org.crac.Core", ExpectedCheckpoint.class.getClassLoader());
	}

	/**
	 * Register hooks, if {@code org.crac} is on the class path.
	 * @param beforeCheckpoint runs before each checkpoint
	 * @param afterRestore runs after each restore, which fails with its exception
	 * @return what the caller keeps for as long as the hooks are to be called;
	 * {@code null} when none are
	 */
	public static @Nullable Object register(Runnable beforeCheckpoint, Runnable afterRestore) {
		return isHooked() ? CheckpointHook.register(beforeCheckpoint, afterRestore) : null;
	}

}
