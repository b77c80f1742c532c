// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initializers;

import java.time.Instant;
import java.util.Date;
import java.util.List;

import org.quartz.JobBuilder;
import org.quartz.JobDataMap;
import org.quartz.JobDetail;
import org.quartz.JobKey;
import org.quartz.Scheduler;
import org.quartz.SchedulerException;
import org.quartz.TriggerBuilder;
import org.quartz.TriggerKey;
import org.quartz.impl.matchers.GroupMatcher;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Schedules triggers of Quartz, and fires one at once.
 */
@RestController
class QuartzController {

	private static final JobKey INSPECTION = JobKey.jobKey("inspection");

	private static final Date LATER = Date.from(Instant.parse("2099-01-01T00:00:00Z"));

	private final Scheduler scheduler;

	private final JdbcClient client;

	QuartzController(Scheduler scheduler, JdbcClient client) {
		this.scheduler = scheduler;
		this.client = client;
	}

	@PostMapping("/triggers/{ship}")
	void schedule(@PathVariable String ship) throws SchedulerException {
		this.scheduler
			.scheduleJob(TriggerBuilder.newTrigger().withIdentity(ship).forJob(INSPECTION).startAt(LATER).build());
	}

	@GetMapping("/triggers")
	List<String> scheduled() throws SchedulerException {
		return this.scheduler.getTriggerKeys(GroupMatcher.anyTriggerGroup())
			.stream()
			.map(TriggerKey::getName)
			.sorted()
			.toList();
	}

	@PostMapping("/inspections/{ship}")
	void fire(@PathVariable String ship) throws SchedulerException {
		JobDataMap data = new JobDataMap();
		data.put(InspectionJob.SHIP, ship);
		this.scheduler.triggerJob(INSPECTION, data);
	}

	@GetMapping("/inspections")
	List<String> fired() {
		return this.client.sql("SELECT ship FROM inspection ORDER BY ship").query(String.class).list();
	}

	/**
	 * Makes the job.
	 */
	@Configuration(proxyBeanMethods = false)
	static class JobConfiguration {

		@Bean
		JobDetail inspection() {
			return JobBuilder.newJob(InspectionJob.class).withIdentity(INSPECTION).storeDurably().build();
		}

	}

}
