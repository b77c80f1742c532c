// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.time.Instant;
import java.util.Objects;

import dev.lockkeeper.actuate.endpoint.SchemaEndpoint;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.health.SchemaHealthIndicator;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.testing.FakeSchema;
import org.junit.jupiter.api.Test;

import org.springframework.boot.actuate.autoconfigure.endpoint.EndpointAutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.availability.ApplicationAvailabilityBean;
import org.springframework.boot.health.actuate.endpoint.HealthEndpointGroups;
import org.springframework.boot.health.autoconfigure.actuate.endpoint.AvailabilityProbesAutoConfiguration;
import org.springframework.boot.health.autoconfigure.actuate.endpoint.HealthEndpointAutoConfiguration;
import org.springframework.boot.health.autoconfigure.contributor.HealthContributorAutoConfiguration;
import org.springframework.boot.health.autoconfigure.registry.HealthContributorRegistryAutoConfiguration;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ContextConsumer;

import static org.assertj.core.api.Assertions.assertThat;

class LockkeeperHealthAutoConfigurationTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withBean(ApplicationAvailabilityBean.class)
		.withConfiguration(
				AutoConfigurations.of(LockkeeperAutoConfiguration.class, LockkeeperHealthAutoConfiguration.class,
						LockkeeperEndpointAutoConfiguration.class, EndpointAutoConfiguration.class,
						HealthContributorAutoConfiguration.class, HealthContributorRegistryAutoConfiguration.class,
						HealthEndpointAutoConfiguration.class, AvailabilityProbesAutoConfiguration.class))
		.withPropertyValues("management.endpoints.web.exposure.include=*");

	@Test
	void theSchemaIsPartOfReadinessAndNeverOfLiveness() {
		this.runner.run(membership("readiness", "schema", true));
		this.runner.run(membership("readiness", "readinessState", true));
		this.runner.run(membership("readiness", "diskSpace", false));
		this.runner.run(membership("liveness", "schema", false));
	}

	@Test
	void aConfiguredReadinessGroupStaysAsItIs() {
		this.runner.withPropertyValues("management.endpoint.health.group.readiness.include=readinessState")
			.run(membership("readiness", "schema", false));
		this.runner.withPropertyValues("management.endpoint.health.group.readiness.include[0]=readinessState")
			.run(membership("readiness", "schema", false));
		this.runner.withPropertyValues("management.endpoint.health.group.readiness.include=readinessState,schema")
			.run(membership("readiness", "schema", true));
		this.runner.withPropertyValues("management.endpoint.health.group.readiness.exclude=schema")
			.run(membership("readiness", "schema", false));
	}

	@Test
	void aDisabledIndicatorStaysOutOfTheGroup() {
		this.runner.withPropertyValues("management.health.schema.enabled=false").run((context) -> {
			assertThat(context).hasNotFailed().doesNotHaveBean(SchemaHealthIndicator.class);
			membership("readiness", "schema", false).accept(context);
		});
	}

	@Test
	void thePathOfTheReadinessGroupStays() {
		this.runner.withPropertyValues("management.endpoint.health.probes.add-additional-paths=true")
			.run((context) -> assertThat(
					Objects.requireNonNull(context.getBean(HealthEndpointGroups.class).get("readiness"))
						.getAdditionalPath())
				.hasToString("server:/readyz"));
	}

	@Test
	void isOutOfServiceUntilTheSchemaIsThere() {
		this.runner.run((context) -> {
			HealthIndicator indicator = context.getBean(SchemaHealthIndicator.class);
			assertThat(health(indicator).getStatus()).isEqualTo(Status.UP);
			context.getBean(SchemaGate.class)
				.add(new FakeSchema("unseen")
					.inspection(SchemaInspection.of(SchemaState.unreadable(Instant.EPOCH, "never"))));
			assertThat(health(indicator).getStatus()).isEqualTo(Status.OUT_OF_SERVICE);
			assertThat(health(indicator).getDetails()).containsKeys("mode", "unseen");
		});
	}

	@Test
	void theEndpointIsThereWhenItIsExposed() {
		this.runner.run((context) -> assertThat(context).hasSingleBean(SchemaEndpoint.class));
		this.runner.withPropertyValues("management.endpoints.web.exposure.include=health")
			.run((context) -> assertThat(context).doesNotHaveBean(SchemaEndpoint.class));
	}

	private static Health health(HealthIndicator indicator) {
		return Objects.requireNonNull(indicator.health());
	}

	private static ContextConsumer<AssertableApplicationContext> membership(String group, String member,
			boolean expected) {
		return (context) -> assertThat(
				Objects.requireNonNull(context.getBean(HealthEndpointGroups.class).get(group)).isMember(member))
			.as("%s in %s", member, group)
			.isEqualTo(expected);
	}

}
