// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import dev.lockkeeper.migration.MigrationListener;
import dev.lockkeeper.observation.MeterMigrationListener;
import dev.lockkeeper.observation.ObservationMigrationListener;
import dev.lockkeeper.observation.SchemaMeters;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

class LockkeeperMetricsAutoConfigurationTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class,
				LockkeeperMetricsAutoConfiguration.class, LockkeeperObservationAutoConfiguration.class));

	private final ApplicationContextRunner measured = this.runner.withConfiguration(
			AutoConfigurations.of(MetricsAutoConfiguration.class, CompositeMeterRegistryAutoConfiguration.class,
					SimpleMetricsExportAutoConfiguration.class, ObservationAutoConfiguration.class));

	@Test
	void measuresWhereSpringBootDoes() {
		this.measured.run((context) -> {
			assertThat(context).hasSingleBean(ObservationMigrationListener.class)
				.hasSingleBean(MeterMigrationListener.class)
				.hasSingleBean(SchemaMeters.class);
			assertThat(context.getBean(MeterRegistry.class).get("lockkeeper.ready").gauge().value()).isEqualTo(1);
		});
	}

	@Test
	void measuresNothingWithoutARegistry() {
		this.runner.run((context) -> assertThat(context).hasNotFailed()
			.doesNotHaveBean(MigrationListener.class)
			.doesNotHaveBean(SchemaMeters.class));
	}

	@Test
	void countsWhereThereIsNoObservationRegistry() {
		this.runner.withBean(SimpleMeterRegistry.class)
			.run((context) -> assertThat(context).hasSingleBean(MeterMigrationListener.class)
				.doesNotHaveBean(ObservationMigrationListener.class));
	}

	@Test
	void startsWithoutMicrometer() {
		this.measured.withClassLoader(new FilteredClassLoader("io.micrometer"))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(MigrationListener.class));
	}

	@ParameterizedTest
	@ValueSource(strings = { "true", "on", "yes" })
	void measuresWhereLockkeeperIsSwitchedOn(String enabled) {
		this.measured.withPropertyValues("lockkeeper.enabled=" + enabled)
			.run((context) -> assertThat(context).hasSingleBean(SchemaMeters.class));
	}

	@ParameterizedTest
	@ValueSource(strings = { "false", "off", "no" })
	void measuresNothingWhereLockkeeperIsSwitchedOff(String enabled) {
		this.measured.withPropertyValues("lockkeeper.enabled=" + enabled)
			.run((context) -> assertThat(context).doesNotHaveBean(MigrationListener.class)
				.doesNotHaveBean(SchemaMeters.class));
	}

}
