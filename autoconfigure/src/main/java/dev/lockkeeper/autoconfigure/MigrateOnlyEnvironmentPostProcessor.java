// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.util.Map;

import dev.lockkeeper.answer.StandardOutput;
import dev.lockkeeper.command.Request;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.ServletContainer;
import dev.lockkeeper.governance.ProcessRequest;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;

import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.bootstrap.ConfigurableBootstrapContext;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Keeps the web server out of a MIGRATE_ONLY process, and everything but the answer out
 * of the standard output of one with a command: Spring Boot sets up logging, and prints
 * its banner, right after this. Contradictions are reported later, by the bean of the
 * decision, when there is a context with the place for the verdict.
 */
class MigrateOnlyEnvironmentPostProcessor implements EnvironmentPostProcessor, Ordered {

	private static final String DEFAULTS = "lockkeeperMigrateOnlyDefaults";

	/**
	 * Otherwise a process that is quicker than one period of pushing would push nothing.
	 */
	private static final String PUSH_AT_THE_END = "management.prometheus.metrics.export.pushgateway.shutdown-operation";

	private final ConfigurableBootstrapContext bootstrapContext;

	MigrateOnlyEnvironmentPostProcessor(ConfigurableBootstrapContext bootstrapContext) {
		this.bootstrapContext = bootstrapContext;
	}

	@Override
	public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
		ServletContainer.detect(environment);
		if (isMigrateOnly(environment)) {
			WithoutWebServer.apply(environment, application);
			environment.getPropertySources().addLast(new MapPropertySource(DEFAULTS, Map.of(PUSH_AT_THE_END, "put")));
		}
	}

	private boolean isMigrateOnly(ConfigurableEnvironment environment) {
		try {
			ModeDecision decision = BootstrapMode.of(this.bootstrapContext).in(environment);
			if (ProcessRequest.of(environment, decision) != null) {
				StandardOutput.reserve();
			}
			return decision.mode() == Mode.MIGRATE_ONLY;
		}
		catch (LockkeeperException ex) {
			// Standard output is reserved for the answer, and there will be none
			if (Request.isIn(environment, false)) {
				StandardOutput.reserve();
			}
			return !ServletContainer.isAround(environment);
		}
	}

	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE;
	}

}
