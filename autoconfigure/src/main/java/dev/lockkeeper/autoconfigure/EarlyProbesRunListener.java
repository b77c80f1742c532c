// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.time.Duration;

import dev.lockkeeper.actuate.endpoint.SchemaEndpoint;
import dev.lockkeeper.checkpoint.ExpectedCheckpoint;
import dev.lockkeeper.exit.ServletContainer;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.mode.ModeResolver;
import dev.lockkeeper.probe.EarlyProbes;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringApplicationRunListener;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.bootstrap.ConfigurableBootstrapContext;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Lets probes be answered while the application starts. Both the answers and the handing
 * over of the port work without the auto-configuration, which a user may exclude: the web
 * server would find the port taken. Wrong settings are reported where the beans bind them
 * later.
 */
class EarlyProbesRunListener implements SpringApplicationRunListener {

	private static final Log logger = LogFactory.getLog(EarlyProbesRunListener.class);

	private final SpringApplication application;

	private @Nullable EarlyProbes probes;

	EarlyProbesRunListener(SpringApplication application) {
		this.application = application;
	}

	@Override
	public void environmentPrepared(ConfigurableBootstrapContext bootstrapContext,
			ConfigurableEnvironment environment) {
		try {
			this.probes = open(BootstrapMode.of(bootstrapContext).in(environment), environment);
		}
		catch (RuntimeException ex) {
			logger.debug("lockkeeper - probes are not answered while the application starts", ex);
		}
	}

	private @Nullable EarlyProbes open(ModeDecision decision, ConfigurableEnvironment environment) {
		// A test needs no probes, a checkpoint must not hold an open port, and a servlet
		// container listens already
		if (!decision.enabled() || ServletContainer.isAround(environment) || !decision.databaseAllowed()
				|| decision.test() || decision.mode() == Mode.MIGRATE_ONLY
				|| ExpectedCheckpoint.find(environment) != null) {
			return null;
		}
		Binder binder = Binder.get(environment);
		LockkeeperProperties.Probe settings = binder.bindOrCreate("lockkeeper.probe", LockkeeperProperties.Probe.class);
		WebApplicationType type = binder.bind("spring.main.web-application-type", WebApplicationType.class)
			.orElseGet(this.application::getWebApplicationType);
		boolean answered = (settings.enabled() != null) ? settings.enabled()
				: ModeResolver.findPortCheckingPlatform(environment) == null;
		return (answered && type != null)
				? EarlyProbes.open(environment, type, decision, settings.stuckAfter(), settings.schema()) : null;
	}

	@Override
	public void contextPrepared(ConfigurableApplicationContext context) {
		EarlyProbes answering = this.probes;
		if (answering != null) {
			answering.handOverTo(context);
			context.addBeanFactoryPostProcessor((beanFactory) -> showSchema(answering, context));
		}
	}

	// By then the conditions on access, exposure and exclusions have been evaluated
	private static void showSchema(EarlyProbes answering, ConfigurableApplicationContext context) {
		if (context.getBeanFactory().getBeanNamesForType(SchemaEndpoint.class, true, false).length > 0) {
			answering.showSchema((mode) -> ProcessOrigin.of(context.getEnvironment(), mode, null));
		}
	}

	// A web server that was planned and did not start never took its port back
	@Override
	public void started(ConfigurableApplicationContext context, @Nullable Duration timeTaken) {
		close();
	}

	@Override
	public void failed(@Nullable ConfigurableApplicationContext context, Throwable exception) {
		close();
	}

	private void close() {
		if (this.probes != null) {
			this.probes.close();
			this.probes = null;
		}
	}

}
