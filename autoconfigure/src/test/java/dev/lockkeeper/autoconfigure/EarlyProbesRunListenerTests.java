// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;

import dev.lockkeeper.governance.SchemaKeeper;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.Http.Answer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.bootstrap.DefaultBootstrapContext;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.web.server.PortInUseException;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.SpringProperties;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.mock.web.MockServletContext;
import org.springframework.web.context.support.StandardServletEnvironment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * What probes are answered while an application starts.
 */
@ExtendWith(OutputCaptureExtension.class)
class EarlyProbesRunListenerTests {

	private static final String LIVENESS = "/actuator/health/liveness";

	private static final String READINESS = "/actuator/health/readiness";

	/**
	 * A loopback address that macOS has only when it is configured.
	 */
	private static final String OTHER_ADDRESS = "127.0.0.2";

	private final int port = Http.freePort();

	private final List<Integer> whileStarting = new ArrayList<>();

	private SpringApplication application = new SpringApplication(WebApplication.class);

	@Test
	void probesAreAnsweredFromTheEnvironmentOnUntilTheApplicationAnswersThem() {
		this.application.addInitializers((context) -> ask(LIVENESS, READINESS));
		askWhileBeansAreCreated("/livez", "/readyz", "/bookings");
		try (ConfigurableApplicationContext context = run()) {
			assertThat(this.whileStarting).containsExactly(200, 503, 200, 503, 503);
			assertThat(Http.get(this.port, LIVENESS)).matches((answer) -> answer.is(200, "{\"status\":\"UP\"}"));
			assertThat(Http.get(this.port, READINESS).status()).isEqualTo(200);
			assertThat(Http.get(this.port, "/livez").status()).isEqualTo(404);
			assertThat(context.isRunning()).isTrue();
		}
	}

	@Test
	void bothPortsAreAnsweredWhereManagementHasItsOwn() {
		int management = Http.freePort();
		List<Integer> atManagement = new ArrayList<>();
		askWhileBeansAreCreated(LIVENESS, "/harbour/livez");
		this.application.addInitializers((context) -> {
			atManagement.add(Http.get(management, "/manage/health/liveness").status());
			atManagement.add(Http.get(management, "/livez").status());
		});
		try (ConfigurableApplicationContext context = run("management.server.port=" + management,
				"management.endpoints.web.base-path=/manage", "server.servlet.context-path=/harbour")) {
			assertThat(this.whileStarting).containsExactly(503, 200);
			assertThat(atManagement).containsExactly(200, 503);
			assertThat(Http.get(management, "/manage/health/liveness").status()).isEqualTo(200);
			assertThat(Http.get(management, "/manage/health/readiness").status()).isEqualTo(200);
			assertThat(Http.get(this.port, "/harbour/bookings").status()).isEqualTo(404);
			assertThat(context.isRunning()).isTrue();
		}
	}

	@Test
	void bothPortsAreAnsweredAtTheAddressesOfTheirServersAlone() {
		assumeThat(isAnAddressOfThisMachine(OTHER_ADDRESS)).as("this machine has the address " + OTHER_ADDRESS)
			.isTrue();
		int management = Http.freePort();
		List<Integer> statuses = new ArrayList<>();
		Runnable asking = () -> {
			statuses.add(Http.get("127.0.0.1", this.port, "/harbour/livez").status());
			statuses.add(Http.get(OTHER_ADDRESS, this.port, "/harbour/livez").status());
			for (String address : List.of("127.0.0.1", OTHER_ADDRESS)) {
				statuses.add(Http.get(address, management, "/ops/manage/health/liveness").status());
				statuses.add(Http.get(address, management, "/ops/manage/schema").status());
			}
		};
		this.application.addInitializers(
				(context) -> ((GenericApplicationContext) context).registerBean("asking", String.class, () -> {
					asking.run();
					return "asked";
				}));
		try (ConfigurableApplicationContext context = run("server.address=127.0.0.1",
				"server.servlet.context-path=/harbour", "management.server.port=" + management,
				"management.server.address=" + OTHER_ADDRESS, "management.server.base-path=/ops",
				"management.endpoints.web.base-path=/manage", "management.endpoints.web.exposure.include=health,schema",
				"management.endpoint.health.probes.add-additional-paths=true")) {
			assertThat(context.isRunning()).isTrue();
			assertThat(statuses).as("while it starts").containsExactly(200, 0, 0, 0, 200, 200);
			statuses.clear();
			asking.run();
			assertThat(statuses).as("afterwards").containsExactly(200, 0, 0, 0, 200, 200);
		}
	}

	private static boolean isAnAddressOfThisMachine(String address) {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(address))) {
			return socket.isBound();
		}
		catch (IOException ex) {
			return false;
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "lockkeeper.probe.enabled=false", "lockkeeper.enabled=false",
			"org.springframework.boot.test.context.SpringBootTestContextBootstrapper=true",
			"lockkeeper.probe.stuck-after=0s" })
	void nothingIsAnsweredWhereItShallNotBe(String property) {
		this.application.addInitializers((context) -> ask(LIVENESS));
		try (ConfigurableApplicationContext context = run(property)) {
			assertThat(context.isRunning()).isTrue();
		}
		catch (RuntimeException ex) {
			assertThat(property).isEqualTo("lockkeeper.probe.stuck-after=0s");
			assertThat(ex)
				.hasStackTraceContaining("lockkeeper.probe.stuck-after=0s is not valid: it must be longer than 0s");
		}
		assertThat(this.whileStarting).containsExactly(0);
	}

	@ParameterizedTest
	@ValueSource(strings = { "DYNO=web.1", "K_SERVICE=harbour", "VCAP_APPLICATION={}" })
	void nothingIsAnsweredWhereAnOpenPortIsTakenForAStartedApplication(String variable, CapturedOutput output) {
		this.application.addInitializers((context) -> ask(LIVENESS));
		try (ConfigurableApplicationContext context = run(variable, "lockkeeper.mode=self")) {
			context.getBean(SchemaKeeper.class).reportMode();
		}
		assertThat(this.whileStarting).containsExactly(0);
		assertThat(output).contains("no answers to probes before the server listens (")
			.contains(" takes an open port for a started application)");
	}

	@ParameterizedTest
	@ValueSource(strings = { "DYNO=web.1", "K_SERVICE=harbour", "VCAP_APPLICATION={}" })
	void probesAreAnsweredThereWhenThatIsSet(String variable, CapturedOutput output) {
		this.application.addInitializers((context) -> ask(LIVENESS));
		try (ConfigurableApplicationContext context = run(variable, "lockkeeper.mode=self",
				"lockkeeper.probe.enabled=true")) {
			context.getBean(SchemaKeeper.class).reportMode();
		}
		assertThat(this.whileStarting).containsExactly(200);
		assertThat(output).doesNotContain("takes an open port");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			value = { "schema | any.thing=else", "* | management.endpoints.access.default=read-only",
					"schema | management.endpoint.schema.access=read-only",
					"health | management.endpoints.web.exposure.include=schema" })
	void theEndpointIsShownAtAManagementPortOfItsOwn(String exposed, String property) {
		assertThat(whileStarting(true, exposed, property)).matches((answer) -> answer.status() == 200)
			.extracting(Answer::body)
			.asString()
			.startsWith("{\"mode\":{\"value\":\"SELF\"");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', value = { "health | any.thing=else",
			"* | management.endpoints.web.exposure.exclude=schema", "* | management.endpoints.access.default=none",
			"* | management.endpoint.schema.access=none", "* | management.endpoint.schema.enabled=false",
			"* | management.endpoints.access.max-permitted=none", "* | lockkeeper.probe.schema=never",
			"* | spring.autoconfigure.exclude=dev.lockkeeper.autoconfigure.LockkeeperEndpointAutoConfiguration" })
	void theEndpointIsNotShownWhereTheApplicationWillNotHaveItOrTheUserDoesNotWantIt(String exposed, String property) {
		assertThat(whileStarting(true, exposed, property))
			.matches((answer) -> answer.is(503, "{\"status\":503,\"error\":\"Service Unavailable\"}"));
	}

	@Test
	void atThePortOfTheApplicationTheEndpointIsShownOnRequest() {
		assertThat(whileStarting(false, "*", "any.thing=else")).matches((answer) -> answer.status() == 503)
			.extracting(Answer::body)
			.asString()
			.contains("lockkeeper.probe.schema=always");
		assertThat(whileStarting(false, "*", "lockkeeper.probe.schema=always")).extracting(Answer::status)
			.isEqualTo(200);
		assertThat(whileStarting(false, "health", "lockkeeper.probe.schema=always")).extracting(Answer::status)
			.isEqualTo(503);
	}

	private Answer whileStarting(boolean ownPort, String exposed, String property) {
		AtomicReference<Answer> answer = new AtomicReference<>();
		int asked = ownPort ? Http.freePort() : this.port;
		this.application = new SpringApplication(WebApplication.class);
		this.application.addInitializers(
				(context) -> ((GenericApplicationContext) context).registerBean("asking", String.class, () -> {
					answer.set(Http.get(asked, "/actuator/schema"));
					return "asked";
				}));
		try (ConfigurableApplicationContext context = run("management.endpoints.web.exposure.include=" + exposed,
				"management.server.port=" + asked, property)) {
			assertThat(context.isRunning()).isTrue();
		}
		return Objects.requireNonNull(answer.get());
	}

	@ParameterizedTest
	@ValueSource(strings = { "spring.main.web-application-type=none", "server.port=-1" })
	void nothingIsAnsweredWhereNoWebServerWillComeUp(String property) {
		askWhileBeansAreCreated(LIVENESS);
		try (ConfigurableApplicationContext context = run(property)) {
			assertThat(this.whileStarting).containsExactly(0);
			assertThat(context.isRunning()).isTrue();
		}
	}

	@Test
	void nothingIsAnsweredInAContextWithoutAWebServer() {
		this.application = new SpringApplication(Empty.class);
		this.application.setApplicationContextFactory((type) -> new AnnotationConfigApplicationContext());
		askWhileBeansAreCreated(LIVENESS);
		this.application.setWebApplicationType(WebApplicationType.SERVLET);
		try (ConfigurableApplicationContext context = run()) {
			assertThat(context.isRunning()).isTrue();
		}
		assertThat(this.whileStarting).containsExactly(0);
	}

	@Test
	void aPortThatIsTakenIsReportedByTheApplication() throws IOException {
		try (ServerSocket taken = new ServerSocket(this.port, 1, InetAddress.getByName("0.0.0.0"))) {
			assertThat(taken.isBound()).isTrue();
			assertThatExceptionOfType(Exception.class).isThrownBy(() -> run().close())
				.satisfies((ex) -> assertThat(ex).hasStackTraceContaining(PortInUseException.class.getName()));
		}
	}

	@Test
	void aStartThatFailsGivesThePortBack() throws IOException {
		this.application.addInitializers((context) -> {
			ask(LIVENESS);
			throw new IllegalStateException("broken");
		});
		assertThatIllegalStateException().isThrownBy(() -> run().close()).withMessage("broken");
		assertThat(this.whileStarting).containsExactly(200);
		try (ServerSocket free = new ServerSocket(this.port)) {
			assertThat(free.isBound()).isTrue();
		}
	}

	@Test
	void thePortIsGivenBackAlsoWithoutOurAutoConfiguration() {
		askWhileBeansAreCreated(LIVENESS);
		try (ConfigurableApplicationContext context = run(
				"spring.autoconfigure.exclude=" + LockkeeperAutoConfiguration.class.getName())) {
			assertThat(this.whileStarting).containsExactly(200);
			assertThat(Http.get(this.port, LIVENESS).status()).isEqualTo(200);
			assertThat(context.isRunning()).isTrue();
		}
	}

	@Test
	void aPortThatIsNotKnownYetIsSkippedWithOneWarning(CapturedOutput output) {
		try (ConfigurableApplicationContext context = run("server.port=0", "management.server.port=0")) {
			assertThat(context.isRunning()).isTrue();
			assertThat(output.getOut().lines().filter((line) -> line.contains("probes are not answered")))
				.singleElement()
				.asString()
				.contains("WARN", "server.port=0", "management.server.port=0");
		}
	}

	@Test
	void aPortForTlsIsSkippedWithOneWarning(CapturedOutput output) {
		this.application.addInitializers((context) -> ask(LIVENESS));
		assertThatExceptionOfType(RuntimeException.class).isThrownBy(() -> run("server.ssl.bundle=missing").close())
			.satisfies((ex) -> assertThat(ex).hasStackTraceContaining("missing"));
		assertThat(this.whileStarting).containsExactly(0);
		assertThat(output.getOut().lines().filter((line) -> line.contains("probes are not answered"))).singleElement()
			.asString()
			.contains("WARN", "port %d is for TLS".formatted(this.port));
	}

	@Test
	void aPortForTlsIsNotWarnedOfWhereManagementHasOneWithout(CapturedOutput output) {
		int management = Http.freePort();
		this.application.addInitializers((context) -> this.whileStarting.add(Http.get(management, LIVENESS).status()));
		assertThatExceptionOfType(RuntimeException.class).isThrownBy(() -> run("server.ssl.bundle=missing",
				"management.server.ssl.enabled=false", "management.server.port=" + management)
			.close());
		assertThat(this.whileStarting).containsExactly(200);
		assertThat(output).contains("probes are answered while the application starts (port %d)".formatted(management))
			.doesNotContain("probes are not answered");
	}

	@ParameterizedTest
	@CsvSource({ "any=thing, true", "lockkeeper.mode=migrate-only, false", "lockkeeper.mode=nonsense, false",
			"spring.aot.processing=true, false", "server.port=nonsense, false",
			"management.endpoint.health.group.liveness.additional-path=nonsense, false" })
	void theEnvironmentDecidesWhetherProbesAreAnswered(String property, boolean answered) {
		StandardServletEnvironment environment = environment(property);
		assertAnswered(environment, answered);
	}

	@Test
	void nothingIsAnsweredInAServletContainer() {
		StandardServletEnvironment environment = environment("any=thing");
		environment.initPropertySources(new MockServletContext(), null);
		new MigrateOnlyEnvironmentPostProcessor(new DefaultBootstrapContext()).postProcessEnvironment(environment,
				this.application);
		assertAnswered(environment, false);
	}

	@ParameterizedTest
	@ValueSource(strings = { "spring.context.exit", "spring.context.checkpoint" })
	void nothingIsAnsweredWhereTheServerWillNotComeUp(String property) {
		SpringProperties.setProperty(property, "onRefresh");
		try {
			assertAnswered(environment("any=thing"), false);
		}
		finally {
			SpringProperties.setProperty(property, null);
		}
	}

	@Test
	void nothingIsAnsweredBeforeTheSnapshotOfAFunction() {
		assertAnswered(environment("AWS_LAMBDA_INITIALIZATION_TYPE=snap-start"), false);
		assertAnswered(environment("AWS_LAMBDA_INITIALIZATION_TYPE=on-demand"), true);
	}

	private StandardServletEnvironment environment(String property) {
		StandardServletEnvironment environment = new StandardServletEnvironment();
		MutablePropertySources sources = environment.getPropertySources();
		sources.addFirst(new MapPropertySource("port", Map.of("server.port", this.port)));
		String[] pair = property.split("=");
		sources.addFirst(new MapPropertySource("test", Map.of(pair[0], pair[1])));
		ConfigurationPropertySources.attach(environment);
		return environment;
	}

	private void assertAnswered(StandardServletEnvironment environment, boolean answered) {
		EarlyProbesRunListener listener = new EarlyProbesRunListener(this.application);
		listener.environmentPrepared(new DefaultBootstrapContext(), environment);
		assertThat(Http.get(this.port, LIVENESS).status()).isEqualTo(answered ? 200 : 0);
		listener.failed(null, new IllegalStateException("test"));
		assertThat(Http.get(this.port, LIVENESS).status()).isEqualTo(0);
	}

	private ConfigurableApplicationContext run(String... properties) {
		List<String> arguments = new ArrayList<>(List.of("--server.port=" + this.port,
				"--spring.liquibase.enabled=false", "--spring.main.banner-mode=off"));
		for (String property : properties) {
			arguments
				.removeIf((argument) -> argument.startsWith("--" + property.substring(0, property.indexOf('=') + 1)));
			arguments.add("--" + property);
		}
		return this.application.run(arguments.toArray(String[]::new));
	}

	private void askWhileBeansAreCreated(String... paths) {
		this.application.addInitializers(
				(context) -> ((GenericApplicationContext) context).registerBean("asking", String.class, () -> {
					ask(paths);
					return "asked";
				}));
	}

	private void ask(String... paths) {
		for (String path : paths) {
			this.whileStarting.add(Http.get(this.port, path).status());
		}
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class WebApplication {

	}

	static class Empty {

	}

}
