// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.app;

import liquibase.Liquibase;
import liquibase.integration.spring.Customizer;

import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.ExitCodeGenerator;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ApplicationEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * An application whose beans all shout when they are created, but for those that
 * Liquibase needs: these report only that.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@EnableScheduling
public class ShoutingApplication {

	public static void main(String[] arguments) {
		SpringApplication.run(ShoutingApplication.class, arguments);
		shout("main after run");
	}

	static void shout(String bean) {
		System.out.println("SHOUT " + bean);
	}

	@Bean
	Customizer<Liquibase> liquibaseCustomizer() {
		return (liquibase) -> System.out.println("NEEDED customizer");
	}

	@Bean
	static QuietPostProcessor quietPostProcessor() {
		return new QuietPostProcessor();
	}

	@Bean
	Shouter plain() {
		return new Shouter("plain bean");
	}

	@Bean
	Listener listener() {
		return new Listener();
	}

	@Bean
	Lifecycle lifecycle() {
		return new Lifecycle();
	}

	@Bean
	Scheduler scheduler() {
		return new Scheduler();
	}

	@Bean
	CommandLineRunner commandLineRunner() {
		shout("command line runner");
		return (arguments) -> shout("command line runner runs");
	}

	@Bean
	ApplicationRunner applicationRunner() {
		shout("application runner");
		return (arguments) -> shout("application runner runs");
	}

	@Bean
	ExitCodeGenerator exitCodeGenerator() {
		shout("exit code generator");
		return () -> 42;
	}

	static class Shouter {

		Shouter(String bean) {
			shout(bean);
		}

	}

	@RestController
	static class Greeter extends Shouter {

		Greeter() {
			super("controller");
		}

		@GetMapping("/")
		String get() {
			return "here";
		}

	}

	static class Listener extends Shouter implements ApplicationListener<ApplicationEvent> {

		Listener() {
			super("listener");
		}

		@Override
		public void onApplicationEvent(ApplicationEvent event) {
			shout("listener hears " + event.getClass().getSimpleName());
		}

	}

	static class Lifecycle extends Shouter implements SmartLifecycle {

		Lifecycle() {
			super("lifecycle");
		}

		@Override
		public void start() {
			shout("lifecycle starts");
		}

		@Override
		public void stop() {
			shout("lifecycle stops");
		}

		@Override
		public boolean isRunning() {
			return false;
		}

	}

	static class Scheduler extends Shouter {

		Scheduler() {
			super("scheduler");
		}

		@Scheduled(fixedDelay = 1)
		void tick() {
			shout("tick");
		}

	}

	static class QuietPostProcessor implements BeanPostProcessor {

		QuietPostProcessor() {
			System.out.println("NEEDED post-processor");
		}

	}

}
