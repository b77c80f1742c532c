// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import dev.lockkeeper.migration.MigrationListener;
import dev.lockkeeper.migration.Migrator;
import dev.lockkeeper.migration.RunReference;
import dev.lockkeeper.testing.FakeSchema;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Which listeners of an application receive the events of a run.
 */
@ExtendWith(OutputCaptureExtension.class)
class MigrationListenerBeansTests {

	private final List<String> events = new CopyOnWriteArrayList<>();

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class))
		.withBean("events", List.class, () -> this.events);

	@Test
	void aListenerThatCannotBeCreatedDoesNotSilenceTheOthers(CapturedOutput output) {
		this.runner.withUserConfiguration(BrokenListener.class, ThreeListeners.class).run((context) -> {
			context.getBean(Migrator.class).migrate(new FakeSchema("schema"));
			assertThat(this.events).containsExactly("first", "second", "third");
		});
		assertThat(output).contains("WARN")
			.contains("lockkeeper - a migration listener is disabled, because it could not be created (broken: ")
			.doesNotContain("hunter2", "migration listeners are disabled");
	}

	@Test
	void listenersAreDisabledWhenNoneCanBeCreated(CapturedOutput output) {
		this.runner.withUserConfiguration(BrokenListener.class)
			.run((context) -> context.getBean(Migrator.class).migrate(new FakeSchema("schema")));
		assertThat(output).containsOnlyOnce("lockkeeper - migration listeners are disabled: ")
			.contains("nothing to do (schema schema")
			.doesNotContain("hunter2");
	}

	@Test
	void theTargetOfAProxyIsNoSecondListener() {
		this.runner
			.withBean("target", MigrationListener.class, () -> new Recording("target", this.events),
					(definition) -> definition.setAutowireCandidate(false))
			.run((context) -> context.getBean(Migrator.class).migrate(new FakeSchema("schema")));
		assertThat(this.events).isEmpty();
	}

	@Configuration(proxyBeanMethods = false)
	static class BrokenListener {

		@Bean
		@Lazy
		MigrationListener broken() {
			throw new IllegalStateException("No repository yet: jdbc:postgresql://host/db?password=hunter2");
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class ThreeListeners {

		@Bean
		MigrationListener third(List<String> events) {
			return new Recording("third", events);
		}

		@Bean
		@Order(2)
		MigrationListener second(List<String> events) {
			return new Recording("second", events);
		}

		@Bean
		First first(List<String> events) {
			return new First(events);
		}

	}

	private static class Recording implements MigrationListener {

		private final String name;

		private final List<String> events;

		Recording(String name, List<String> events) {
			this.name = name;
			this.events = events;
		}

		@Override
		public void runStarted(RunReference run) {
			this.events.add(this.name);
		}

	}

	static final class First extends Recording implements Ordered {

		First(List<String> events) {
			super("first", events);
		}

		@Override
		public int getOrder() {
			return 1;
		}

	}

}
