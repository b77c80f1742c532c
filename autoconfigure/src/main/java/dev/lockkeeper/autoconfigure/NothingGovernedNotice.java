// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.context.ApplicationContext;
import org.springframework.core.env.Environment;

/**
 * Logs that an application has no schema to migrate or to wait for. Without that line,
 * its log looks like that of an application whose schema was checked.
 */
class NothingGovernedNotice implements SmartInitializingSingleton {

	private static final Log logger = LogFactory.getLog(NothingGovernedNotice.class);

	private static final String LIQUIBASE_ENABLED = "spring.liquibase.enabled";

	private final boolean enabled;

	private final SchemaGate gate;

	private final ModeDecision decision;

	private final Environment environment;

	private final @Nullable ApplicationContext parent;

	NothingGovernedNotice(boolean enabled, SchemaGate gate, ModeDecision decision, ApplicationContext context) {
		this.enabled = enabled;
		this.gate = gate;
		this.decision = decision;
		this.environment = context.getEnvironment();
		this.parent = context.getParent();
	}

	private boolean isGovernedByParent() {
		return this.parent != null && this.parent.getBeanProvider(SchemaGate.class)
			.stream()
			.anyMatch((gate) -> !gate.getStates().isEmpty());
	}

	@Override
	public void afterSingletonsInstantiated() {
		if (!this.enabled || this.decision.test() || !this.decision.databaseAllowed()
				|| !this.gate.getStates().isEmpty() || isGovernedByParent()) {
			return;
		}
		boolean disabled = "false".equalsIgnoreCase(this.environment.getProperty(LIQUIBASE_ENABLED));
		String reason = disabled ? LIQUIBASE_ENABLED + "=false" : "no Liquibase bean is to run";
		if (disabled && this.decision.mode() == Mode.DEFER) {
			logger.warn(("lockkeeper - this process does not wait for the schema (%s: %s); remove that setting, a "
					+ "process in DEFER never migrates")
				.formatted(this.decision, reason));
		}
		else {
			logger.info("lockkeeper - no schema to migrate or to wait for (%s: %s)".formatted(this.decision, reason));
		}
	}

}
