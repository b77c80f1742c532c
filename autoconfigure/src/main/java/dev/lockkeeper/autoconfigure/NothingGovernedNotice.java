// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.util.List;
import java.util.Objects;

import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.migration.EngineIntegration;
import dev.lockkeeper.migration.EngineIntegrations;
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

	private final SchemaGate gate;

	private final ModeDecision decision;

	private final @Nullable ApplicationContext parent;

	private final String engines;

	/**
	 * What keeps each engine from running, if something does.
	 */
	private final List<String> obstacles;

	NothingGovernedNotice(SchemaGate gate, ModeDecision decision, ApplicationContext context,
			EngineIntegrations engines) {
		this.gate = gate;
		this.decision = decision;
		this.parent = context.getParent();
		this.engines = engines.inWords(EngineIntegration::engine);
		this.obstacles = engines.engines()
			.stream()
			.map((engine) -> findObstacle(engine, context))
			.filter(Objects::nonNull)
			.toList();
	}

	private boolean isGovernedByParent() {
		return this.parent != null && this.parent.getBeanProvider(SchemaGate.class)
			.stream()
			.anyMatch((gate) -> !gate.getStates().isEmpty());
	}

	@Override
	public void afterSingletonsInstantiated() {
		if (!this.decision.enabled() || this.decision.test() || !this.decision.databaseAllowed()
				|| !this.gate.getStates().isEmpty() || isGovernedByParent()) {
			return;
		}
		if (this.decision.mode() == Mode.DEFER && !this.obstacles.isEmpty()) {
			logger.warn(("lockkeeper - this process does not wait for the schema (%s: %s); remove that setting: a "
					+ "process in DEFER never migrates")
				.formatted(this.decision, String.join(", ", this.obstacles)));
		}
		else {
			logger.info("lockkeeper - no schema to migrate or to wait for (%s: %s)".formatted(this.decision,
					this.obstacles.isEmpty() ? "no %s bean is to run".formatted(this.engines)
							: String.join(", ", this.obstacles)));
		}
	}

	private static @Nullable String findObstacle(EngineIntegration engine, ApplicationContext context) {
		String setting = findDisablingSetting(engine, context.getEnvironment());
		boolean declared = engine.beanTypes()
			.stream()
			.anyMatch((type) -> context.getBeanNamesForType(type, true, false).length > 0);
		return (setting != null) ? setting : declared ? engine.notToRun() : null;
	}

	// Spring Boot takes nothing but "true" for true here
	private static @Nullable String findDisablingSetting(EngineIntegration engine, Environment environment) {
		String property = engine.getEnabledProperty();
		String value = environment.getProperty(property);
		if (value == null || "true".equalsIgnoreCase(value)) {
			return null;
		}
		return "false".equalsIgnoreCase(value) ? property + "=false"
				: "%s is set to something other than true".formatted(property);
	}

}
