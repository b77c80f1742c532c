// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.observation.ObservationMigrationListener;
import io.micrometer.observation.ObservationRegistry;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration of the observations of runs.
 *
 * @since 0.1.0
 */
@AutoConfiguration(after = LockkeeperAutoConfiguration.class,
		afterName = "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration")
@ConditionalOnClass(ObservationRegistry.class)
@ConditionalOnBean({ ModeDecision.class, ObservationRegistry.class })
@ConditionalOnLockkeeperEnabled
public final class LockkeeperObservationAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	ObservationMigrationListener lockkeeperObservationMigrationListener(ModeDecision decision,
			ListableBeanFactory beanFactory, ObjectProvider<ObservationRegistry> registry) {
		return new ObservationMigrationListener(
				new LateRegistry<>(decision.mode(), beanFactory, registry::getIfAvailable, ObservationRegistry.NOOP),
				decision.mode());
	}

}
