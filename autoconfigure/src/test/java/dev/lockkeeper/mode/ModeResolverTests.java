// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.mode;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

import dev.lockkeeper.exit.ConfigurationException;
import dev.lockkeeper.exit.UsageException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.core.SpringProperties;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.SimpleCommandLinePropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class ModeResolverTests {

	private final Map<String, Object> variables = new HashMap<>();

	private final Map<String, Object> properties = new HashMap<>();

	private String[] arguments = {};

	@Test
	void migratesItselfWhereNoPlatformIsRecognised() {
		ModeDecision decision = resolve();
		assertThat(decision.mode()).isEqualTo(Mode.SELF);
		assertThat(decision).hasToString("mode SELF (no platform is recognised)");
		assertThat(decision.databaseAllowed()).isTrue();
		assertThat(decision.platform()).isFalse();
	}

	@ParameterizedTest
	@CsvSource({ "DYNO, HEROKU", "VCAP_APPLICATION, CLOUD_FOUNDRY", "NOMAD_ALLOC_ID, NOMAD", "K_SERVICE, CLOUD_RUN",
			"CLOUD_RUN_JOB, CLOUD_RUN", "CLOUD_RUN_WORKER_POOL, CLOUD_RUN", "AWS_LAMBDA_FUNCTION_NAME, AWS_LAMBDA",
			"FUNCTION_TARGET, GOOGLE_FUNCTIONS", "FUNCTIONS_WORKER_RUNTIME, AZURE_FUNCTIONS" })
	void defersWhereAStepBeforeTheReleaseIsTheRule(String variable, String platform) {
		this.variables.put(variable, "x");
		assertThat(resolve()).hasToString("mode DEFER (platform %s: %s is set)".formatted(platform, variable));
		assertThat(resolve().platform()).isTrue();
	}

	@ParameterizedTest
	@CsvSource({ "HC_LANDSCAPE, SAP, it has no step before a release",
			"FLY_APP_NAME, FLY, it has no step before a release unless fly.toml names one",
			"RAILWAY_SERVICE_ID, RAILWAY, it has no step before a release unless a pre-deploy command is set",
			"RENDER_SERVICE_ID, RENDER, it has no step before a release unless a pre-deploy command is set",
			"CONTAINER_APP_NAME, AZURE_CONTAINER_APPS, it has no step before a release unless a job is run first",
			"CONTAINER_APP_JOB_NAME, AZURE_CONTAINER_APPS, it has no step before a release unless a job is run first",
			"GAE_SERVICE, APP_ENGINE, it has no step before a release",
			"VERCEL, VERCEL, its build is no step before a release",
			"NETLIFY, NETLIFY, its build is no step before a release" })
	void migratesItselfWhereNothingShowsAStepBeforeTheRelease(String variable, String platform, String remark) {
		this.variables.put(variable, "x");
		assertThat(resolve())
			.hasToString("mode SELF (platform %s: %s is set; %s)".formatted(platform, variable, remark));
		assertThat(resolve().platform()).isTrue();
		assertThat(resolve().oneOff()).as("a process that migrates").isNull();
	}

	@ParameterizedTest
	@CsvSource({ "FLY_APP_NAME, FLY", "RAILWAY_SERVICE_ID, RAILWAY", "RENDER_SERVICE_ID, RENDER",
			"CONTAINER_APP_NAME, AZURE_CONTAINER_APPS" })
	void kubernetesDoesNotHideAPlatformThatRunsOnIt(String variable, String platform) {
		this.variables.put("KUBERNETES_SERVICE_HOST", "10.0.0.1");
		this.variables.put(variable, "x");
		assertThat(resolve().toString()).startsWith("mode SELF (platform %s: %s is set".formatted(platform, variable));
	}

	@ParameterizedTest
	@CsvSource({ "VERCEL, AWS_LAMBDA_FUNCTION_NAME, AWS_LAMBDA", "NETLIFY, AWS_LAMBDA_FUNCTION_NAME, AWS_LAMBDA",
			"CONTAINER_APP_NAME, FUNCTIONS_WORKER_RUNTIME, AZURE_FUNCTIONS",
			"FLY_APP_NAME, FUNCTION_TARGET, GOOGLE_FUNCTIONS" })
	void aFunctionNeverMigratesWhateverItRunsOn(String variable, String function, String platform) {
		this.variables.put(variable, "x");
		assertThat(resolve().mode()).isEqualTo(Mode.SELF);
		this.variables.put(function, "x");
		assertThat(resolve()).hasToString("mode DEFER (platform %s: %s is set)".formatted(platform, function));
	}

	@Test
	void defersInAFunctionOfAppService() {
		appService();
		this.variables.put("FUNCTIONS_WORKER_RUNTIME", "java");
		assertThat(resolve()).hasToString("mode DEFER (platform AZURE_FUNCTIONS: FUNCTIONS_WORKER_RUNTIME is set)");
		this.properties.put("spring.main.cloud-platform", "azure_app_service");
		assertThat(resolve()).hasToString("mode DEFER (platform AZURE_FUNCTIONS: FUNCTIONS_WORKER_RUNTIME is set)");
		this.properties.put("spring.main.cloud-platform", "none");
		assertThat(resolve()).hasToString("mode SELF (spring.main.cloud-platform is set to none)");
	}

	@Test
	void theEnvironmentOfALambdaIsNoneOfEcs() {
		this.variables.put("AWS_EXECUTION_ENV", "AWS_Lambda_java21");
		assertThat(resolve()).hasToString("mode SELF (no platform is recognised)");
	}

	@Test
	void defersOnKubernetes() {
		this.variables.put("KUBERNETES_SERVICE_HOST", "10.0.0.1");
		this.variables.put("KUBERNETES_SERVICE_PORT", "443");
		assertThat(resolve()).hasToString("mode DEFER (platform KUBERNETES: KUBERNETES_SERVICE_HOST is set)");
	}

	@Test
	void defersOnKubernetesWithoutItsVariables(@TempDir Path serviceAccount) {
		assertThat(PlatformDetector.detect(environment(), serviceAccount).reason())
			.isEqualTo("platform KUBERNETES: %s exists".formatted(serviceAccount));
		assertThat(PlatformDetector.detect(environment(), serviceAccount.resolve("none")).found()).isFalse();
	}

	@Test
	void variablesOfAnyServiceAreNoEvidenceOfKubernetes() {
		this.variables.put("ORDERS_SERVICE_HOST", "orders");
		this.variables.put("ORDERS_SERVICE_PORT", "80");
		assertThat(resolve()).hasToString("mode SELF (no platform is recognised)");
	}

	@Test
	void defersOnElasticContainerService() {
		this.variables.put("AWS_EXECUTION_ENV", "AWS_ECS_FARGATE");
		assertThat(resolve()).hasToString("mode DEFER (platform AWS_ECS: AWS_EXECUTION_ENV is set)");
	}

	@Test
	void migratesItselfOnAppService() {
		this.variables.put("WEBSITE_SITE_NAME", "x");
		assertThat(resolve()).hasToString("mode SELF (no platform is recognised)");
		appService();
		assertThat(resolve()).hasToString("mode SELF (platform AZURE_APP_SERVICE: WEBSITE_SITE_NAME is set; "
				+ "it has no step before a release)");
	}

	@ParameterizedTest
	@CsvSource({ "DYNO, run.1234, DYNO=run.1234, false", "DYNO, scheduler.7, DYNO=scheduler.7, false",
			"DYNO, release.5, DYNO=release.5, true", "CLOUD_RUN_JOB, migrate, CLOUD_RUN_JOB is set, false",
			"VCAP_APPLICATION, {}, a task of Cloud Foundry: CF_INSTANCE_INDEX is not set, false" })
	void recognisesAProcessThatRunsOnce(String variable, String value, String evidence, boolean release) {
		this.variables.put(variable, value);
		assertThat(resolve().mode()).isEqualTo(Mode.DEFER);
		assertThat(resolve().oneOff()).isEqualTo(new OneOffProcess(evidence, release));
		this.properties.put("lockkeeper.mode", "defer");
		assertThat(resolve().oneOff()).as("DEFER is set").isEqualTo(new OneOffProcess(evidence, release));
		this.properties.put("lockkeeper.mode", "self");
		assertThat(resolve().oneOff()).as("a process that migrates").isNull();
	}

	@ParameterizedTest
	@CsvSource({ "FLY_APP_NAME, RELEASE_COMMAND", "CONTAINER_APP_JOB_NAME, CONTAINER_APP_JOB_NAME" })
	void recognisesAProcessThatRunsOnceWhereItIsSetToDefer(String platform, String variable) {
		this.variables.put(platform, "x");
		this.variables.put(variable, "1");
		this.properties.put("lockkeeper.mode", "defer");
		assertThat(resolve().oneOff()).isEqualTo(new OneOffProcess(variable + " is set", false));
	}

	@Test
	void recognisesADispatchedJobOfNomad() {
		this.variables.put("NOMAD_ALLOC_ID", "x");
		assertThat(resolve().oneOff()).isNull();
		this.variables.put("NOMAD_JOB_PARENT_ID", "migrate");
		assertThat(resolve().oneOff()).isEqualTo(new OneOffProcess("NOMAD_JOB_PARENT_ID is set", false));
	}

	@Test
	void anInstanceOfAnApplicationDoesNotRunOnce() {
		this.variables.put("VCAP_APPLICATION", "{}");
		this.variables.put("CF_INSTANCE_INDEX", "0");
		assertThat(resolve().oneOff()).isNull();
		this.variables.put("NOMAD_JOB_PARENT_ID", "on another platform");
		assertThat(resolve().oneOff()).isNull();
		this.variables.clear();
		this.variables.put("DYNO", "web.1");
		assertThat(resolve().oneOff()).isNull();
	}

	@Test
	void theSettingOfThePlatformWins() {
		this.properties.put("spring.main.cloud-platform", "heroku");
		assertThat(resolve()).hasToString("mode DEFER (platform HEROKU: spring.main.cloud-platform is set)");
		this.properties.put("spring.main.cloud-platform", "sap");
		assertThat(resolve()).hasToString(
				"mode SELF (platform SAP: spring.main.cloud-platform is set; " + "it has no step before a release)");
		this.variables.put("DYNO", "x");
		this.properties.put("spring.main.cloud-platform", "none");
		assertThat(resolve()).hasToString("mode SELF (spring.main.cloud-platform is set to none)");
	}

	@ParameterizedTest
	@CsvSource({ "self, SELF", "SELF, SELF", "defer, DEFER", "migrate-only, MIGRATE_ONLY",
			"MIGRATE_ONLY, MIGRATE_ONLY" })
	void anExplicitModeWins(String value, Mode mode) {
		this.variables.put("DYNO", "x");
		this.properties.put("lockkeeper.mode", value);
		assertThat(resolve().mode()).isEqualTo(mode);
		assertThat(resolve().reason()).startsWith("lockkeeper.mode is set to ");
		assertThat(resolve().platform()).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "auto", "AUTO", "" })
	void autoIsDetection(String value) {
		this.properties.put("lockkeeper.mode", value);
		assertThat(resolve().mode()).isEqualTo(Mode.SELF);
	}

	@Test
	void readsTheModeFromAVariable() {
		this.variables.put("LOCKKEEPER_MODE", "DEFER");
		assertThat(resolve().mode()).isEqualTo(Mode.DEFER);
	}

	@Test
	void namesTheModesThereAre() {
		this.properties.put("lockkeeper.mode", "sefl");
		assertThatExceptionOfType(ConfigurationException.class).isThrownBy(this::resolve)
			.withMessage("lockkeeper.mode=sefl is unknown.")
			.satisfies((ex) -> assertThat(ex.getAction()).contains("auto, self, defer, migrate-only"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "job", "init-container", "MIGRATE", "none", "self and defer", "1" })
	void showsAModeThatDoesNotExist(String mode) {
		this.properties.put("lockkeeper.mode", mode);
		assertThatExceptionOfType(ConfigurationException.class).isThrownBy(this::resolve)
			.withMessage("lockkeeper.mode=" + mode + " is unknown.");
	}

	@Test
	void doesNotShowAModeThatMayBeAPassword() {
		this.properties.put("lockkeeper.mode", "Tr0ub4dor&3");
		assertThatExceptionOfType(ConfigurationException.class).isThrownBy(this::resolve)
			.withMessage("lockkeeper.mode has an unknown value.");
	}

	@ParameterizedTest
	@ValueSource(strings = { "--migrate-only", "--migrate-only=true", "--migrate-only=TRUE" })
	void theFlagMigratesAndExits(String argument) {
		this.arguments = new String[] { argument };
		assertThat(resolve()).hasToString("mode MIGRATE_ONLY (--migrate-only is set)");
	}

	@ParameterizedTest
	@ValueSource(strings = { "migrate-olny", "migrate-onyl", "migrateonly", "migrate_only", "migrate-on", "migrat-only",
			"Migrate-Only" })
	void refusesAFlagThatIsMisspelt(String flag) {
		this.arguments = new String[] { "--" + flag };
		assertThatExceptionOfType(UsageException.class).isThrownBy(this::resolve)
			.withMessage("--%s is unknown.".formatted(flag))
			.satisfies((ex) -> assertThat(ex.getAction()).isEqualTo("Use --migrate-only."));
	}

	@ParameterizedTest
	@ValueSource(strings = { "-migrate-only", "\u2013migrate-only", "\u2014migrate-only", "-migrate-only=true" })
	void refusesAFlagBehindOtherDashes(String argument) {
		this.arguments = new String[] { argument, "a,b" };
		assertThatExceptionOfType(UsageException.class).isThrownBy(this::resolve)
			.withMessage("%s is unknown.".formatted(argument))
			.satisfies((ex) -> assertThat(ex.getAction()).isEqualTo("Use --migrate-only."));
	}

	@Test
	void refusesAFlagBehindTheEndOfTheOptions() {
		this.arguments = new String[] { "--", "--migrate-only" };
		assertThatExceptionOfType(UsageException.class).isThrownBy(this::resolve)
			.withMessage("--migrate-only stands behind '--', where Spring Boot reads no options.")
			.satisfies((ex) -> assertThat(ex.getAction()).isEqualTo("Put it before '--'."));
	}

	@Test
	void aSpellingOfTheApplicationThatHasSetTheModeIsNoMistake() {
		this.arguments = new String[] { "-migrate-only", "--migrate_only" };
		this.properties.put("lockkeeper.mode", "migrate-only");
		assertThat(resolve().mode()).isEqualTo(Mode.MIGRATE_ONLY);
		this.properties.put("lockkeeper.mode", "auto");
		this.properties.put("lockkeeper.enabled", "false");
		assertThat(resolve().mode()).isEqualTo(Mode.SELF);
	}

	@Test
	void anArgumentOfTheApplicationIsNoFlag() {
		this.arguments = new String[] { "migrate-only", "-migrate", "-x" };
		assertThat(resolve().mode()).isEqualTo(Mode.SELF);
	}

	@ParameterizedTest
	@ValueSource(strings = { "migrate", "only", "migrate-o", "stats", "static", "dry-rnu" })
	void aFlagOfTheApplicationIsNoMisspeltOne(String flag) {
		this.arguments = new String[] { "--" + flag };
		assertThat(resolve().mode()).isEqualTo(Mode.SELF);
	}

	@Test
	void aMisspeltVariableIsNoFlag() {
		this.variables.put("MIGRATE_OLNY", "true");
		this.properties.put("migrate-olny", "true");
		assertThat(resolve().mode()).isEqualTo(Mode.SELF);
	}

	@Test
	void theFlagAndTheSameModeAgree() {
		this.arguments = new String[] { "--migrate-only", "--lockkeeper.mode=migrate-only" };
		assertThat(resolve().mode()).isEqualTo(Mode.MIGRATE_ONLY);
	}

	@Test
	void theFlagMayBeFalse() {
		this.arguments = new String[] { "--migrate-only=false" };
		assertThat(resolve().mode()).isEqualTo(Mode.SELF);
	}

	@Test
	void aVariableThatHappensToHaveTheNameOfTheFlagIsNotTheFlag() {
		this.variables.put("MIGRATE_ONLY", "true");
		assertThat(resolve().mode()).isEqualTo(Mode.SELF);
	}

	@ParameterizedTest
	@ValueSource(strings = { "--lockkeeper.mode=self", "--lockkeeper.mode=defer", "--lockkeeper.enabled=false" })
	void refusesWhatContradictsTheFlag(String argument) {
		this.arguments = new String[] { "--migrate-only", argument };
		assertThatExceptionOfType(UsageException.class).isThrownBy(this::resolve);
	}

	@Test
	void refusesToMigrateAndExitWhenSwitchedOff() {
		this.arguments = new String[] { "--lockkeeper.mode=migrate-only", "--lockkeeper.enabled=false" };
		assertThatExceptionOfType(UsageException.class).isThrownBy(this::resolve)
			.withMessage("The process was to migrate and exit, but lockkeeper.enabled=false.");
	}

	@ParameterizedTest
	@ValueSource(strings = { "auto", "self", "defer" })
	void anyOtherModeMayBeSwitchedOff(String mode) {
		this.arguments = new String[] { "--lockkeeper.mode=" + mode, "--lockkeeper.enabled=false" };
		assertThat(resolve().mode()).isNotEqualTo(Mode.MIGRATE_ONLY);
	}

	@Test
	void refusesAFlagWithAnotherValue() {
		this.arguments = new String[] { "--migrate-only=maybe" };
		assertThatExceptionOfType(UsageException.class).isThrownBy(this::resolve)
			.withMessage("--migrate-only=maybe is unknown.");
		this.arguments = new String[] { "--migrate-only=Tr0ub4dor&3" };
		assertThatExceptionOfType(UsageException.class).isThrownBy(this::resolve)
			.withMessage("--migrate-only has an unknown value.");
	}

	@Test
	void aBootTestMigratesItselfOnEveryPlatform() {
		this.variables.put("DYNO", "x");
		this.properties.put("org.springframework.boot.test.context.SpringBootTestContextBootstrapper", "true");
		assertThat(resolve().mode()).isEqualTo(Mode.SELF);
		assertThat(resolve().test()).isTrue();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			auto         | a test slice of Spring Boot
			self         | a test slice of Spring Boot
			defer        | a test slice of Spring Boot; lockkeeper.mode=defer has no effect in one
			migrate-only | a test slice of Spring Boot; lockkeeper.mode=migrate-only has no effect in one
			""")
	void aTestSliceMigratesItselfWhateverModeIsSet(String configured, String reason) {
		this.variables.put("DYNO", "x");
		this.properties.put(JdbcTestContextBootstrapper.class.getName(), "true");
		this.properties.put("lockkeeper.mode", configured);
		assertThat(resolve().test()).isTrue();
		assertThat(resolve()).hasToString("mode SELF (%s)".formatted(reason));
	}

	@Test
	void aBootstrapperOfTheUserIsNoTestSlice() {
		this.properties.put("com.example.HarbourTestContextBootstrapper", "true");
		this.properties.put("lockkeeper.mode", "defer");
		assertThat(resolve().mode()).isEqualTo(Mode.DEFER);
		assertThat(resolve().test()).isTrue();
	}

	@Test
	void anExplicitModeWinsInABootTestToo() {
		this.properties.put("org.springframework.boot.test.context.SpringBootTestContextBootstrapper", "true");
		this.properties.put("lockkeeper.mode", "defer");
		assertThat(resolve().mode()).isEqualTo(Mode.DEFER);
		assertThat(resolve().test()).isTrue();
	}

	@Test
	void notEverySettingThatIsTrueMakesABootTest() {
		this.properties.put("harbour.open", "true");
		assertThat(resolve().test()).isFalse();
	}

	@Test
	void aBootTestThatIsSwitchedOffIsNone() {
		this.properties.put("org.springframework.boot.test.context.SpringBootTestContextBootstrapper", "false");
		assertThat(resolve().test()).isFalse();
	}

	@ParameterizedTest
	@CsvSource({ "auto, SELF", "defer, DEFER", "migrate-only, SELF" })
	void aheadOfTimeProcessingTouchesNoDatabase(String configured, Mode mode) {
		this.properties.put("spring.aot.processing", "true");
		this.properties.put("lockkeeper.mode", configured);
		assertThat(resolve()).hasToString(
				"mode %s (ahead-of-time processing touches no database: spring.aot.processing is set)".formatted(mode));
		assertThat(resolve().databaseAllowed()).isFalse();
	}

	@Test
	void aTrainingRunTouchesNoDatabaseAndNeverEndsTheProcess() {
		SpringProperties.setProperty("spring.context.exit", "onRefresh");
		try {
			this.arguments = new String[] { "--migrate-only" };
			assertThat(resolve().databaseAllowed()).isFalse();
			assertThat(resolve())
				.hasToString("mode SELF (a training run touches no database: spring.context.exit is set)");
		}
		finally {
			SpringProperties.setProperty("spring.context.exit", null);
		}
	}

	private void appService() {
		for (String variable : new String[] { "WEBSITE_INSTANCE_ID", "WEBSITE_RESOURCE_GROUP", "WEBSITE_SITE_NAME",
				"WEBSITE_SKU" }) {
			this.variables.put(variable, "x");
		}
	}

	private ModeDecision resolve() {
		return new ProcessMode().in(environment());
	}

	private ConfigurableEnvironment environment() {
		ConfigurableEnvironment environment = new StandardEnvironment();
		environment.getPropertySources()
			.replace(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, new SystemEnvironmentPropertySource(
					StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, this.variables));
		environment.getPropertySources().addFirst(new MapPropertySource("properties", this.properties));
		environment.getPropertySources().addFirst(new SimpleCommandLinePropertySource(this.arguments));
		return environment;
	}

	/**
	 * Stands in for the class of Spring Boot that all slices extend.
	 */
	private static class TestSliceTestContextBootstrapper {

	}

	/**
	 * Stands in for that of a slice.
	 */
	private static final class JdbcTestContextBootstrapper extends TestSliceTestContextBootstrapper {

	}

}
