// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.probe;

import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.mock.env.MockEnvironment;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Where probes are answered: where the application will answer them.
 */
class ProbePlanTests {

	private final MockEnvironment environment = new MockEnvironment();

	ProbePlanTests() {
		ConfigurationPropertySources.attach(this.environment);
	}

	@Test
	void bothProbesAreAtThePortOfTheApplicationUnlessSetOtherwise() {
		Opening opening = onlyOpening();
		assertThat(opening.port()).isEqualTo(WebPort.SERVER);
		assertThat(opening.address().getPort()).isEqualTo(8080);
		assertThat(opening.address().getAddress().isAnyLocalAddress()).isTrue();
		assertThat(opening.liveness()).containsExactly("/actuator/health/liveness", "/livez");
		assertThat(opening.readiness()).containsExactly("/actuator/health/readiness", "/readyz");
	}

	@ParameterizedTest
	@CsvSource({ "9000, 9000, false", "9000, , true", "8080, , false", "9000, 9001, true", "8081, 8081, false" })
	void aPortOfTheManagementEndpointsIsOneWhenItDiffers(String management, String server, boolean different) {
		set("management.server.port", management);
		if (server != null) {
			set("server.port", server);
		}
		assertThat(openings()).hasSize(different ? 2 : 1);
	}

	@Test
	void withAPortForManagementTheEndpointIsThereAndTheAdditionalPathsAreAtTheOther() {
		set("server.port", "8081");
		set("management.server.port", "9000");
		set("management.server.base-path", "/manage/");
		set("server.servlet.context-path", "/harbour");
		List<Opening> openings = openings();
		assertThat(openings).extracting(Opening::port).containsExactly(WebPort.SERVER, WebPort.MANAGEMENT);
		assertThat(openings.get(0).address().getPort()).isEqualTo(8081);
		assertThat(openings.get(0).liveness()).containsExactly("/harbour/livez");
		assertThat(openings.get(0).readiness()).containsExactly("/harbour/readyz");
		assertThat(openings.get(1).address().getPort()).isEqualTo(9000);
		assertThat(openings.get(1).liveness()).containsExactly("/manage/actuator/health/liveness");
		assertThat(openings.get(1).readiness()).containsExactly("/manage/actuator/health/readiness");
	}

	@Test
	void withoutManagementPortTheEndpointIsNowhere() {
		set("management.server.port", "-1");
		assertThat(onlyOpening().liveness()).containsExactly("/livez");
	}

	@Test
	void pathsOfAServletApplicationAreHonoured() {
		set("server.servlet.context-path", "/harbour");
		set("spring.mvc.servlet.path", "/api");
		set("management.endpoints.web.base-path", "/manage");
		set("management.endpoints.web.path-mapping.health", "alive");
		assertThat(onlyOpening().liveness()).containsExactly("/harbour/api/manage/alive/liveness",
				"/harbour/api/livez");
	}

	@Test
	void pathsOfAReactiveApplicationAreHonoured() {
		set("server.servlet.context-path", "/harbour");
		set("spring.webflux.base-path", "/reactive");
		ProbePlan plan = ProbePlan.of(this.environment, WebApplicationType.REACTIVE);
		assertThat(plan.openings()).singleElement()
			.satisfies((opening) -> assertThat(opening.readiness())
				.containsExactly("/reactive/actuator/health/readiness", "/reactive/readyz"));
	}

	@Test
	void endpointsAtTheRootAreHonoured() {
		set("management.endpoints.web.base-path", "/");
		assertThat(onlyOpening().liveness()).containsExactly("/health/liveness", "/livez");
	}

	@Test
	void environmentVariablesCount() {
		this.environment.getPropertySources()
			.addFirst(new SystemEnvironmentPropertySource("systemEnvironment",
					Map.of("SERVER_PORT", "8082", "MANAGEMENT_ENDPOINTS_WEB_BASEPATH", "/manage")));
		assertThat(onlyOpening().address().getPort()).isEqualTo(8082);
		assertThat(onlyOpening().liveness()).contains("/manage/health/liveness");
	}

	@Test
	void additionalPathsAreAtThePortThatTheyName() {
		set("management.server.port", "9000");
		set("management.endpoint.health.group.liveness.additional-path", "server:/alive");
		set("management.endpoint.health.group.readiness.additional-path", "management:ready");
		List<Opening> openings = openings();
		assertThat(openings.get(0).liveness()).containsExactly("/livez", "/alive");
		assertThat(openings.get(0).readiness()).containsExactly("/readyz");
		assertThat(openings.get(1).liveness()).containsExactly("/actuator/health/liveness");
		assertThat(openings.get(1).readiness()).containsExactly("/actuator/health/readiness", "/ready");
	}

	@Test
	void probesThatAreSwitchedOffAreNotAnsweredUnlessTheirGroupIsTheUsers() {
		set("management.endpoint.health.probes.enabled", "false");
		set("management.endpoint.health.group.readiness.include", "db");
		assertThat(onlyOpening().liveness()).containsExactly("/livez");
		assertThat(onlyOpening().readiness()).containsExactly("/actuator/health/readiness", "/readyz");
	}

	@Test
	void addressesAreHonoured() {
		set("server.address", "127.0.0.1");
		set("management.server.address", "127.0.0.2");
		set("management.server.port", "9000");
		assertThat(openings()).extracting((opening) -> opening.address().getAddress().getHostAddress())
			.containsExactly("127.0.0.1", "127.0.0.2");
	}

	@Test
	void withoutAPortThereIsNoOpeningAndNothingToReport() {
		set("server.port", "-1");
		assertThat(plan().openings()).isEmpty();
		assertThat(plan().skipped()).isEmpty();
	}

	@Test
	void aPortThatIsNotKnownYetIsSkipped() {
		set("server.port", "0");
		set("management.server.port", "9000");
		assertThat(openings()).extracting(Opening::port).containsExactly(WebPort.MANAGEMENT);
		assertThat(plan().skipped()).singleElement().asString().contains("server.port=0");
	}

	@Test
	void aPortForTlsIsSkipped() {
		set("server.ssl.bundle", "harbour");
		assertThat(plan().openings()).isEmpty();
		assertThat(plan().skipped()).containsExactly("port 8080 is for TLS");
		set("server.ssl.enabled", "false");
		assertThat(plan().openings()).hasSize(1);
	}

	@Test
	void thePortOfManagementHasTheTlsOfTheApplicationUnlessItHasItsOwn() {
		set("management.server.port", "9000");
		set("server.ssl.bundle", "harbour");
		assertThat(plan().skipped()).containsExactly("port 8080 is for TLS", "port 9000 is for TLS");
		set("management.server.ssl.enabled", "false");
		assertThat(openings()).extracting(Opening::port).containsExactly(WebPort.MANAGEMENT);
		assertThat(plan().skipped()).containsExactly("port 8080 is for TLS");
	}

	@ParameterizedTest
	@CsvSource({ ",, false", "health,, false", "'health,schema',, true", "*,, true", "*, schema, false",
			"schema, *, false" })
	void theEndpointIsThereWhenItIsExposedOverTheWeb(String include, String exclude, boolean there) {
		if (include != null) {
			set("management.endpoints.web.exposure.include", include);
		}
		if (exclude != null) {
			set("management.endpoints.web.exposure.exclude", exclude);
		}
		assertThat(onlyOpening().schema()).isEqualTo(there ? "/actuator/schema" : null);
	}

	@Test
	void thePathOfTheEndpointIsHonoured() {
		set("management.endpoints.web.exposure.include", "schema");
		set("management.endpoints.web.base-path", "/manage");
		set("management.endpoints.web.path-mapping.schema", "tables");
		set("server.servlet.context-path", "/harbour");
		assertThat(onlyOpening().schema()).isEqualTo("/harbour/manage/tables");
		set("management.server.port", "9000");
		set("management.server.base-path", "/ops");
		assertThat(openings()).extracting(Opening::schema).containsExactly(null, "/ops/manage/tables");
		set("management.server.port", "-1");
		assertThat(onlyOpening().schema()).isNull();
	}

	@ParameterizedTest
	@CsvSource({ ",, false", "always,, true", "when-authorized,, false", "always, never, false", ", always, true" })
	void detailsAreShownWhereTheSettingShowsThemToAll(String endpoint, String group, boolean shown) {
		if (endpoint != null) {
			set("management.endpoint.health.show-details", endpoint);
		}
		if (group != null) {
			set("management.endpoint.health.group.readiness.show-details", group);
		}
		assertThat(plan().detailed()).isEqualTo(shown);
	}

	private void set(String key, String value) {
		this.environment.setProperty(key, value);
	}

	private ProbePlan plan() {
		return ProbePlan.of(this.environment, WebApplicationType.SERVLET);
	}

	private List<Opening> openings() {
		return plan().openings();
	}

	private Opening onlyOpening() {
		assertThat(openings()).hasSize(1);
		return openings().get(0);
	}

}
