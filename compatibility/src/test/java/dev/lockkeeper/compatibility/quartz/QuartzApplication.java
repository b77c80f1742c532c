// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility.quartz;

import java.util.Properties;

import javax.sql.DataSource;

import org.quartz.Job;
import org.quartz.JobBuilder;
import org.quartz.JobExecutionContext;
import org.quartz.impl.jdbcjobstore.PostgreSQLDelegate;

import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.jooq.autoconfigure.JooqAutoConfiguration;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.scheduling.quartz.SchedulerFactoryBean;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * An application that stores a job of Quartz while it starts.
 */
@SpringBootApplication(proxyBeanMethods = false, exclude = { HibernateJpaAutoConfiguration.class,
		DataJpaRepositoriesAutoConfiguration.class, JooqAutoConfiguration.class })
public class QuartzApplication {

	@Bean
	@DependsOnDatabaseInitialization
	SchedulerFactoryBean scheduler(DataSource dataSource, PlatformTransactionManager transactionManager) {
		Properties properties = new Properties();
		properties.setProperty("org.quartz.jobStore.driverDelegateClass", PostgreSQLDelegate.class.getName());
		SchedulerFactoryBean scheduler = new SchedulerFactoryBean();
		scheduler.setDataSource(dataSource);
		scheduler.setTransactionManager(transactionManager);
		scheduler.setQuartzProperties(properties);
		scheduler.setJobDetails(JobBuilder.newJob(Inspection.class).withIdentity("inspection").storeDurably().build());
		return scheduler;
	}

	/**
	 * A job.
	 */
	public static class Inspection implements Job {

		@Override
		public void execute(JobExecutionContext context) {
		}

	}

}
