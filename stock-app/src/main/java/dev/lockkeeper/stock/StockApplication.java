// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.stock;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * An application that migrates and ends. Whether Lockkeeper governs it is a matter of its
 * class path alone.
 */
@SpringBootApplication(proxyBeanMethods = false)
public class StockApplication {

	public static void main(String[] arguments) {
		SpringApplication.run(StockApplication.class, arguments);
	}

}
