// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.util.Objects;

import dev.lockkeeper.mode.ProcessMode;

import org.springframework.boot.bootstrap.BootstrapContext;
import org.springframework.boot.bootstrap.BootstrapRegistry.InstanceSupplier;
import org.springframework.boot.bootstrap.ConfigurableBootstrapContext;

/**
 * The mode while Spring Boot prepares the environment. It is carried to the context of
 * the application. A class of its own, because its types are elsewhere in Spring Boot 3:
 * what reports the failure of a start has to load there, too.
 */
final class BootstrapMode {

	private BootstrapMode() {
	}

	static ProcessMode of(ConfigurableBootstrapContext bootstrapContext) {
		if (!bootstrapContext.isRegistered(ProcessMode.class)) {
			bootstrapContext.register(ProcessMode.class, InstanceSupplier.from(ProcessMode::new));
			bootstrapContext.addCloseListener((event) -> CarriedMode.carry(get(event.getBootstrapContext()),
					event.getApplicationContext().getBeanFactory()));
		}
		return get(bootstrapContext);
	}

	private static ProcessMode get(BootstrapContext bootstrapContext) {
		return Objects.requireNonNull(bootstrapContext.get(ProcessMode.class));
	}

}
