// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.util.Objects;

import dev.lockkeeper.mode.ProcessMode;

import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.bootstrap.BootstrapContext;
import org.springframework.boot.bootstrap.BootstrapRegistry.InstanceSupplier;
import org.springframework.boot.bootstrap.ConfigurableBootstrapContext;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Carries the mode from where Spring Boot prepares the environment to the context of the
 * application. A context that is not started by a
 * {@link org.springframework.boot.SpringApplication} has a mode of its own.
 */
final class CarriedMode {

	// No ModeDecision, which is a bean only where the auto-configuration is active
	private static final String SINGLETON = "lockkeeperProcessMode";

	private CarriedMode() {
	}

	static ProcessMode of(ConfigurableBootstrapContext bootstrapContext) {
		if (!bootstrapContext.isRegistered(ProcessMode.class)) {
			bootstrapContext.register(ProcessMode.class, InstanceSupplier.from(ProcessMode::new));
			bootstrapContext.addCloseListener((event) -> event.getApplicationContext()
				.getBeanFactory()
				.registerSingleton(SINGLETON, get(event.getBootstrapContext())));
		}
		return get(bootstrapContext);
	}

	private static ProcessMode get(BootstrapContext bootstrapContext) {
		return Objects.requireNonNull(bootstrapContext.get(ProcessMode.class));
	}

	static ProcessMode of(ConfigurableApplicationContext context) {
		return of(context.getBeanFactory());
	}

	static ProcessMode of(ConfigurableListableBeanFactory beanFactory) {
		if (beanFactory.getSingleton(SINGLETON) instanceof ProcessMode carried) {
			return carried;
		}
		ProcessMode mode = new ProcessMode();
		beanFactory.registerSingleton(SINGLETON, mode);
		return mode;
	}

}
