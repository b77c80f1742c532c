// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.redaction;

import java.util.Map;
import java.util.Properties;
import java.util.UUID;

import org.junit.jupiter.api.Test;

import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Each way in which {@link Redaction} learns a credential. What it has learnt it keeps as
 * long as the process lives, so each test has a secret of its own, and shows it where
 * nothing around it suggests one.
 */
class LearntCredentialsTests {

	private final String secret = UUID.randomUUID().toString();

	@Test
	void isShownBeforeItIsLearnt() {
		assertThat(shown()).isTrue();
	}

	@Test
	void ofAUser() {
		Redaction.learn("me", this.secret);
		assertThat(shown()).isFalse();
	}

	@Test
	void notOfAUserWithThatName() {
		Redaction.learn(this.secret, this.secret);
		assertThat(shown()).isTrue();
	}

	@Test
	void ofAUrl() {
		Redaction.learnUrl("jdbc:postgresql://host/db?password=" + this.secret);
		assertThat(shown()).isFalse();
	}

	@Test
	void ofTheNameOfAUserInAUrl() {
		Redaction.learnUrl("jdbc:postgresql://host/db?user=%1$s&password=%1$s".formatted(this.secret));
		assertThat(shown()).isTrue();
	}

	@Test
	void ofAPropertyOfADriver() {
		Properties properties = new Properties();
		properties.setProperty("sslpassword", this.secret);
		Redaction.learn(properties);
		assertThat(shown()).isFalse();
	}

	@Test
	void ofAUrlAmongThePropertiesOfADriver() {
		Properties properties = new Properties();
		properties.setProperty("url", "jdbc:postgresql://host/db?password=" + this.secret);
		Redaction.learn(properties);
		assertThat(shown()).isFalse();
	}

	@Test
	void ofASettingOfTheEnvironment() {
		learn(Map.of("spring.datasource.password", this.secret));
		assertThat(shown()).isFalse();
	}

	@Test
	void ofASettingThatRefersToAnother() {
		learn(Map.of("spring.datasource.password", "${elsewhere}", "elsewhere", this.secret));
		assertThat(shown()).isFalse();
	}

	@Test
	void ofASettingThatRefersToItself() {
		learn(Map.of("spring.datasource.password", this.secret + "${spring.datasource.password}"));
		assertThat(Redaction.redact("it is " + this.secret + "${spring.datasource.password} here"))
			.doesNotContain(this.secret);
	}

	@Test
	void ofAUrlInTheEnvironment() {
		learn(Map.of("spring.datasource.url", "jdbc:postgresql://host/db?password=" + this.secret));
		assertThat(shown()).isFalse();
	}

	@Test
	void notOfASettingThatIsAUserNameToo() {
		learn(Map.of("spring.datasource.username", this.secret, "spring.datasource.password", this.secret));
		assertThat(shown()).isTrue();
	}

	@Test
	void notOfASettingThatIsNone() {
		learn(Map.of("spring.application.name", this.secret));
		assertThat(shown()).isTrue();
	}

	private boolean shown() {
		return Redaction.redact("it is " + this.secret + " here").contains(this.secret);
	}

	private static void learn(Map<String, Object> settings) {
		StandardEnvironment environment = new StandardEnvironment();
		environment.getPropertySources().addFirst(new MapPropertySource("settings", settings));
		Redaction.learn(environment);
	}

}
