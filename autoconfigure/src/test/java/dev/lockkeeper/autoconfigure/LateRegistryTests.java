// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.util.concurrent.atomic.AtomicInteger;

import dev.lockkeeper.mode.Mode;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.logging.LoggingMeterRegistry;
import io.micrometer.core.instrument.logging.LoggingRegistryConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.BeanCurrentlyInCreationException;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.beans.factory.support.RootBeanDefinition;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A registry is created late, and not at all when nothing would export it.
 */
class LateRegistryTests {

	private static final String NONE = "none";

	private final DefaultListableBeanFactory beanFactory = new DefaultListableBeanFactory();

	private final AtomicInteger created = new AtomicInteger();

	@Test
	void isCreatedOnceOnDemand() {
		LateRegistry<String> registry = registry(Mode.SELF, "some");
		assertThat(this.created).hasValue(0);
		assertThat(registry.get()).isEqualTo("some");
		assertThat(registry.get()).isEqualTo("some");
		assertThat(this.created).hasValue(1);
	}

	@Test
	void isNotCreatedWhereNothingIsExported() {
		this.beanFactory.registerBeanDefinition("simple", new RootBeanDefinition(SimpleMeterRegistry.class));
		assertThat(registry(Mode.MIGRATE_ONLY, "some").get()).isEqualTo(NONE);
		assertThat(this.created).hasValue(0);
		assertThat(this.beanFactory.containsSingleton("simple")).isFalse();
	}

	@Test
	void isCreatedWithItsExporters() {
		LoggingMeterRegistry exporter = new LoggingMeterRegistry(LoggingRegistryConfig.DEFAULT, Clock.SYSTEM);
		try {
			this.beanFactory.registerBeanDefinition("exporter",
					new RootBeanDefinition(LoggingMeterRegistry.class, () -> exporter));
			assertThat(registry(Mode.MIGRATE_ONLY, "some").get()).isEqualTo("some");
			assertThat(this.beanFactory.containsSingleton("exporter")).isTrue();
		}
		finally {
			exporter.close();
		}
	}

	@Test
	void isSkippedWhenItNeedsTheSchema() {
		LateRegistry<String> registry = new LateRegistry<>(Mode.SELF, this.beanFactory, () -> {
			throw new BeanCurrentlyInCreationException("liquibase");
		}, NONE);
		assertThat(registry.get()).isEqualTo(NONE);
	}

	@Test
	void isSkippedWhenThereIsNone() {
		assertThat(registry(Mode.SELF, null).get()).isEqualTo(NONE);
	}

	private LateRegistry<String> registry(Mode mode, @Nullable String bean) {
		return new LateRegistry<>(mode, this.beanFactory, () -> {
			this.created.incrementAndGet();
			return bean;
		}, NONE);
	}

}
