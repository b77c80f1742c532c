// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governance;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

import dev.lockkeeper.answer.StandardOutput;
import dev.lockkeeper.command.Flag;
import dev.lockkeeper.command.Request;
import dev.lockkeeper.command.Usage;
import dev.lockkeeper.exit.ExitDeadline;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.ExitStrategy;
import dev.lockkeeper.exit.ForeignFailureException;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.SystemExit;
import dev.lockkeeper.exit.TerminationMessage;
import dev.lockkeeper.exit.UsageException;
import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.migration.EngineIntegration;
import dev.lockkeeper.migration.EngineIntegrations;
import dev.lockkeeper.migration.MigrationOutcome;
import dev.lockkeeper.migration.SchemaTask;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.redaction.Redaction;
import dev.lockkeeper.schema.SchemaVersion;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactoryInitializer;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.SpringApplication.AbandonedRunException;
import org.springframework.boot.SpringBootExceptionReporter;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.core.io.support.SpringFactoriesLoader.ArgumentResolver;

/**
 * Ends a MIGRATE_ONLY process before any other singleton is created: creates the governed
 * beans, which migrates or carries out the command, then destroys what was created, and
 * exits. The last output on the console is an analysis of the failure, or the outcome.
 *
 * @since 0.1.0
 */
public final class MigrateOnly implements BeanFactoryInitializer<ConfigurableListableBeanFactory> {

	private static final Log logger = LogFactory.getLog(MigrateOnly.class);

	/**
	 * How long closing the beans may take: exporters of metrics send the last of them
	 * then, and the receiver may not answer.
	 */
	private static final Duration CLOSING = Duration.ofSeconds(30);

	private static final int NAMED = 5;

	private final ConfigurableApplicationContext context;

	private final LostArguments arguments;

	private final EngineIntegrations engines;

	private final Function<Throwable, @Nullable ForeignFailureException> foreign;

	/**
	 * Create the end of a process.
	 * @param context the context that is starting
	 * @param arguments refuses to go on when arguments of the process are lost
	 * @param engines the engines whose beans migrate when they are created
	 * @param foreign explains failures that are not Lockkeeper's own
	 */
	public MigrateOnly(ConfigurableApplicationContext context, LostArguments arguments, EngineIntegrations engines,
			Function<Throwable, @Nullable ForeignFailureException> foreign) {
		this.context = context;
		this.arguments = arguments;
		this.foreign = foreign;
		this.engines = engines;
	}

	@Override
	public void initialize(ConfigurableListableBeanFactory beanFactory) {
		ModeDecision decision = beanFactory.getBean(ModeDecision.class);
		if (decision.mode() != Mode.MIGRATE_ONLY) {
			// A parent that governs nothing may have been started without arguments
			if (governs(beanFactory)) {
				this.arguments.refuse(decision);
			}
			return;
		}
		ExitStrategy exitStrategy = beanFactory.getBean(ExitStrategy.class);
		int code = run(beanFactory, decision);
		try (ExitDeadline deadline = new ExitDeadline(CLOSING, () -> exitStrategy.halt(code))) {
			beanFactory.destroySingletons();
		}
		exitStrategy.exit(code);
		// SystemExit returns only in a JVM that is ending already: nothing is written
		// then
		if (!(exitStrategy instanceof SystemExit)) {
			StandardOutput.release();
		}
		throw new AbandonedRunException(this.context);
	}

	private boolean governs(ConfigurableListableBeanFactory beanFactory) {
		return this.engines.beanTypes()
			.anyMatch((type) -> beanFactory.getBeanNamesForType(type, true, false).length > 0);
	}

	private UsageException withoutSchema(String what, String where) {
		return new UsageException(
				"%s: no %s bean would run%s.".formatted(what, this.engines.inWords(EngineIntegration::engine), where),
				"Add %s and a data source, and let no setting (%s) and no profile remove them.".formatted(
						this.engines.inWords(EngineIntegration::source),
						this.engines.inWords((engine) -> engine.getEnabledProperty() + "=false")));
	}

	private int run(ConfigurableListableBeanFactory beanFactory, ModeDecision decision) {
		try {
			this.arguments.refuse(decision);
			Request request = ProcessRequest.of(this.context.getEnvironment(), decision);
			if (request != null && request.getCommand() == Flag.HELP) {
				StandardOutput.write(Usage.toText());
				return end(Verdict.of(ExitStatus.DONE, "The usage was written.", null));
			}
			SchemaKeeper keeper = beanFactory.getBean(SchemaKeeper.class);
			keeper.reportMode();
			this.engines.allBeanTypes()
				.flatMap((type) -> Arrays.stream(beanFactory.getBeanNamesForType(type, true, false)))
				.forEach(beanFactory::getBean);
			SchemaTask task = keeper.getTask();
			if (task != null) {
				Verdict finished = keeper.finish(task);
				if (finished == null) {
					throw withoutSchema("There is no schema", " on a database of its own");
				}
				return end(finished);
			}
			List<MigrationOutcome> outcomes = keeper.getOutcomes();
			if (outcomes.isEmpty()) {
				throw withoutSchema("There is nothing to migrate", "");
			}
			for (MigrationOutcome outcome : outcomes) {
				if (!outcome.state().status().isServed()) {
					throw new IncompleteMigrationException(outcome, keeper.countApplied());
				}
			}
			return end(verdict(outcomes));
		}
		catch (Throwable ex) {
			explain(ex);
			report(ex);
			LockkeeperException failure = LockkeeperException.findIn(ex);
			return (failure != null) ? failure.getStatus().getCode() : 1;
		}
	}

	private int end(Verdict verdict) {
		TerminationMessage.from(this.context.getEnvironment()).write(verdict);
		return verdict.status().getCode();
	}

	private void explain(Throwable failure) {
		ForeignFailureException meaning = (LockkeeperException.findIn(failure) == null) ? this.foreign.apply(failure)
				: null;
		if (meaning != null) {
			meaning.attachTo(failure);
		}
	}

	static Verdict verdict(List<MigrationOutcome> outcomes) {
		Verdict last = outcomes.get(outcomes.size() - 1).toVerdict();
		if (outcomes.size() == 1) {
			return last;
		}
		int applied = outcomes.stream().mapToInt(MigrationOutcome::applied).sum();
		long duration = outcomes.stream().mapToLong((outcome) -> outcome.duration().toMillis()).sum();
		return new Verdict(ExitStatus.DONE, null, null, null,
				"%s in %d schemas: %s.".formatted(MigrationOutcome.done(applied), outcomes.size(), versions(outcomes)),
				null, applied, duration, last.runId());
	}

	private static String versions(List<MigrationOutcome> outcomes) {
		String named = outcomes.stream().limit(NAMED).map(MigrateOnly::version).collect(Collectors.joining(", "));
		int more = outcomes.size() - NAMED;
		return (more > 0) ? "%s and %d more".formatted(named, more) : named;
	}

	private static String version(MigrationOutcome outcome) {
		SchemaVersion version = outcome.state().version();
		return "%s %s".formatted(outcome.run().schema(), (version != null) ? "at " + version : "without a change set");
	}

	// What Spring Boot would do if the failure were thrown, but for the event that it
	// publishes then: the event would create the listeners of the user.
	private void report(Throwable failure) {
		ArgumentResolver arguments = ArgumentResolver.of(ConfigurableApplicationContext.class, this.context);
		List<SpringBootExceptionReporter> reporters = SpringFactoriesLoader
			.forDefaultResourceLocation(this.context.getClassLoader())
			.load(SpringBootExceptionReporter.class, arguments);
		if (reporters.stream().noneMatch((reporter) -> reporter.reportException(failure))) {
			logger.error("lockkeeper - the migration failed for an unforeseen reason%n%s"
				.formatted(Redaction.redact(failure)));
		}
	}

}
