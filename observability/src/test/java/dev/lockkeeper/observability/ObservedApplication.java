// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observability;

import io.micrometer.core.instrument.MeterRegistry;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.micrometer.metrics.autoconfigure.MeterRegistryCustomizer;
import org.springframework.context.annotation.Bean;

/**
 * An application with everything that exports metrics, to be started as a process.
 */
@SpringBootApplication(proxyBeanMethods = false)
public class ObservedApplication {

	@Bean
	MeterRegistryCustomizer<MeterRegistry> customizer() {
		return (registry) -> System.out.println("CUSTOMIZED " + registry.getClass().getSimpleName());
	}

	public static void main(String[] arguments) {
		SpringApplication.run(ObservedApplication.class, arguments);
	}

}
