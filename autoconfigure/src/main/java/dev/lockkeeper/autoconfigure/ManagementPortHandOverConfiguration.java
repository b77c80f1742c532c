// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import dev.lockkeeper.probe.EarlyProbes;
import dev.lockkeeper.probe.PortHandOver;
import dev.lockkeeper.probe.WebPort;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextConfiguration;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextType;
import org.springframework.context.annotation.Bean;

/**
 * Gives the port of the management endpoints back in the context that they have for
 * themselves: it is created after the server of the application has started, and until
 * its own server binds there is time enough to miss probes.
 *
 * @since 0.1.0
 */
@ManagementContextConfiguration(value = ManagementContextType.CHILD, proxyBeanMethods = false)
public final class ManagementPortHandOverConfiguration {

	@Bean
	PortHandOver lockkeeperManagementPortHandOver(ObjectProvider<EarlyProbes> probes) {
		return new PortHandOver(() -> probes.ifAvailable((answering) -> answering.giveBack(WebPort.MANAGEMENT)));
	}

}
