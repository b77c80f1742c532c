// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.health;

import java.util.LinkedHashMap;
import java.util.Map;

import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.schema.SchemaState;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * Shows whether the schema is what the code needs. OUT_OF_SERVICE while it is not. Never
 * touches a database.
 *
 * @since 0.1.0
 */
public class SchemaHealthIndicator extends AbstractHealthIndicator {

	private final SchemaGate gate;

	private final ModeDecision decision;

	/**
	 * Create an indicator.
	 * @param gate knows the schemas
	 * @param decision the mode of the process
	 */
	public SchemaHealthIndicator(SchemaGate gate, ModeDecision decision) {
		super("The health of the schema could not be determined");
		this.gate = gate;
		this.decision = decision;
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) {
		if (this.gate.isOpen()) {
			builder.up();
		}
		else {
			builder.outOfService();
		}
		builder.withDetail("mode", this.decision.mode());
		this.gate.getStates().forEach((name, state) -> builder.withDetail(name, details(state)));
	}

	private static Map<String, Object> details(SchemaState state) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("status", state.status());
		if (state.version() != null) {
			details.put("version", state.version().changeSet().id());
		}
		details.put("pending", state.pending().size());
		details.put("checkedAt", state.checkedAt());
		return details;
	}

}
