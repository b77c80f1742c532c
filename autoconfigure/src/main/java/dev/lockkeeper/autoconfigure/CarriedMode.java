// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import dev.lockkeeper.mode.ProcessMode;

import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * The mode that is carried from where Spring Boot prepares the environment to the context
 * of the application. A context that is not started by a
 * {@link org.springframework.boot.SpringApplication} has a mode of its own.
 */
final class CarriedMode {

	// No ModeDecision, which is a bean only where the auto-configuration is active
	private static final String SINGLETON = "lockkeeperProcessMode";

	private CarriedMode() {
	}

	static void carry(ProcessMode mode, ConfigurableListableBeanFactory beanFactory) {
		beanFactory.registerSingleton(SINGLETON, mode);
	}

	static ProcessMode of(ConfigurableApplicationContext context) {
		return of(context.getBeanFactory());
	}

	static ProcessMode of(ConfigurableListableBeanFactory beanFactory) {
		if (beanFactory.getSingleton(SINGLETON) instanceof ProcessMode carried) {
			return carried;
		}
		ProcessMode mode = new ProcessMode();
		carry(mode, beanFactory);
		return mode;
	}

}
