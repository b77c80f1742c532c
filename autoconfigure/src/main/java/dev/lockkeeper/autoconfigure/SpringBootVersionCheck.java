// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.SpringApplicationRunListener;
import org.springframework.boot.SpringBootVersion;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Refuses a Spring Boot that is too old, with its version in the message. Its
 * auto-configuration meets that of the modules of Spring Boot 4 that come with
 * Lockkeeper, and fails because two of them define one bean. Uses only what is in the
 * same place in Spring Boot 3.
 */
class SpringBootVersionCheck implements SpringApplicationRunListener {

	private static final int OLDEST = 4;

	private final @Nullable String version;

	SpringBootVersionCheck() {
		this(SpringBootVersion.getVersion());
	}

	SpringBootVersionCheck(@Nullable String version) {
		this.version = version;
	}

	// Earlier callbacks have another signature in Spring Boot 3; no bean exists yet
	@Override
	public void contextPrepared(ConfigurableApplicationContext context) {
		if (this.version != null && isTooOld(this.version)) {
			throw new UnsupportedSpringBootException(
					"Lockkeeper needs Spring Boot %d, and this is Spring Boot %s.".formatted(OLDEST, this.version));
		}
	}

	private static boolean isTooOld(String version) {
		String major = version.split("\\.", 2)[0];
		return major.chars().allMatch(Character::isDigit) && Integer.parseInt(major) < OLDEST;
	}

}
