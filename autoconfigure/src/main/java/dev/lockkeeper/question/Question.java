// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.question;

import java.util.List;
import java.util.Locale;

import dev.lockkeeper.exit.UsageException;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.mode.ModeResolver;
import dev.lockkeeper.mode.ProcessArguments;
import org.jspecify.annotations.Nullable;

import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.SimpleCommandLinePropertySource;

/**
 * What a process is asked on its command line, in place of migrating.
 *
 * @since 0.1.0
 */
public enum Question {

	/** What is each schema? Answered for people. */
	STATUS_AS_TEXT,

	/** What is each schema? Answered for programs. */
	STATUS_AS_JSON,

	/** Which SQL would a run execute? */
	DRY_RUN;

	private static final String STATUS_FLAG = "status";

	private static final String DRY_RUN_FLAG = "dry-run";

	private static final List<String> LOST_FORMS = List.of("--" + STATUS_FLAG, "--" + STATUS_FLAG + "=text",
			"--" + STATUS_FLAG + "=json", "--" + DRY_RUN_FLAG, "--" + DRY_RUN_FLAG + "=true");

	/**
	 * Return what a process is asked. Only the command line counts.
	 * @param environment the environment, complete with configuration files
	 * @param decision the mode of the process
	 * @return the question, or {@code null} when none is asked, or when the process may
	 * not touch a database
	 * @throws UsageException when two are asked at once, when the value of a flag is
	 * unknown, or when the process is not one that migrates and exits
	 */
	public static @Nullable Question of(ConfigurableEnvironment environment, ModeDecision decision) {
		if (!decision.databaseAllowed() || !ModeResolver.isEnabled(environment)) {
			return null;
		}
		// Alone they may be flags of the application
		if (ModeResolver.hasMigrateOnlyFlag(environment)) {
			ModeResolver.refuseMisspelt(environment, List.of(STATUS_FLAG, DRY_RUN_FLAG));
		}
		Question status = status(ModeResolver.getFlag(environment, STATUS_FLAG));
		Question dryRun = dryRun(ModeResolver.getFlag(environment, DRY_RUN_FLAG));
		if (status != null && dryRun != null) {
			throw new UsageException("--status and --dry-run are two questions.", "Ask one of them at a time.");
		}
		Question question = (status != null) ? status : dryRun;
		if (question != null && decision.mode() != Mode.MIGRATE_ONLY) {
			String flag = (question != DRY_RUN) ? STATUS_FLAG : DRY_RUN_FLAG;
			throw new UsageException(
					"--%s is a question for a process that answers and exits, and this one is in %s.".formatted(flag,
							decision),
					"Add --%s: java -jar application.jar --%s --%s".formatted(ModeResolver.MIGRATE_ONLY_FLAG,
							ModeResolver.MIGRATE_ONLY_FLAG, flag));
		}
		return question;
	}

	/**
	 * Refuse to migrate when an argument of the process asks a question that has not
	 * reached Spring Boot.
	 * @param environment the environment
	 * @param decision the mode
	 * @param arguments the arguments of the process
	 * @param handedOn what {@code main} has handed on to Spring Boot
	 * @throws UsageException when the question of a process that migrates and exits is
	 * lost
	 */
	public static void requireArrival(ConfigurableEnvironment environment, ModeDecision decision,
			ProcessArguments arguments, ProcessArguments handedOn) {
		if (decision.mode() != Mode.MIGRATE_ONLY || isAskedIn(environment)) {
			return;
		}
		String lost = arguments.find(LOST_FORMS);
		if (lost != null) {
			throw ModeResolver.lost(lost, decision, handedOn);
		}
	}

	/**
	 * Return whether a command line asks a question of a process that migrates and exits,
	 * as far as the command line alone can tell. Never fails.
	 * @param arguments the arguments of the process
	 * @return whether it does
	 */
	public static boolean isAskedBy(String... arguments) {
		SimpleCommandLinePropertySource commandLine = new SimpleCommandLinePropertySource(arguments);
		return commandLine.containsProperty(ModeResolver.MIGRATE_ONLY_FLAG)
				&& (commandLine.containsProperty(STATUS_FLAG) || commandLine.containsProperty(DRY_RUN_FLAG));
	}

	/**
	 * Return whether the command line asks a question, whether or not it makes sense.
	 * Never fails.
	 * @param environment the environment
	 * @return whether it does
	 */
	public static boolean isAskedIn(ConfigurableEnvironment environment) {
		return ModeResolver.getFlag(environment, STATUS_FLAG) != null
				|| ModeResolver.getFlag(environment, DRY_RUN_FLAG) != null;
	}

	private static @Nullable Question status(@Nullable String value) {
		if (value == null) {
			return null;
		}
		return switch (value.trim().toLowerCase(Locale.ROOT)) {
			case "", "text" -> STATUS_AS_TEXT;
			case "json" -> STATUS_AS_JSON;
			default -> throw new UsageException("--%s=%s is unknown.".formatted(STATUS_FLAG, value),
					"Use --%s or --%s=json.".formatted(STATUS_FLAG, STATUS_FLAG));
		};
	}

	private static @Nullable Question dryRun(@Nullable String value) {
		if (value == null) {
			return null;
		}
		return switch (value.trim().toLowerCase(Locale.ROOT)) {
			case "", "true" -> DRY_RUN;
			case "false" -> null;
			default -> throw new UsageException("--%s=%s is unknown.".formatted(DRY_RUN_FLAG, value),
					"Use --%s without a value.".formatted(DRY_RUN_FLAG));
		};
	}

}
