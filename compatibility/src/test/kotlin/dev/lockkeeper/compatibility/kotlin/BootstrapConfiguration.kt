// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility.kotlin

import org.springframework.context.annotation.Configuration

/**
 * Shows that Spring Cloud has started its bootstrap context.
 */
@Configuration(proxyBeanMethods = false)
class BootstrapConfiguration {

	init {
		println("The bootstrap context is here")
	}

}
