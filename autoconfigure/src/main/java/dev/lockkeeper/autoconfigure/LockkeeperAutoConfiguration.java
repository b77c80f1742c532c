// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import dev.lockkeeper.autoconfigure.LockkeeperProperties.Initializers;
import dev.lockkeeper.autoconfigure.LockkeeperProperties.Postgresql;
import dev.lockkeeper.autoconfigure.LockkeeperProperties.VerifyAppRole;
import dev.lockkeeper.checkpoint.ExpectedCheckpoint;
import dev.lockkeeper.command.Flag;
import dev.lockkeeper.command.ProcessArguments;
import dev.lockkeeper.command.Request;
import dev.lockkeeper.exit.ExitStrategy;
import dev.lockkeeper.exit.ServletContainer;
import dev.lockkeeper.exit.SystemExit;
import dev.lockkeeper.exit.TerminationMessage;
import dev.lockkeeper.gate.GateRefresher;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.gate.SchemaWait;
import dev.lockkeeper.governance.LostArguments;
import dev.lockkeeper.governance.MigrateOnly;
import dev.lockkeeper.governance.PostponedStart;
import dev.lockkeeper.governance.ProcessRequest;
import dev.lockkeeper.governance.SchemaKeeper;
import dev.lockkeeper.governance.StartRemarks;
import dev.lockkeeper.governed.DatabaseRoles;
import dev.lockkeeper.governed.Governance;
import dev.lockkeeper.governed.GovernedSchemas;
import dev.lockkeeper.initialization.InitializerGovernor;
import dev.lockkeeper.ledger.LevelTable;
import dev.lockkeeper.ledger.RunTable;
import dev.lockkeeper.ledger.ScriptTable;
import dev.lockkeeper.liquibase.LiquibaseGovernor;
import dev.lockkeeper.liquibase.run.ForeignLocks;
import dev.lockkeeper.lock.MigrationLocks;
import dev.lockkeeper.lock.lease.LeaseLocks;
import dev.lockkeeper.migration.MigrationListeners;
import dev.lockkeeper.migration.Migrator;
import dev.lockkeeper.migration.MigratorSettings;
import dev.lockkeeper.migration.ProgressLog;
import dev.lockkeeper.migration.ProgressReport;
import dev.lockkeeper.migration.SchemaTask;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.mode.ModeResolver;
import dev.lockkeeper.mode.ProcessMode;
import dev.lockkeeper.probe.EarlyProbes;
import dev.lockkeeper.progress.Progress;
import dev.lockkeeper.question.GrantScript;
import dev.lockkeeper.question.Inquiry;
import dev.lockkeeper.question.StatusWait;
import dev.lockkeeper.redaction.Redaction;
import dev.lockkeeper.repair.LockRelease;
import dev.lockkeeper.repair.Resolution;
import dev.lockkeeper.schema.RunOrigin;
import dev.lockkeeper.terminal.ProgressBarReport;
import dev.lockkeeper.waiting.Polling;
import liquibase.integration.spring.SpringLiquibase;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.LazyInitializationExcludeFilter;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.info.BuildProperties;
import org.springframework.boot.session.jdbc.autoconfigure.JdbcSessionDataSourceScriptDatabaseInitializer;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Role;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;
import org.springframework.core.io.ResourceLoader;
import org.springframework.util.ClassUtils;

/**
 * Auto-configuration of Lockkeeper. What it does is decided at run time, by the
 * {@link ModeDecision}, and never by a condition: ahead-of-time processing would freeze
 * conditions at build time.
 *
 * @since 0.1.0
 */
@AutoConfiguration(beforeName = "org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration")
@ConditionalOnEngine
@EnableConfigurationProperties(LockkeeperProperties.class)
public final class LockkeeperAutoConfiguration {

	// What a bean post-processor needs is created before the others are there
	@Bean
	@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
	static Governance lockkeeperGovernance(ConfigurableEnvironment environment,
			ConfigurableListableBeanFactory beanFactory) {
		Redaction.learn(environment);
		boolean enabled = CarriedMode.of(beanFactory).isEnabled(environment);
		return new Governance(enabled, () -> {
			ModeDecision decision = beanFactory.getBean(ModeDecision.class);
			// An embedded web server creates beans that use the database before
			// MigrateOnly runs
			beanFactory.getBean(LostArguments.class).refuse(decision);
			// Its hook must be older than that of Spring, also in a lazy application
			beanFactory.getBean(CheckpointLifecycle.class);
			return new Governance.Settings(beanFactory.getBean(PostponedStart.class),
					beanFactory.getBean(GovernedSchemas.class));
		});
	}

	/**
	 * In a lazy application, beans that no other bean needs would never be created: it
	 * would neither migrate nor wait, and be ready without a schema.
	 */
	@Bean
	static LazyInitializationExcludeFilter lockkeeperLazyInitializationExcludeFilter(Environment environment) {
		return LazyInitializationExcludeFilter
			.forBeanTypes(Engines.in(environment).allBeanTypes().toArray(Class<?>[]::new));
	}

	@Bean
	static LostArguments lockkeeperLostArguments(ConfigurableEnvironment environment, BeanFactory beanFactory) {
		return new LostArguments(ProcessArguments.read(), environment, beanFactory);
	}

	@Bean
	static MigrateOnly lockkeeperMigrateOnly(ConfigurableApplicationContext context, LostArguments lostArguments,
			Environment environment) {
		return new MigrateOnly(context, lostArguments, Engines.in(environment),
				(failure) -> DataSourceFailureReporter.explain(failure, context));
	}

	@Bean
	static InitializerGovernor lockkeeperInitializerGovernor(Governance governance, ResourceLoader resources,
			ConfigurableListableBeanFactory beanFactory, ConfigurableEnvironment environment) {
		return new InitializerGovernor(governance, resources, () -> {
			ModeDecision decision = beanFactory.getBean(ModeDecision.class);
			Request request = ProcessRequest.of(environment, decision);
			boolean waits = request != null && request.get(Flag.WAIT) != null;
			return new InitializerGovernor.Settings(decision.mode(),
					beanFactory.getBean(LockkeeperProperties.class).initializers() == Initializers.GOVERN,
					decision.mode() == Mode.DEFER || waits, decision.databaseAllowed(),
					(name) -> ScriptsAfterJpa.isLeftOut(beanFactory, name));
		});
	}

	@Bean
	static UngovernedChanges lockkeeperUngovernedChanges(Environment environment) {
		return new UngovernedChanges(environment);
	}

	@Bean
	static ScriptsAfterJpa lockkeeperScriptsAfterJpa(ConfigurableEnvironment environment) {
		return new ScriptsAfterJpa(environment);
	}

	@Bean
	ModeDecision lockkeeperModeDecision(ConfigurableEnvironment environment,
			ConfigurableListableBeanFactory beanFactory) {
		ProcessMode mode = CarriedMode.of(beanFactory);
		if (mode.isEnabled(environment)) {
			UnknownSettings.check(environment);
		}
		ModeDecision decision = mode.in(environment);
		// In every mode, so that a process with a command never serves
		ProcessRequest.of(environment, decision);
		return decision;
	}

	@Bean
	RunOrigin lockkeeperRunOrigin(ModeDecision decision, Environment environment, ObjectProvider<BuildProperties> build,
			ObjectProvider<EarlyProbes> probes) {
		BuildProperties properties = build.getIfUnique();
		RunOrigin origin = ProcessOrigin.of(environment, decision.mode(),
				(properties != null) ? properties.getVersion() : null);
		probes.ifAvailable((answering) -> answering.describe(origin));
		return origin;
	}

	@Bean
	GovernedSchemas lockkeeperGovernedSchemas(LockkeeperProperties properties, MigrationLocks locks, RunOrigin origin,
			ModeDecision decision, ConfigurableEnvironment environment) {
		return new GovernedSchemas(
				new GovernedSchemas.Settings(locks, new LevelTable(), new RunTable(properties.history().maxRuns()),
						new ScriptTable(), origin, properties.rerunOlder(), properties.postgresql().lockTimeout(),
						properties.fastPath().enabled(), roles(properties.postgresql(), decision, environment),
						"lockkeeper " + ProcessOrigin.name(environment), Clock.systemUTC()));
	}

	// To read as the login of the application is enough for a process that defers, and
	// what is missing may be that the login may become the owner
	private static DatabaseRoles roles(Postgresql settings, ModeDecision decision,
			ConfigurableEnvironment environment) {
		Request request = ProcessRequest.of(environment, decision);
		boolean asked = request != null && request.getCommand() == Flag.PRINT;
		return new DatabaseRoles(settings.setRole(), decision.mode() != Mode.DEFER && !asked, settings.appRole(),
				settings.verifyAppRole() == VerifyAppRole.FAIL);
	}

	@Bean
	@ConditionalOnMissingBean
	ExitStrategy lockkeeperExitStrategy() {
		return new SystemExit();
	}

	@Bean
	SchemaGate lockkeeperSchemaGate() {
		return new SchemaGate(Clock.systemUTC());
	}

	@Bean
	@ConditionalOnMissingBean
	MigrationLocks lockkeeperMigrationLocks(LockkeeperProperties properties, Environment environment) {
		return new LeaseLocks(properties.lock().lease(), ProcessOrigin.name(environment));
	}

	@Bean
	Migrator lockkeeperMigrator(ModeDecision decision, LockkeeperProperties properties, MigrationLocks locks,
			ObjectProvider<Progress> progress, ConfigurableListableBeanFactory beanFactory, Environment environment) {
		Progress receiver = progress.getIfAvailable(() -> Progress.NONE);
		MigratorSettings settings = new MigratorSettings(properties.databaseWait(), properties.lock().waitTimeout(),
				properties.maxDuration(), properties.shutdownGrace(), properties.retry().maxAttempts(),
				properties.retry().maxDuration(), properties.postgresql().lockRetry().maxAttempts(),
				properties.lockRetryDuration(), decision.mode() == Mode.MIGRATE_ONLY);
		return new Migrator(settings, locks, polling(properties, receiver), receiver,
				new MigrationListeners(new MigrationListenerBeans(beanFactory)), report(decision, environment));
	}

	// A structured log has no place for a progress bar
	private static ProgressReport report(ModeDecision decision, Environment environment) {
		boolean bar = decision.mode() == Mode.MIGRATE_ONLY && ProgressBarReport.isTerminal()
				&& !environment.containsProperty("logging.structured.format.console")
				&& ClassUtils.isPresent(ProgressBarReport.LIBRARY, LockkeeperAutoConfiguration.class.getClassLoader());
		return bar ? new ProgressBarReport(System.out) : new ProgressLog();
	}

	@Bean
	SchemaKeeper lockkeeperSchemaKeeper(ModeDecision decision, LockkeeperProperties properties, Migrator migrator,
			MigrationLocks locks, SchemaGate gate, ConfigurableEnvironment environment, ApplicationContext context,
			ObjectProvider<Progress> progress) {
		Progress receiver = progress.getIfAvailable(() -> Progress.NONE);
		Request request = ProcessRequest.of(environment, decision);
		SchemaTask task = (request != null) ? task(request, decision, migrator, locks, properties, receiver) : null;
		DeferredStart start = DeferredStart.of(properties.defer(), decision.oneOff(), environment, context);
		return new SchemaKeeper(decision, migrator, schemaWait(start, polling(properties, receiver), receiver),
				remarks(decision, start, properties, environment, context), gate, TerminationMessage.from(environment),
				properties.shutdownGrace().multipliedBy(2), task);
	}

	private static SchemaTask task(Request request, ModeDecision decision, Migrator migrator, MigrationLocks locks,
			LockkeeperProperties properties, Progress receiver) {
		return switch (request.getCommand()) {
			case RELEASE_LOCK ->
				new LockRelease(migrator, locks, request.require(Flag.RELEASE_LOCK), request.get(Flag.SCHEMA));
			case RESOLVE -> new Resolution(migrator, locks, "done".equals(request.get(Flag.RESOLVE)),
					request.require(Flag.CHANGE_SET), request.get(Flag.SCHEMA));
			case PRINT -> new GrantScript(migrator, request.get(Flag.OFFLINE) == null);
			default -> new Inquiry(request, decision, migrator, statusWait(request, properties, receiver));
		};
	}

	private static @Nullable StatusWait statusWait(Request request, LockkeeperProperties properties,
			Progress receiver) {
		Duration timeout = request.getDuration(Flag.WAIT, properties.defer().waitTimeout());
		return (timeout != null) ? new StatusWait(polling(properties, receiver), timeout) : null;
	}

	private static StartRemarks remarks(ModeDecision decision, DeferredStart start, LockkeeperProperties properties,
			ConfigurableEnvironment environment, ApplicationContext context) {
		List<String> remarks = new ArrayList<>();
		StartLimitRemark limit = StartLimitRemark.of(start, decision, environment);
		if (decision.mode() == Mode.DEFER) {
			remarks.add(start.toString());
		}
		ExpectedCheckpoint checkpoint = findCheckpoint(decision, environment);
		if (checkpoint != null) {
			remarks.add("no database is touched before the checkpoint (%s)".formatted(checkpoint.evidence()));
		}
		String platform = ModeResolver.findPortCheckingPlatform(environment);
		if (platform != null && properties.probe().enabled() == null && decision.mode() != Mode.MIGRATE_ONLY
				&& EarlyProbes.isPossible(context) && !ServletContainer.isAround(environment)) {
			remarks
				.add("no answers to probes before the server listens (%s takes an open port for a started application)"
					.formatted(platform));
		}
		if (limit.ofMode() != null) {
			remarks.add(limit.ofMode());
		}
		return new StartRemarks(String.join(", ", remarks), limit.warning());
	}

	private static @Nullable SchemaWait schemaWait(DeferredStart start, Polling polling, Progress progress) {
		return switch (start.startup()) {
			case FAIL -> SchemaWait.untilReadable(polling, start.timeout(), progress);
			case SERVE -> null;
			default -> new SchemaWait(polling, start.timeout(), progress);
		};
	}

	@Bean
	PostponedStart lockkeeperPostponedStart(SchemaKeeper keeper, SchemaGate gate, ModeDecision decision,
			Environment environment) {
		return new PostponedStart(keeper, gate, findCheckpoint(decision, environment));
	}

	@Bean
	CheckpointLifecycle lockkeeperCheckpointLifecycle(PostponedStart start, ModeDecision decision,
			ExitStrategy exitStrategy, Environment environment) {
		return new CheckpointLifecycle(findCheckpoint(decision, environment), start, exitStrategy);
	}

	// None is taken of a process that migrates and exits
	private static @Nullable ExpectedCheckpoint findCheckpoint(ModeDecision decision, Environment environment) {
		boolean possible = decision.mode() != Mode.MIGRATE_ONLY && decision.databaseAllowed() && !decision.test();
		return possible ? ExpectedCheckpoint.find(environment) : null;
	}

	@Bean
	GateRefresherLifecycle lockkeeperGateRefresher(SchemaGate gate, ModeDecision decision,
			LockkeeperProperties properties, CheckpointLifecycle checkpoint) {
		Duration closedInterval = properties.waiting().maxInterval();
		return new GateRefresherLifecycle(
				new GateRefresher(gate, closedInterval, properties.readiness().refreshInterval()),
				decision.databaseAllowed() && !decision.test(), checkpoint);
	}

	@Bean
	NothingGovernedNotice lockkeeperNothingGovernedNotice(SchemaGate gate, ModeDecision decision,
			ApplicationContext context) {
		return new NothingGovernedNotice(gate, decision, context, Engines.ALL);
	}

	private static Polling polling(LockkeeperProperties properties, Progress progress) {
		return new Polling(properties.waiting().initialInterval(), properties.waiting().maxInterval(), progress);
	}

	/**
	 * Governs the schemas of Liquibase.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(SpringLiquibase.class)
	static class LiquibaseConfiguration {

		@Bean
		static LiquibaseGovernor lockkeeperLiquibaseGovernor(Governance governance,
				ConfigurableListableBeanFactory beanFactory) {
			return new LiquibaseGovernor(governance, () -> {
				LockkeeperProperties properties = beanFactory.getBean(LockkeeperProperties.class);
				return new ForeignLocks(properties.lock().waitTimeout(), properties.lock().breakForeignAfter());
			});
		}

	}

	/**
	 * Completes what a process that migrates has of Spring Session.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(JdbcSessionDataSourceScriptDatabaseInitializer.class)
	static class SessionConfiguration {

		@Bean
		static SessionTables lockkeeperSessionTables(ConfigurableEnvironment environment) {
			return new SessionTables(environment);
		}

	}

}
