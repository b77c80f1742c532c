// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.mode;

import java.util.Map;

import dev.lockkeeper.exit.ConfigurationException;
import dev.lockkeeper.exit.UsageException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.SimpleCommandLinePropertySource;
import org.springframework.mock.env.MockEnvironment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * When the mode of a process is resolved.
 */
class ProcessModeTests {

	private final MockEnvironment environment = new MockEnvironment();

	private final ProcessMode mode = new ProcessMode();

	@Test
	void theModeIsResolvedOnce() {
		ModeDecision first = this.mode.in(this.environment);
		this.environment.setProperty("DYNO", "web.1");
		assertThat(this.mode.in(this.environment)).isSameAs(first);
		assertThat(new ProcessMode().in(this.environment).mode()).isEqualTo(Mode.DEFER);
	}

	@Test
	void aModeThatIsSetLaterCounts() {
		assertThat(this.mode.in(this.environment).mode()).isEqualTo(Mode.SELF);
		later("lockkeeper.mode", "defer");
		assertThat(this.mode.in(this.environment).mode()).isEqualTo(Mode.DEFER);
	}

	@Test
	void aSwitchThatIsSetLaterCounts() {
		assertThat(this.mode.in(this.environment).enabled()).isTrue();
		assertThat(this.mode.isEnabled(this.environment)).isTrue();
		later("lockkeeper.enabled", "false");
		assertThat(this.mode.in(this.environment).enabled()).isFalse();
		assertThat(this.mode.isEnabled(this.environment)).isFalse();
	}

	@Test
	void aCommandLineThatComesLaterCounts() {
		assertThat(this.mode.in(this.environment).mode()).isEqualTo(Mode.SELF);
		this.environment.getPropertySources().addLast(new SimpleCommandLinePropertySource("--migrate-only"));
		assertThat(this.mode.in(this.environment).mode()).isEqualTo(Mode.MIGRATE_ONLY);
	}

	@Test
	void whatContradictsItselfFailsEachTimeInTheSameWay() {
		this.environment.setProperty("lockkeeper.mode", "migrate-only");
		this.environment.setProperty("lockkeeper.enabled", "false");
		UsageException first = catchThrowableOfType(UsageException.class, () -> this.mode.in(this.environment));
		assertThatExceptionOfType(UsageException.class).isThrownBy(() -> this.mode.in(this.environment))
			.isSameAs(first);
		assertThat(this.mode.isEnabled(this.environment)).isFalse();
		later("lockkeeper.mode", "self");
		assertThat(this.mode.in(this.environment).mode()).isEqualTo(Mode.SELF);
	}

	@Test
	void aSwitchThatCannotBeReadSwitchesNothingOff() {
		this.environment.setProperty("lockkeeper.enabled", "maybe");
		assertThat(this.mode.isEnabled(this.environment)).isTrue();
		assertThatExceptionOfType(ConfigurationException.class).isThrownBy(() -> this.mode.in(this.environment));
	}

	@ParameterizedTest
	@CsvSource({ "on, true", "yes, true", "1, true", "TRUE, true", "'', true", "off, false", "no, false", "0, false",
			"FALSE, false" })
	void theSwitchIsWhatSpringBootTakesForABoolean(String value, boolean enabled) {
		this.environment.setProperty("lockkeeper.enabled", value);
		assertThat(this.mode.isEnabled(this.environment)).isEqualTo(enabled);
		assertThat(this.mode.in(this.environment).enabled()).isEqualTo(enabled);
	}

	private void later(String key, String value) {
		this.environment.getPropertySources().addFirst(new MapPropertySource("later", Map.of(key, value)));
	}

}
