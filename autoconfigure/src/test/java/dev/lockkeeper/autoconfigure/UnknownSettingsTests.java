// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

import dev.lockkeeper.exit.ConfigurationException;
import dev.lockkeeper.exit.UsageException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.env.OriginTrackedMapPropertySource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.env.CompositePropertySource;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.SimpleCommandLinePropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

@ExtendWith(OutputCaptureExtension.class)
class UnknownSettingsTests {

	private final Map<String, Object> variables = new HashMap<>();

	private final Map<String, Object> file = new HashMap<>();

	private String[] arguments = {};

	@ParameterizedTest
	@CsvSource({ "lockkeeper.mod, lockkeeper.mode", "lockeeper.mode, lockkeeper.mode",
			"lockkeper.defer.startup, lockkeeper.defer.startup", "lockkeeper.databse-wait, lockkeeper.database-wait",
			"lockkeeper.lock.waittimeouts, lockkeeper.lock.wait-timeout",
			"lockkeeper.wait-timeout, lockkeeper.lock.wait-timeout" })
	void refusesOneOnTheCommandLine(String name, String nearest) {
		this.arguments = new String[] { "--%s=planted".formatted(name) };
		assertThatExceptionOfType(UsageException.class).isThrownBy(this::check)
			.withMessage("The setting %s on the command line is unknown.".formatted(name))
			.satisfies((ex) -> assertThat(ex.getAction())
				.isEqualTo("Use %s in its place, or remove %s.".formatted(nearest, name)));
	}

	@Test
	void suggestsNothingThatIsFarAway() {
		this.arguments = new String[] { "--lockkeeper.harbour=planted" };
		assertThatExceptionOfType(UsageException.class).isThrownBy(this::check)
			.satisfies((ex) -> assertThat(ex.getAction()).isEqualTo("Remove it."));
	}

	@ParameterizedTest
	@ValueSource(strings = { "--lockkeeper.mode migrate-only", "--lockkeeper.mode defer", "x -Dlockkeeper.mode=defer",
			"-lockkeeper.mode=defer", "\u2013lockkeeper.mode=migrate-only" })
	void refusesAModeThatIsAnArgumentOfItsOwn(String arguments) {
		this.arguments = arguments.split(" ");
		assertThatExceptionOfType(UsageException.class).isThrownBy(this::check);
	}

	@ParameterizedTest
	@ValueSource(strings = { "-", "\u2013" })
	void otherDashesAreNamed(String dashes) {
		this.arguments = new String[] { dashes + "lockkeeper.mode=defer", "x" };
		assertThatExceptionOfType(UsageException.class).isThrownBy(this::check)
			.withMessage("lockkeeper.mode must begin with two dashes.")
			.extracting(UsageException::getAction)
			.isEqualTo("Use --lockkeeper.mode.");
	}

	@Test
	void aSettingBehindTheEndOfTheOptionsIsRefused() {
		this.arguments = new String[] { "--", "--lockkeeper.mode=defer" };
		assertThatExceptionOfType(UsageException.class).isThrownBy(this::check)
			.withMessage("--lockkeeper.mode stands behind '--', where Spring Boot reads no options.")
			.extracting(UsageException::getAction)
			.isEqualTo("Put it before '--'.");
	}

	@ParameterizedTest
	@ValueSource(strings = { "lockkeeper.mode", "lockkeeper.enabled", "lockkeeper.defer.startup",
			"lockkeeper.max-duration" })
	void aValueBehindASpaceIsRefused(String key) {
		this.arguments = new String[] { "--" + key, "5m" };
		assertThatExceptionOfType(UsageException.class).isThrownBy(this::check)
			.withMessage("--%s has no value: what stands behind a space is an argument of its own.", key)
			.extracting(UsageException::getAction)
			.isEqualTo("Use --%s=VALUE.".formatted(key));
	}

	@Test
	void aKeyWithoutAValueIsNone() {
		this.arguments = new String[] { "--lockkeeper.mode=" };
		check();
	}

	@Test
	void theSpellingOfAVariableOnTheCommandLineIsRefused() {
		this.arguments = new String[] { "--LOCKKEEPER_DEFER_WAIT_TIMEOUT=2m" };
		assertThatExceptionOfType(UsageException.class).isThrownBy(this::check)
			.extracting(UsageException::getAction)
			.isEqualTo("Use lockkeeper.defer.wait-timeout in its place, or remove lockkeeperdeferwaittimeout.");
	}

	@Test
	void findsTheCommandLineBesideOtherSources() {
		this.arguments = new String[] { "--lockkeeper.mod=planted" };
		ConfigurableEnvironment environment = environment();
		CompositePropertySource composite = new CompositePropertySource("commandLineArgs");
		composite.addPropertySource(new SimpleCommandLinePropertySource("inner", this.arguments));
		environment.getPropertySources().replace("commandLineArgs", composite);
		assertThatExceptionOfType(UsageException.class).isThrownBy(() -> UnknownSettings.check(environment));
	}

	@Test
	void anEmptyGroupOfAFileIsNone(CapturedOutput output) {
		this.file.put("lockkeeper.defer", "");
		check();
		assertThat(output).doesNotContain("lockkeeper - ");
	}

	@Test
	void warnsOfOneInAFile(CapturedOutput output) {
		this.file.put("lockkeeper.mod", "planted");
		check();
		assertThat(output).containsOnlyOnce("WARN")
			.contains("lockkeeper - a setting that does not exist has no effect (lockkeeper.mod, "
					+ "\"lockkeeper.mod\" from property source \"application.yaml\"); use lockkeeper.mode in its place, "
					+ "or remove lockkeeper.mod")
			.doesNotContain("planted");
	}

	@ParameterizedTest
	@CsvSource({ "LOCKKEEPER_MOD, LOCKKEEPER_MODE", "LOCKEEPER_MODE, LOCKKEEPER_MODE",
			"lockkeeper.mod, LOCKKEEPER_MODE", "LOCKKEEPER_DEFER_WAIT_TIMEOUTS, LOCKKEEPER_DEFER_WAIT_TIMEOUT",
			"LOCKKEEPER_WAIT_TIMEOUT, LOCKKEEPER_LOCK_WAIT_TIMEOUT",
			"LOCKKEEPER_DEFER_TIMEOUT, LOCKKEEPER_DEFER_WAIT_TIMEOUT",
			"LOCKKEEPER_DEFER_WAIT, LOCKKEEPER_DEFER_WAIT_TIMEOUT", "LOCKKEEPER_STARTUP, LOCKKEEPER_DEFER_STARTUP",
			"LOCKKEEPER_MAX_RUNS, LOCKKEEPER_HISTORY_MAX_RUNS" })
	void warnsOfAVariable(String name, String nearest, CapturedOutput output) {
		this.variables.put(name, "planted");
		check();
		assertThat(output)
			.contains("lockkeeper - a setting that does not exist has no effect (%s, environment variable); "
				.formatted(name) + "use %s in its place, or remove %s".formatted(nearest, name))
			.doesNotContain("planted");
	}

	@Test
	void failsWhenThatIsWanted() {
		this.file.put("lockkeeper.unknown-keys", "fail");
		check();
		this.file.put("lockkeeper.mod", "planted");
		assertThatExceptionOfType(ConfigurationException.class).isThrownBy(this::check)
			.withMessage("The setting lockkeeper.mod is unknown (\"lockkeeper.mod\" from property source "
					+ "\"application.yaml\").");
	}

	@ParameterizedTest
	@ValueSource(strings = { "LOCKKEEPER_PORT", "LOCKKEEPER_PORT_5432_TCP_ADDR", "LOCKKEEPER_SERVICE_HOST",
			"LOCKKEEPER_SERVICE_PORT", "LOCKKEEPER_TEST_JDBC_URL", "LOCKKEEPERISH_MOD", "LOCKKEEPER_IMAGE",
			"LOCKKEEPER_VERSION", "LOCKKEEPER_DATABASE", "LOCKKEEPER_DATABASE_URL", "LOCKKEEPER_PATH",
			"LOCKKEEPER_LOCK", "LOCKKEEPER_", "LOCKKEEPERISH_WAIT_TIMEOUT" })
	void aVariableOfSomethingElseIsNotJudged(String name, CapturedOutput output) {
		this.variables.put(name, "x");
		this.file.put("lockkeeper.unknown-keys", "fail");
		check();
		assertThat(output).doesNotContain("lockkeeper - ");
	}

	@Test
	void aVariableThatMayBelongToAnotherProductNeverEndsTheProcess(CapturedOutput output) {
		this.variables.put("LOCKKEEPER_WAIT_TIMEOUT", "5m");
		this.file.put("lockkeeper.unknown-keys", "fail");
		check();
		assertThat(output).containsOnlyOnce("lockkeeper - a setting that does not exist has no effect");
		this.variables.put("LOCKKEEPER_MOD", "defer");
		assertThatExceptionOfType(ConfigurationException.class).isThrownBy(this::check)
			.withMessage("The setting LOCKKEEPER_MOD is unknown (environment variable).");
	}

	@ParameterizedTest
	@ValueSource(strings = { "lockkeeper.defer.wait-timeout", "lockkeeper.defer.waitTimeout",
			"lockkeeper.defer.wait_timeout", "lockkeeper.wait.max-interval", "lockkeeperish.mod",
			"other.lockkeeper.mod" })
	void everySpellingThatSpringBootBindsIsKnown(String name, CapturedOutput output) {
		this.file.put(name, "5s");
		this.file.put("lockkeeper.unknown-keys", "fail");
		check();
		assertThat(output).doesNotContain("lockkeeper - ");
	}

	@ParameterizedTest
	@ValueSource(strings = { "LOCKKEEPER_DEFER_WAIT_TIMEOUT", "LOCKKEEPER_DEFER_WAITTIMEOUT",
			"lockkeeper_defer_wait_timeout" })
	void everyVariableThatSpringBootBindsIsKnown(String name, CapturedOutput output) {
		this.variables.put(name, "7s");
		this.file.put("lockkeeper.unknown-keys", "fail");
		check();
		assertThat(output).doesNotContain("lockkeeper - ");
		assertThat(waitTimeout()).isEqualTo(Duration.ofSeconds(7));
	}

	@Test
	void aVariableThatSpringBootDoesNotBindIsUnknown(CapturedOutput output) {
		this.variables.put("LOCKKEEPER_DEFERWAITTIMEOUT", "7s");
		check();
		assertThat(output).contains("a setting that does not exist has no effect (LOCKKEEPER_DEFERWAITTIMEOUT");
		assertThat(waitTimeout()).isEqualTo(Duration.ofMinutes(15));
	}

	private Duration waitTimeout() {
		return Binder.get(environment()).bindOrCreate("lockkeeper", LockkeeperProperties.class).defer().waitTimeout();
	}

	private void check() {
		UnknownSettings.check(environment());
	}

	private ConfigurableEnvironment environment() {
		ConfigurableEnvironment environment = new StandardEnvironment();
		environment.getPropertySources()
			.replace(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, new SystemEnvironmentPropertySource(
					StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, this.variables));
		environment.getPropertySources().addFirst(new OriginTrackedMapPropertySource("application.yaml", this.file));
		environment.getPropertySources().addFirst(new SimpleCommandLinePropertySource(this.arguments));
		ConfigurationPropertySources.attach(environment);
		return environment;
	}

}
