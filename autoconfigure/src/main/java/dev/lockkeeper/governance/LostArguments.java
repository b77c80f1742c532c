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
 * Ends a process that was started to migrate and exit, or asked a question, when Spring
 * Boot does not know of it: such a process would migrate and serve. Only the first
 * context of a JVM that takes a schema in hand is judged: another one may have been given
 * other arguments, on purpose. Those of a servlet container are its own.
 *
 * @since 0.1.0
 */
public final class LostArguments {

	private static final AtomicBoolean judged = new AtomicBoolean();

	private final ProcessArguments ofProcess;

	private final ConfigurableEnvironment environment;

	private final BeanFactory beans;

	/**
	 * Create a judge.
	 * @param ofProcess the arguments of the process
	 * @param environment the environment of the application
	 * @param beans has the arguments that Spring Boot was given
	 */
	public LostArguments(ProcessArguments ofProcess, ConfigurableEnvironment environment, BeanFactory beans) {
		this.ofProcess = ofProcess;
		this.environment = environment;
		this.beans = beans;
	}

	/**
	 * Refuse to go on when arguments are lost. To be called before a database is touched,
	 * and again when the application has started although no schema was taken in hand.
	 * @param decision the mode of the process
	 * @throws UsageException when the process was to do something else than it does
	 */
	public void refuse(ModeDecision decision) {
		if (ServletContainer.isAround(this.environment) || (decision.mode() != Mode.MIGRATE_ONLY && judged.get())) {
			return;
		}
		ApplicationArguments given = this.beans.getBeanProvider(ApplicationArguments.class).getIfUnique();
		ProcessArguments handedOn = ProcessArguments.of((given != null) ? given.getSourceArgs() : new String[0]);
		ProcessArguments all = this.ofProcess.and(handedOn);
		Question.requireArrival(this.environment, decision, all, handedOn);
		ModeResolver.requireArrival(decision, all, handedOn);
		judged.set(true);
	}

}
