// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.mock.env.MockEnvironment;

import static org.assertj.core.api.Assertions.assertThat;

class WithoutWebServerTests {

	private final MockEnvironment environment = new MockEnvironment();

	private final SpringApplication application = new SpringApplication();

	@ParameterizedTest
	@EnumSource
	void theTypeOfTheApplicationIsRemembered(WebApplicationType type) {
		this.application.setWebApplicationType(type);
		WithoutWebServer.apply(this.environment, this.application);
		assertThat(this.environment.getProperty("spring.main.web-application-type")).isEqualTo("none");
		assertThat(WithoutWebServer.isServletApplication(this.environment))
			.isEqualTo(type == WebApplicationType.SERVLET);
	}

	@ParameterizedTest
	@CsvSource({ "servlet, NONE, true", "SERVLET, REACTIVE, true", "none, SERVLET, false", "reactive, SERVLET, false" })
	void theSettingOfTheUserWins(String setting, WebApplicationType type, boolean servlet) {
		this.environment.setProperty("spring.main.web-application-type", setting);
		this.application.setWebApplicationType(type);
		WithoutWebServer.apply(this.environment, this.application);
		assertThat(this.environment.getProperty("spring.main.web-application-type")).isEqualTo("none");
		assertThat(WithoutWebServer.isServletApplication(this.environment)).isEqualTo(servlet);
	}

	@Test
	void theTypeIsRememberedAlsoWhenTheServerIsKeptOutTwice() {
		this.application.setWebApplicationType(WebApplicationType.SERVLET);
		WithoutWebServer.apply(this.environment, this.application);
		WithoutWebServer.apply(this.environment, this.application);
		assertThat(WithoutWebServer.isServletApplication(this.environment)).isTrue();
	}

	@Test
	void noServerIsKeptOutOfAnyOtherProcess() {
		assertThat(WithoutWebServer.isServletApplication(this.environment)).isFalse();
	}

}
