// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governance;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

import dev.lockkeeper.command.CommandLine;
import dev.lockkeeper.command.ProcessArguments;
import dev.lockkeeper.command.Request;
import dev.lockkeeper.exit.ServletContainer;
import dev.lockkeeper.exit.UsageException;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.mode.ModeResolver;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.boot.ApplicationArguments;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Ends a process whose {@code --migrate-only}, or command beside it, has not reached
 * Spring Boot: it would migrate and serve. Checks only the first context of a JVM:
 * {@code main} may start a later one with other arguments, on purpose. The arguments of a
 * servlet container are not those of the application.
 *
 * @since 0.1.0
 */
public final class LostArguments {

	private static final List<String> MIGRATE_ONLY_FORMS = List.of("--" + CommandLine.MIGRATE_ONLY,
			"--" + CommandLine.MIGRATE_ONLY + "=true", "--" + ModeResolver.MODE_PROPERTY + "=migrate-only");

	private static final AtomicBoolean OF_PROCESS = new AtomicBoolean();

	private final ProcessArguments ofProcess;

	private final ConfigurableEnvironment environment;

	private final BeanFactory beans;

	/**
	 * Whether a context has been checked.
	 */
	private final AtomicBoolean judged;

	/**
	 * Create a check.
	 * @param ofProcess the arguments of the process
	 * @param environment the environment of the application
	 * @param beans has the arguments that Spring Boot was given
	 */
	public LostArguments(ProcessArguments ofProcess, ConfigurableEnvironment environment, BeanFactory beans) {
		this(ofProcess, environment, beans, OF_PROCESS);
	}

	LostArguments(ProcessArguments ofProcess, ConfigurableEnvironment environment, BeanFactory beans,
			AtomicBoolean judged) {
		this.judged = judged;
		this.ofProcess = ofProcess;
		this.environment = environment;
		this.beans = beans;
	}

	/**
	 * Refuse to go on when arguments are lost. To be called before the first inspection
	 * of a database, and again when an application without a schema has started.
	 * @param decision the mode of the process
	 * @throws UsageException when an argument of the process has not reached Spring Boot
	 */
	public void refuse(ModeDecision decision) {
		if (!decision.enabled() || decision.test() || !decision.databaseAllowed()
				|| ServletContainer.isAround(this.environment)
				|| (decision.mode() != Mode.MIGRATE_ONLY && this.judged.get())) {
			return;
		}
		ApplicationArguments given = this.beans.getBeanProvider(ApplicationArguments.class).getIfUnique();
		ProcessArguments handedOn = (given != null) ? ProcessArguments.of(given.getSourceArgs())
				: ProcessArguments.of();
		ProcessArguments all = this.ofProcess.and(handedOn);
		String lost = findLost(decision, all);
		if (lost != null) {
			throw lost(lost, decision, handedOn);
		}
		this.judged.set(true);
	}

	private @Nullable String findLost(ModeDecision decision, ProcessArguments all) {
		if (decision.mode() != Mode.MIGRATE_ONLY) {
			return all.find(MIGRATE_ONLY_FORMS);
		}
		return Request.isIn(this.environment, true) ? null : Request.findIn(all);
	}

	private static UsageException lost(String argument, ModeDecision decision, ProcessArguments handedOn) {
		String message = "%s is an argument of the process, but Spring Boot does not know of it: the process is in %s."
			.formatted(argument, decision);
		if (handedOn.contains(argument)) {
			return new UsageException(message,
					"Remove setAddCommandLineProperties(false), which keeps arguments from the environment.");
		}
		return new UsageException(message, "Let main hand its arguments on: SpringApplication.run(Application.class, "
				+ "args), or in Kotlin runApplication<Application>(*args).");
	}

}
