// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.chaos;

import java.util.ArrayList;
import java.util.List;

import dev.lockkeeper.app.PlainApplication;
import dev.lockkeeper.exit.ExitStrategy;

import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;

/**
 * Starts applications that inspect a schema, one after another, in a process that can be
 * frozen.
 */
public final class InspectingWorker {

	static final String ENDED = "inspection %d ended.";

	private InspectingWorker() {
	}

	/**
	 * Inspect.
	 * @param inspections each a {@link Way}, a number and the URL of a database,
	 * separated by blanks
	 */
	public static void main(String[] inspections) {
		for (int i = 0; i < inspections.length; i++) {
			String[] words = inspections[i].split(" ");
			List<String> arguments = new ArrayList<>(Way.valueOf(words[0]).getArguments());
			arguments.add("--spring.liquibase.parameters.release=" + words[1]);
			arguments.add("--spring.datasource.url=" + words[2]);
			inspect(arguments.toArray(String[]::new));
			System.err.println(ENDED.formatted(i));
		}
	}

	private static void inspect(String[] arguments) {
		try (ConfigurableApplicationContext context = new SpringApplicationBuilder(PlainApplication.class).initializers(
				(starting) -> ((GenericApplicationContext) starting).registerBean(ExitStrategy.class, () -> (code) -> {
				}))
			.run(arguments)) {
			System.err.println("serves");
		}
		catch (RuntimeException ex) {
			System.err.println(ex);
		}
	}

	/**
	 * What inspects a schema, and how.
	 */
	enum Way {

		/** A process that would migrate by itself. */
		SELF("--lockkeeper.mode=self"),

		/** A process that waits for the schema. */
		DEFER("--lockkeeper.mode=defer"),

		/** One for which something is missing to the end. */
		DEFER_IN_VAIN("--lockkeeper.mode=defer", "--spring.liquibase.contexts=now,more",
				"--lockkeeper.defer.wait-timeout=1ms"),

		/** A process that migrates and ends. */
		MIGRATE_ONLY("--migrate-only"),

		/** One that has something to do. */
		MIGRATE_MORE("--migrate-only", "--spring.liquibase.contexts=now,more"),

		/** The question for the state. */
		STATUS("--migrate-only", "--status=json", "--spring.liquibase.contexts=now,more"),

		/** The question for the SQL. */
		DRY_RUN("--migrate-only", "--dry-run", "--spring.liquibase.contexts=now,more"),

		/** With a schema that Liquibase sets. */
		ELSEWHERE("--migrate-only", "--status", "--spring.liquibase.default-schema=elsewhere");

		private final String arguments;

		Way(String... arguments) {
			List<String> all = new ArrayList<>(List.of("--spring.main.web-application-type=none",
					"--spring.main.banner-mode=off", "--spring.liquibase.change-log=classpath:chaos/inspection.yaml",
					"--spring.liquibase.contexts=now"));
			for (String argument : arguments) {
				all.removeIf((known) -> known.startsWith(argument.split("=")[0] + "="));
				all.add(argument);
			}
			this.arguments = String.join("\n", all);
		}

		List<String> getArguments() {
			return this.arguments.lines().toList();
		}

		/**
		 * Return whether the process migrates after the inspection.
		 */
		boolean isMigrating() {
			return this == MIGRATE_MORE;
		}

	}

}
