// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.util.Map;

import dev.lockkeeper.mode.ProcessMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.MapPropertySource;
import org.springframework.mock.env.MockEnvironment;
import dev.lockkeeper.exit.ServletContainer;

import static org.assertj.core.api.Assertions.assertThat;

class StartLimitRemarkTests {

	private final MockEnvironment environment = new MockEnvironment();

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					DYNO              | HEROKU gives a start 60 seconds unless the Java buildpack sets more, at most 90 | 60s, or to less than 90s where that is set
					VCAP_APPLICATION  | CLOUD_FOUNDRY gives a start 60 seconds unless timeout in the manifest sets more, at most 180 | 60s, or to less than 180s where that is set
					K_SERVICE         | CLOUD_RUN gives a start 240 seconds | 240s
					NOMAD_ALLOC_ID    | NOMAD gives a start 300 seconds unless healthy_deadline in the job's update block sets more | 300s, or to less than what is set there
					""")
	void theWaitUnlessSetDoesNotFit(String variable, String limit, String fitting) {
		instance(variable);
		StartLimitRemark remark = remark();
		assertThat(remark.warning()).isEqualTo(("the wait for the schema does not fit the platform (%s; "
				+ "lockkeeper.defer.wait-timeout is 15m); set lockkeeper.defer.wait-timeout to less than %s")
			.formatted(limit, fitting));
		assertThat(remark.ofMode()).isNull();
	}

	@ParameterizedTest
	@CsvSource({ "DYNO, 59s, false, false", "DYNO, 60s, true, false", "DYNO, 89s, true, false",
			"DYNO, 90s, false, true", "VCAP_APPLICATION, 179s, true, false", "VCAP_APPLICATION, 3m, false, true",
			"K_SERVICE, 239s, false, false", "K_SERVICE, 4m, false, true", "NOMAD_ALLOC_ID, 20m, true, false",
			"KUBERNETES_SERVICE_HOST, 1d, false, false", "AWS_EXECUTION_ENV, 1d, false, false" })
	void aWaitThatIsSetIsComparedWithWhatThePlatformCanGive(String variable, String wait, boolean remarked,
			boolean warned) {
		instance(variable);
		this.environment.setProperty("lockkeeper.defer.wait-timeout", wait);
		assertThat(remark().ofMode() != null).isEqualTo(remarked);
		assertThat(remark().warning() != null).isEqualTo(warned);
	}

	@ParameterizedTest
	@CsvSource({ "FLY_APP_NAME, FLY, 300", "RAILWAY_SERVICE_ID, RAILWAY, 300", "RENDER_SERVICE_ID, RENDER, 900",
			"CONTAINER_APP_NAME, AZURE_CONTAINER_APPS, 240" })
	void aProcessThatIsSetToDeferIsWarnedAsWell(String variable, String platform, int seconds) {
		instance(variable);
		assertThat(remark().warning()).isNull();
		this.environment.setProperty("lockkeeper.mode", "defer");
		assertThat(remark().warning()).contains("(%s gives a start %d seconds".formatted(platform, seconds));
	}

	@ParameterizedTest
	@ValueSource(strings = { "lockkeeper.mode=self", "lockkeeper.mode=migrate-only", "lockkeeper.defer.startup=serve",
			"lockkeeper.defer.startup=fail", "DYNO=run.1", "DYNO=release.1", "DOKKU_APP_TYPE=dockerfile",
			"org.springframework.boot.test.context.SpringBootTestContextBootstrapper=true" })
	void aProcessThatDoesNotWaitOrHasNoLimitIsNotWarned(String property) {
		instance("DYNO");
		this.environment.setProperty(property.split("=")[0], property.split("=")[1]);
		assertThat(remark()).isEqualTo(new StartLimitRemark(null, null));
	}

	@Test
	void anApplicationInAServletContainerIsNotWarned() {
		instance("DYNO");
		this.environment.getPropertySources().addFirst(new MapPropertySource("servletContextInitParams", Map.of()));
		ServletContainer.detect(this.environment);
		this.environment.setProperty("lockkeeper.defer.startup", "wait");
		assertThat(remark()).isEqualTo(new StartLimitRemark(null, null));
	}

	private void instance(String variable) {
		this.environment.setProperty(variable, variable.equals("AWS_EXECUTION_ENV") ? "AWS_ECS_FARGATE" : "x");
		this.environment.setProperty("CF_INSTANCE_INDEX", "0");
	}

	private StartLimitRemark remark() {
		LockkeeperProperties properties = Binder.get(this.environment)
			.bindOrCreate("lockkeeper", LockkeeperProperties.class);
		DeferredStart start = DeferredStart.of(properties.defer(), null, this.environment,
				new DefaultListableBeanFactory());
		return StartLimitRemark.of(start, new ProcessMode().in(this.environment), this.environment);
	}

}
