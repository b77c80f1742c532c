// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.app;

import org.quartz.Scheduler;

import org.springframework.beans.factory.FactoryBean;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.servlet.support.SpringBootServletInitializer;

/**
 * Starts an application that is deployed as a WAR.
 */
public class WarInitializer extends SpringBootServletInitializer {

	/**
	 * The system property that adds a scheduler of Quartz.
	 */
	public static final String WITH_QUARTZ = "war.quartz";

	@Override
	protected SpringApplicationBuilder configure(SpringApplicationBuilder builder) {
		return Boolean.getBoolean(WITH_QUARTZ) ? builder.sources(PlainApplication.class, Schedulers.class)
				: builder.sources(PlainApplication.class);
	}

	/**
	 * Makes a scheduler, as Spring does: by a factory. None is ever created.
	 */
	static class Schedulers implements FactoryBean<Scheduler> {

		@Override
		public Scheduler getObject() {
			throw new IllegalStateException("The schema is not there, and a scheduler is created");
		}

		@Override
		public Class<?> getObjectType() {
			return Scheduler.class;
		}

	}

}
