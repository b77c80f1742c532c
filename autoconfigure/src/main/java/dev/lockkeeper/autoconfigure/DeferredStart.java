// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;

import dev.lockkeeper.autoconfigure.LockkeeperProperties.Defer;
import dev.lockkeeper.autoconfigure.LockkeeperProperties.DeferStartup;
import dev.lockkeeper.exit.ServletContainer;
import dev.lockkeeper.mode.ModeResolver;
import dev.lockkeeper.mode.OneOffProcess;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.core.env.Environment;
import org.springframework.util.ClassUtils;
import org.springframework.util.StringUtils;

/**
 * What a process in DEFER does at its start while the schema is not there.
 *
 * @param startup what it does, never {@link DeferStartup#AUTO}
 * @param reason why, for people to read
 * @param timeout how long it waits, or tries to read the schema
 */
record DeferredStart(DeferStartup startup, String reason, Duration timeout) {

	private static final String STARTUP = "lockkeeper.defer.startup";

	static final String WAIT_TIMEOUT = "lockkeeper.defer.wait-timeout";

	/**
	 * A container starts its applications one after another: the later ones wait as well.
	 */
	private static final Duration TIMEOUT_IN_CONTAINER = Duration.ofSeconds(30);

	/**
	 * The settings by which JPA checks or changes the schema.
	 */
	static final List<String> DDL = List.of("spring.jpa.hibernate.ddl-auto",
			"spring.jpa.properties.hibernate.hbm2ddl.auto",
			"spring.jpa.properties.jakarta.persistence.schema-generation.database.action");

	/**
	 * What uses the schema while an application starts, so that the application would not
	 * start without it; by a name for people.
	 */
	private static final Map<String, Use> USES = uses();

	private static Map<String, Use> uses() {
		Map<String, Use> uses = new LinkedHashMap<>();
		uses.put("a ddl-auto of JPA", new Use("jakarta.persistence.EntityManagerFactory", (environment) -> {
			boolean ddl = DDL.stream()
				.map((key) -> environment.getProperty(key, "none"))
				.anyMatch((action) -> StringUtils.hasText(action) && !action.equalsIgnoreCase("none"));
			return ddl || environment.getProperty("spring.jpa.generate-ddl", Boolean.class, false);
		}));
		uses.put("Quartz", new Use("org.quartz.Scheduler",
				(environment) -> environment.getProperty("spring.quartz.auto-startup", Boolean.class, true)));
		uses.put("Batch jobs", new Use("org.springframework.batch.core.job.Job",
				(environment) -> environment.getProperty("spring.batch.job.enabled", Boolean.class, true)));
		return uses;
	}

	/**
	 * Decide.
	 * @param settings what is set
	 * @param oneOff what shows that the process runs once, or {@code null}
	 * @param environment the environment of the application
	 * @param beans the beans of the application; none is created
	 */
	static DeferredStart of(Defer settings, @Nullable OneOffProcess oneOff, Environment environment,
			ListableBeanFactory beans) {
		DeferredStart start = of(settings, environment, beans);
		// The process would serve until the platform abandons the release
		return (start.startup() == DeferStartup.SERVE && oneOff != null && oneOff.release()) ? of(DeferStartup.WAIT,
				"this process prepares a release: " + oneOff.evidence(), settings, false, environment) : start;
	}

	private static DeferredStart of(Defer settings, Environment environment, ListableBeanFactory beans) {
		if (settings.startup() != DeferStartup.AUTO) {
			String value = settings.startup().name().toLowerCase(Locale.ROOT);
			return of(settings.startup(), "%s is set to %s".formatted(STARTUP, value), settings, false, environment);
		}
		if (ServletContainer.isAround(environment)) {
			String user = findUse(environment, beans);
			return (user != null)
					? of(DeferStartup.WAIT, "in a servlet container, with " + user, settings, true, environment)
					: of(DeferStartup.SERVE, "in a servlet container", settings, true, environment);
		}
		String function = ModeResolver.FUNCTION_VARIABLES.stream()
			.filter(environment::containsProperty)
			.findFirst()
			.orElse(null);
		return (function != null)
				? of(DeferStartup.FAIL, "a function: %s is set".formatted(function), settings, false, environment)
				: of(DeferStartup.WAIT, "the default", settings, false, environment);
	}

	private static DeferredStart of(DeferStartup startup, String reason, Defer settings, boolean brief,
			Environment environment) {
		if (startup == DeferStartup.FAIL) {
			return new DeferredStart(startup, reason, settings.failAfter());
		}
		boolean shortened = brief && !environment.containsProperty(WAIT_TIMEOUT);
		return new DeferredStart(startup, reason, shortened ? TIMEOUT_IN_CONTAINER : settings.waitTimeout());
	}

	private static @Nullable String findUse(Environment environment, ListableBeanFactory beans) {
		return USES.entrySet()
			.stream()
			.filter((entry) -> entry.getValue().isIn(environment, beans))
			.map(Map.Entry::getKey)
			.findFirst()
			.orElse(null);
	}

	@Override
	public String toString() {
		return "startup %s (%s)".formatted(this.startup.name().toLowerCase(Locale.ROOT), this.reason);
	}

	/**
	 * One use of the schema.
	 *
	 * @param beanType the class of the bean that uses it
	 * @param atStart whether that uses it while the application starts
	 */
	private record Use(String beanType, Predicate<Environment> atStart) {

		boolean isIn(Environment environment, ListableBeanFactory beans) {
			ClassLoader classLoader = DeferredStart.class.getClassLoader();
			return this.atStart.test(environment) && ClassUtils.isPresent(this.beanType, classLoader) && beans
				.getBeanNamesForType(ClassUtils.resolveClassName(this.beanType, classLoader), true, false).length > 0;
		}

	}

}
