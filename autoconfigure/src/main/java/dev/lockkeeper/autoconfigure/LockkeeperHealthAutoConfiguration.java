// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.health.ReadinessGroupPostProcessor;
import dev.lockkeeper.health.SchemaHealthIndicator;
import dev.lockkeeper.mode.ModeDecision;

import org.springframework.boot.actuate.endpoint.EndpointId;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.actuate.endpoint.HealthEndpointGroups;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Auto-configuration of the health component {@code schema}.
 *
 * @since 0.1.0
 */
@AutoConfiguration(after = LockkeeperAutoConfiguration.class,
		// registered later, so that it gets the readiness group that the other one makes
		afterName = "org.springframework.boot.health.autoconfigure.actuate.endpoint.AvailabilityProbesAutoConfiguration")
@ConditionalOnClass({ HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class })
@ConditionalOnBean(SchemaGate.class)
@ConditionalOnLockkeeperEnabled
@ConditionalOnEnabledHealthIndicator(LockkeeperHealthAutoConfiguration.CONTRIBUTOR)
public final class LockkeeperHealthAutoConfiguration {

	static final String CONTRIBUTOR = "schema";

	@Bean
	@ConditionalOnMissingBean(name = "schemaHealthIndicator")
	SchemaHealthIndicator schemaHealthIndicator(SchemaGate gate, ModeDecision decision) {
		return new SchemaHealthIndicator(gate, decision);
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ HealthEndpointGroups.class, EndpointId.class })
	static class ReadinessConfiguration {

		@Bean
		@ConditionalOnReadinessGroupOfSpringBoot
		static ReadinessGroupPostProcessor lockkeeperReadinessGroupPostProcessor() {
			return new ReadinessGroupPostProcessor(CONTRIBUTOR);
		}

	}

}
