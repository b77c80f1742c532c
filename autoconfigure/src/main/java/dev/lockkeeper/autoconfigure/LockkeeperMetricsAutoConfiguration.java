// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.observation.MeterMigrationListener;
import dev.lockkeeper.observation.RunMemory;
import dev.lockkeeper.observation.SchemaMeters;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration of the gauges and counters.
 *
 * @since 0.1.0
 */
@AutoConfiguration(after = LockkeeperAutoConfiguration.class,
		afterName = { "org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration",
				"org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration" })
@ConditionalOnClass(MeterRegistry.class)
@ConditionalOnBean({ SchemaGate.class, MeterRegistry.class })
@ConditionalOnLockkeeperEnabled
public final class LockkeeperMetricsAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	RunMemory lockkeeperRunMemory() {
		return new RunMemory();
	}

	@Bean
	@ConditionalOnMissingBean
	SchemaMeters lockkeeperSchemaMeters(SchemaGate gate, RunMemory memory, ModeDecision decision) {
		return new SchemaMeters(gate, memory, decision.mode());
	}

	@Bean
	@ConditionalOnMissingBean
	MeterMigrationListener lockkeeperMeterMigrationListener(SchemaMeters gauges, ModeDecision decision,
			ListableBeanFactory beanFactory, ObjectProvider<MeterRegistry> registry) {
		return new MeterMigrationListener(new LateRegistry<>(decision.mode(), beanFactory, registry::getIfAvailable,
				new CompositeMeterRegistry()), gauges, decision.mode());
	}

}
