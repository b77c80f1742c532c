// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initializers;

import org.springframework.batch.core.job.Job;
import org.springframework.batch.core.job.JobExecutionException;
import org.springframework.batch.core.job.builder.JobBuilder;
import org.springframework.batch.core.job.parameters.JobParametersBuilder;
import org.springframework.batch.core.launch.JobOperator;
import org.springframework.batch.core.repository.JobRepository;
import org.springframework.batch.core.step.builder.StepBuilder;
import org.springframework.batch.infrastructure.repeat.RepeatStatus;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Launches a job of Spring Batch.
 */
@RestController
class BatchController {

	private final JobOperator operator;

	private final Job job;

	BatchController(JobOperator operator, JobRepository repository, PlatformTransactionManager transactionManager) {
		this.operator = operator;
		this.job = new JobBuilder("unloading", repository)
			.start(new StepBuilder("crane", repository)
				.tasklet((contribution, context) -> RepeatStatus.FINISHED, transactionManager)
				.build())
			.build();
	}

	@PostMapping("/jobs/{ship}")
	String launch(@PathVariable String ship) throws JobExecutionException {
		return this.operator.start(this.job, new JobParametersBuilder().addString("ship", ship).toJobParameters())
			.getExitStatus()
			.getExitCode();
	}

}
