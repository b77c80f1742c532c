// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.liquibase.LiquibaseGovernor;
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
 * its log would be that of an application whose schema was checked.
 */
class NothingGovernedNotice implements SmartInitializingSingleton {

	private static final Log logger = LogFactory.getLog(NothingGovernedNotice.class);

	private static final String LIQUIBASE_ENABLED = "spring.liquibase.enabled";

	/**
	 * Liquibase's own switch, or that of a bean.
	 */
	private static final String NOT_TO_RUN = "liquibase.shouldRun is false for its Liquibase beans";

	private final boolean enabled;

	private final SchemaGate gate;

	private final ModeDecision decision;

	private final Environment environment;

	private final @Nullable ApplicationContext parent;

	private final int liquibaseBeans;

	NothingGovernedNotice(boolean enabled, SchemaGate gate, ModeDecision decision, ApplicationContext context) {
		this.enabled = enabled;
		this.gate = gate;
		this.decision = decision;
		this.environment = context.getEnvironment();
		this.parent = context.getParent();
		this.liquibaseBeans = LiquibaseGovernor.GOVERNED_TYPES.stream()
			.mapToInt((type) -> context.getBeanNamesForType(type, true, false).length)
			.sum();
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
		String setting = findDisablingSetting();
		if (this.decision.mode() == Mode.DEFER && (setting != null || this.liquibaseBeans > 0)) {
			logger.warn(("lockkeeper - this process does not wait for the schema (%s: %s); remove that setting: a "
					+ "process in DEFER never migrates")
				.formatted(this.decision, (setting != null) ? setting : NOT_TO_RUN));
		}
		else {
			logger.info("lockkeeper - no schema to migrate or to wait for (%s: %s)".formatted(this.decision,
					(setting != null) ? setting
							: (this.liquibaseBeans > 0) ? NOT_TO_RUN : "no Liquibase bean is to run"));
		}
	}

	// Spring Boot takes nothing but "true" for true here
	private @Nullable String findDisablingSetting() {
		String value = this.environment.getProperty(LIQUIBASE_ENABLED);
		if (value == null || "true".equalsIgnoreCase(value)) {
			return null;
		}
		return "false".equalsIgnoreCase(value) ? LIQUIBASE_ENABLED + "=false"
				: "%s is set to something other than true".formatted(LIQUIBASE_ENABLED);
	}

}
