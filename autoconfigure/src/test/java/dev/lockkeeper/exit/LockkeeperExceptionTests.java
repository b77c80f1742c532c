// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.actuate.endpoint.Show;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

import org.springframework.mock.env.MockEnvironment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

class LockkeeperExceptionTests {

	private final UsageException usage = new UsageException("No.", "Do not.");

	@Test
	void isFoundInAChainOfCauses() {
		assertThat(LockkeeperException.findIn(this.usage)).isSameAs(this.usage);
		assertThat(LockkeeperException.findIn(new IllegalStateException(new RuntimeException(this.usage))))
			.isSameAs(this.usage);
	}

	@Test
	void isNotFoundWhereThereIsNone() {
		assertThat(LockkeeperException.findIn(null)).isNull();
		assertThat(LockkeeperException.findIn(new IllegalStateException(new RuntimeException()))).isNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "lockkeeper", "lockkeeper.lock.lease" })
	void aSettingOfLockkeeperThatCannotBeBoundIsOne(String key) {
		BindException failure = bindingFailureOf(key);
		LockkeeperException found = Objects
			.requireNonNull(LockkeeperException.findIn(new IllegalStateException(failure)));
		assertThat(found).isInstanceOf(ConfigurationException.class).hasCause(failure);
		assertThat(found).hasMessageStartingWith(key).hasMessageContaining(" is not valid: ");
		assertThat(found.getStatus()).isEqualTo(ExitStatus.CONFIG);
		assertThat(found.getAction()).isEqualTo("Correct the value of %s.".formatted(key));
	}

	@ParameterizedTest
	@ValueSource(strings = { "30sec", "5 minutes", "1.5h", "1h30m", "PT1H3OM", "forever", "half an hour" })
	void aValueInTheFormOfADurationIsShown(String value) {
		Binder binder = new Binder(new MapConfigurationPropertySource(Map.of("lockkeeper.lock.lease", value)));
		BindException failure = catchThrowableOfType(BindException.class,
				() -> binder.bind("lockkeeper.lock.lease", Duration.class));
		assertThat(LockkeeperException.findIn(failure)).hasMessageContaining(value);
	}

	@Test
	void theValueOfAPlaceholderIsNotShown() {
		MockEnvironment environment = new MockEnvironment().withProperty("lockkeeper.lock.lease", "${secret}")
			.withProperty("secret", "Tr0ub4dor&3");
		ConfigurationPropertySources.attach(environment);
		BindException failure = catchThrowableOfType(BindException.class,
				() -> Binder.get(environment).bind("lockkeeper.lock.lease", Duration.class));
		assertThat(LockkeeperException.findIn(failure)).hasMessageStartingWith("lockkeeper.lock.lease")
			.hasMessageNotContaining("Tr0ub4dor");
	}

	@Test
	void aValueInAnotherFormIsNotShown() {
		Binder binder = new Binder(new MapConfigurationPropertySource(Map.of("lockkeeper.lock.lease", "Tr0ub4dor&3")));
		BindException failure = catchThrowableOfType(BindException.class,
				() -> binder.bind("lockkeeper.lock.lease", Duration.class));
		assertThat(LockkeeperException.findIn(failure)).hasMessageStartingWith("lockkeeper.lock.lease")
			.hasMessageNotContaining("Tr0ub4dor");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '"',
			value = { "lasing | \"'lasing' is unknown: it must be\"",
					"for ever | \"'for ever' is unknown: it must be\"", "7 | \"'7' is unknown: it must be\"",
					"Tr0ub4dor | it must be" })
	void aSettingWithNamedValuesListsThem(String value, String expected) {
		Binder binder = new Binder(new MapConfigurationPropertySource(Map.of("lockkeeper.lock.kind", value)));
		BindException failure = catchThrowableOfType(BindException.class,
				() -> binder.bind("lockkeeper.lock.kind", Kind.class));
		assertThat(LockkeeperException.findIn(failure)).hasMessageStartingWith("lockkeeper.lock.kind")
			.hasMessageEndingWith(" is not valid: %s one of short-lived, lasting".formatted(expected))
			.hasMessageNotContaining("(null)");
	}

	private enum Kind {

		SHORT_LIVED, LASTING

	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			value = { "maybe | 'maybe' cannot be read: it must be true or false", "s3cr3t | it must be true or false" },
			quoteCharacter = '"')
	void aBooleanSettingIsDescribedAsOne(String value, String expected) {
		Binder binder = new Binder(new MapConfigurationPropertySource(Map.of("lockkeeper.enabled", value)));
		BindException failure = catchThrowableOfType(BindException.class,
				() -> binder.bind("lockkeeper.enabled", Boolean.class));
		assertThat(LockkeeperException.findIn(failure)).hasMessageEndingWith(" is not valid: " + expected);
	}

	@Test
	void aGroupOfSettingsIsNamedWithoutAValue() {
		Binder binder = new Binder(new MapConfigurationPropertySource(Map.of("lockkeeper.lock.lease", "1s")));
		BindException failure = catchThrowableOfType(BindException.class,
				() -> binder.bind("lockkeeper.lock", TooShort.class));
		assertThat(LockkeeperException.findIn(failure)).hasMessage("lockkeeper.lock is not valid: too short");
	}

	@Test
	void aSettingOfTheEndpointIsOneOfOurs() {
		String key = "management.endpoint.schema.show-values";
		Binder binder = new Binder(new MapConfigurationPropertySource(Map.of(key, "allways")));
		BindException failure = catchThrowableOfType(BindException.class, () -> binder.bind(key, Show.class));
		LockkeeperException found = LockkeeperException.findIn(failure);
		assertThat(found).isInstanceOf(ConfigurationException.class)
			.hasMessageStartingWith(key)
			.hasMessageEndingWith(
					" is not valid: 'allways' is unknown: it must be one of never, when-authorized, always");
	}

	@ParameterizedTest
	@ValueSource(strings = { "server.port", "lockkeepers.lease", "my.lockkeeper", "management.endpoint.env.roles",
			"management.endpoint.schemas.roles" })
	void aSettingOfAnotherProductIsNone(String key) {
		assertThat(LockkeeperException.findIn(bindingFailureOf(key))).isNull();
	}

	@Test
	void theVerdictHasTheTextsOfTheException() {
		assertThat(this.usage.toVerdict()).isEqualTo(Verdict.of(ExitStatus.USAGE, "No.", "Do not."));
	}

	private static BindException bindingFailureOf(String key) {
		Binder binder = new Binder(new MapConfigurationPropertySource(Map.of(key, "soon")));
		return catchThrowableOfType(BindException.class, () -> binder.bind(key, Integer.class));
	}

	record TooShort(String lease) {

		TooShort {
			throw new IllegalArgumentException("too short");
		}

	}

}
