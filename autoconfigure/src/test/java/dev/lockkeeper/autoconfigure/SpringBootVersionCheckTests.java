// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.context.support.GenericApplicationContext;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * An old Spring Boot is refused, with its version in the message. A real one is started
 * elsewhere, on a class path of its own.
 */
class SpringBootVersionCheckTests {

	@ParameterizedTest
	@ValueSource(strings = { "3.0.0", "3.5.7" })
	void anOldSpringBootIsRefusedByName(String version) {
		assertThatExceptionOfType(UnsupportedSpringBootException.class).isThrownBy(() -> check(version))
			.withMessage("Lockkeeper needs Spring Boot 4, and this is Spring Boot %s.".formatted(version));
	}

	@ParameterizedTest
	@NullSource
	@ValueSource(strings = { "4.0.0", "4.1.1", "4.2.0-SNAPSHOT", "10.0.0", "unknown" })
	void everyOtherVersionIsAccepted(String version) {
		assertThatCode(() -> check(version)).doesNotThrowAnyException();
	}

	@Test
	void theSpringBootOfTheBuildIsAccepted() {
		assertThatCode(() -> new SpringBootVersionCheck().contextPrepared(new GenericApplicationContext()))
			.doesNotThrowAnyException();
	}

	private static void check(String version) {
		new SpringBootVersionCheck(version).contextPrepared(new GenericApplicationContext());
	}

}
