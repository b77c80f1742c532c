// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governance;

import java.util.concurrent.atomic.AtomicBoolean;

import dev.lockkeeper.exit.ServletContainer;
import dev.lockkeeper.exit.UsageException;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.mode.ModeResolver;
import dev.lockkeeper.mode.ProcessArguments;
import dev.lockkeeper.question.Question;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.boot.ApplicationArguments;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Ends a process whose {@code --migrate-only}, {@code --status} or {@code --dry-run} has
 * not reached Spring Boot: it would migrate and serve. Checks only the first context of a
 * JVM: {@code main} may start a later one with other arguments, on purpose. The arguments
 * of a servlet container are not those of the application.
 *
 * @since 0.1.0
 */
public final class LostArguments {

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
	 * Refuse to go on when arguments are lost. To be called before the first look at a
	 * database, and again when an application without a schema has started.
	 * @param decision the mode of the process
	 * @throws UsageException when an argument of the process has not reached Spring Boot
	 */
	public void refuse(ModeDecision decision) {
		boolean enabled = ModeResolver.isEnabled(this.environment);
		if (!enabled || decision.test() || !decision.databaseAllowed() || ServletContainer.isAround(this.environment)
				|| (decision.mode() != Mode.MIGRATE_ONLY && this.judged.get())) {
			return;
		}
		ApplicationArguments given = this.beans.getBeanProvider(ApplicationArguments.class).getIfUnique();
		ProcessArguments handedOn = (given != null) ? ProcessArguments.of(given.getSourceArgs())
				: ProcessArguments.of();
		ProcessArguments all = this.ofProcess.and(handedOn);
		Question.requireArrival(this.environment, decision, all, handedOn);
		ModeResolver.requireArrival(decision, all, handedOn);
		this.judged.set(true);
	}

}
