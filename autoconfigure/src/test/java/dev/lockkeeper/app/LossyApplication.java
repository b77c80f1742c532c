// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.app;

import java.util.Arrays;
import java.util.Locale;

import jakarta.servlet.Filter;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.jdbc.core.JdbcOperations;

/**
 * An application whose {@code main} loses its arguments, in the way that the system
 * property {@code main} names.
 */
public class LossyApplication {

	public static void main(String[] arguments) {
		Main.valueOf(System.getProperty("main")).run(arguments);
	}

	/**
	 * What {@code main} does with its arguments.
	 */
	public enum Main {

		/** It forgets them. */
		DROPS {

			@Override
			void run(String[] arguments) {
				SpringApplication.run(PlainApplication.class);
			}

		},

		/**
		 * It forgets them, and its web server creates a filter that needs the database.
		 */
		DROPS_BEFORE_A_FILTER {

			@Override
			void run(String[] arguments) {
				SpringApplication.run(Filtering.class);
			}

		},

		/** It forgets them, and the application has no web server. */
		DROPS_IN_A_WORKER {

			@Override
			void run(String[] arguments) {
				new SpringApplicationBuilder(PlainApplication.class).web(WebApplicationType.NONE).run();
			}

		},

		/** It hands them on, and keeps them from the environment. */
		KEEPS_FROM_ENVIRONMENT {

			@Override
			void run(String[] arguments) {
				SpringApplication application = new SpringApplication(PlainApplication.class);
				application.setAddCommandLineProperties(false);
				application.run(arguments);
			}

		},

		/** It starts a parent without arguments, and the application with them. */
		STARTS_A_PARENT_WITHOUT {

			@Override
			void run(String[] arguments) {
				ConfigurableApplicationContext parent = new SpringApplicationBuilder(Parent.class)
					.web(WebApplicationType.NONE)
					.run();
				new SpringApplicationBuilder(PlainApplication.class).parent(parent).run(arguments);
			}

		},

		/** It builds parent and child, which both get them. */
		BUILDS_A_CHILD {

			@Override
			void run(String[] arguments) {
				new SpringApplicationBuilder().parent(Parent.class).child(PlainApplication.class).run(arguments);
			}

		},

		/** It builds parent and child, and forgets the arguments. */
		BUILDS_A_CHILD_WITHOUT {

			@Override
			void run(String[] arguments) {
				new SpringApplicationBuilder().parent(Parent.class).child(PlainApplication.class).run();
			}

		},

		/** It has a flag of its own, and sets the mode for it. */
		MAPS_A_FLAG {

			@Override
			void run(String[] arguments) {
				if (Arrays.asList(arguments).contains("--migrate-only")) {
					System.setProperty("lockkeeper.mode", "migrate-only");
				}
				SpringApplication.run(PlainApplication.class);
			}

		};

		abstract void run(String[] arguments);

		@Override
		public String toString() {
			return name().toLowerCase(Locale.ROOT).replace('_', ' ');
		}

	}

	/**
	 * An application with a filter that uses the database.
	 */
	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	public static class Filtering {

		@Bean
		Filter filter(JdbcOperations database) {
			return (request, response, chain) -> {
				database.queryForObject("SELECT 1", Integer.class);
				chain.doFilter(request, response);
			};
		}

	}

	/**
	 * A parent that has nothing to migrate.
	 */
	public static class Parent {

	}

}
