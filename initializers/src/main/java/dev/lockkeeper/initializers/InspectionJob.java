// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initializers;

import org.quartz.Job;
import org.quartz.JobExecutionContext;

import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Notes each ship that it inspects.
 */
public class InspectionJob implements Job {

	static final String SHIP = "ship";

	private final JdbcClient client;

	/**
	 * Create the job.
	 * @param client writes the notes
	 */
	public InspectionJob(JdbcClient client) {
		this.client = client;
	}

	@Override
	public void execute(JobExecutionContext context) {
		this.client.sql("INSERT INTO inspection (ship) VALUES (?)")
			.param(context.getMergedJobDataMap().getString(SHIP))
			.update();
	}

}
