// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.kubernetes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import dev.lockkeeper.autoconfigure.LockkeeperProperties;
import dev.lockkeeper.command.CommandLine;
import dev.lockkeeper.exit.ExitStatus;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.PodFailurePolicyRule;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.util.FileSystemUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The manifests against the code and against each other: exit codes, paths of probes,
 * limits that nest, and what makes a pod safe.
 */
class ManifestTests {

	private static final Path CHART = Path.of("chart");

	/**
	 * What Helm takes for a hook it leaves out of what it renders. The tests want to see
	 * the hooks: they render a copy in which the annotation has another name.
	 */
	private static final String HOOK = "helm.sh/hook";

	private static final String SHOWN_HOOK = "shown.helm.sh/hook";

	@TempDir
	static Path copies;

	private static final LockkeeperProperties DEFAULTS = new Binder(new MapConfigurationPropertySource())
		.bindOrCreate("lockkeeper", LockkeeperProperties.class);

	static Stream<Manifests> everyWay() {
		return Stream.of(plain(), chart(), chart("migration.hook=false"),
				chart("migration.backoffLimit=6", "migration.maxDurationSeconds=600", "migration.lockRetrySeconds=300",
						"migration.activeDeadlineSeconds=5500", "migration.helmTimeoutSeconds=5600",
						"defer.waitTimeoutSeconds=5601"));
	}

	@Test
	void theChartPassesLint() {
		LintResult result = new Helm(CHART).lint().strict().call();
		assertThat(result.isFailed()).as(() -> String.join("\n", result.getMessages())).isFalse();
	}

	@ParameterizedTest
	@MethodSource("everyWay")
	void theJobTriesAgainOnlyWhatMaySucceed(Manifests manifests) {
		Job job = manifests.only(Job.class);
		assertThat(job.getSpec().getTemplate().getSpec().getRestartPolicy()).isEqualTo("Never");
		List<PodFailurePolicyRule> rules = job.getSpec().getPodFailurePolicy().getRules();
		assertThat(rules).extracting(PodFailurePolicyRule::getAction).containsExactly("Ignore", "FailJob");
		assertThat(rules.get(0).getOnPodConditions()).singleElement()
			.satisfies((condition) -> assertThat(condition.getType()).isEqualTo("DisruptionTarget"));
		Integer[] never = Arrays.stream(ExitStatus.values())
			.filter((status) -> status.getRetry() == ExitStatus.Retry.NEVER)
			.map(ExitStatus::getCode)
			.toArray(Integer[]::new);
		assertThat(rules.get(1).getOnExitCodes().getValues()).containsExactly(never);
		assertThat(rules.get(1).getOnExitCodes().getContainerName()).isEqualTo(container(job).getName());
	}

	@ParameterizedTest
	@MethodSource("everyWay")
	void theLimitsNest(Manifests manifests) {
		Job job = manifests.only(Job.class);
		Duration stopping = DEFAULTS.shutdownGrace().multipliedBy(2);
		Duration run = argument(container(job), "lockkeeper.max-duration");
		assertThat(argument(container(job), "lockkeeper.postgresql.lock-retry.max-duration")).isLessThanOrEqualTo(run)
			.isLessThanOrEqualTo(DEFAULTS.lock().waitTimeout().dividedBy(2));
		Duration tries = run.plus(stopping).multipliedBy(job.getSpec().getBackoffLimit() + 1L);
		Duration pause = Duration.ofSeconds(10);
		for (int i = 0; i < job.getSpec().getBackoffLimit(); i++) {
			tries = tries.plus(pause);
			pause = min(pause.multipliedBy(2), Duration.ofMinutes(6));
		}
		Duration deadline = Duration.ofSeconds(job.getSpec().getActiveDeadlineSeconds());
		assertThat(tries).isLessThan(deadline);
		PodSpec serving = manifests.only(Deployment.class).getSpec().getTemplate().getSpec();
		Duration wait = argument(serving.getContainers().get(0), "lockkeeper.defer.wait-timeout");
		assertThat(deadline).isLessThan(wait);
		Probe startup = serving.getContainers().get(0).getStartupProbe();
		assertThat(Duration.ofSeconds((long) startup.getPeriodSeconds() * startup.getFailureThreshold()))
			.isGreaterThan(wait);
		for (PodSpec pod : List.of(job.getSpec().getTemplate().getSpec(), serving)) {
			assertThat(Duration.ofSeconds(pod.getTerminationGracePeriodSeconds()))
				.isGreaterThan(DEFAULTS.shutdownGrace().multipliedBy(2));
		}
	}

	@ParameterizedTest
	@MethodSource("everyWay")
	void probesAskWhatTheActuatorAnswers(Manifests manifests) {
		Container container = manifests.only(Deployment.class).getSpec().getTemplate().getSpec().getContainers().get(0);
		assertThat(container.getReadinessProbe().getHttpGet().getPath()).isEqualTo("/actuator/health/readiness");
		assertThat(container.getLivenessProbe().getHttpGet().getPath()).isEqualTo("/actuator/health/liveness");
		assertThat(container.getStartupProbe().getHttpGet().getPath()).isEqualTo("/actuator/health/liveness");
		assertThat(container.getPorts()).singleElement().satisfies((port) -> {
			assertThat(port.getContainerPort()).isEqualTo(8080);
			assertThat(container.getReadinessProbe().getHttpGet().getPort().getStrVal()).isEqualTo(port.getName());
		});
	}

	@ParameterizedTest
	@MethodSource("everyWay")
	void theJobMigratesAndTheDeploymentIsLeftToDetection(Manifests manifests) {
		assertThat(container(manifests.only(Job.class)).getArgs()).contains("--" + CommandLine.MIGRATE_ONLY);
		Container serving = manifests.only(Deployment.class).getSpec().getTemplate().getSpec().getContainers().get(0);
		assertThat(serving.getArgs()).noneMatch((argument) -> argument.contains("mode"));
		assertThat(serving.getImage()).isEqualTo(container(manifests.only(Job.class)).getImage())
			.doesNotEndWith("latest");
	}

	@ParameterizedTest
	@MethodSource("everyWay")
	void podsAreLockedDownAndKeepTheVerdict(Manifests manifests) {
		for (PodSpec pod : List.of(manifests.only(Job.class).getSpec().getTemplate().getSpec(),
				manifests.only(Deployment.class).getSpec().getTemplate().getSpec())) {
			assertThat(pod.getAutomountServiceAccountToken()).isFalse();
			assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
			Container container = pod.getContainers().get(0);
			assertThat(container.getSecurityContext().getReadOnlyRootFilesystem()).isTrue();
			assertThat(container.getSecurityContext().getAllowPrivilegeEscalation()).isFalse();
			assertThat(container.getSecurityContext().getCapabilities().getDrop()).containsExactly("ALL");
			assertThat(container.getTerminationMessagePath()).isEqualTo("/dev/termination-log");
			assertThat(container.getVolumeMounts()).singleElement()
				.satisfies((mount) -> assertThat(mount.getMountPath()).isEqualTo("/tmp"));
		}
	}

	@ParameterizedTest
	@MethodSource("everyWay")
	void theImageRunsAsTheUserOfTheManifestsAndHearsSignals(Manifests manifests) throws IOException {
		PodSpec pod = manifests.only(Job.class).getSpec().getTemplate().getSpec();
		List<String> dockerfile = Files.readAllLines(Path.of("..", "sample-app", "Dockerfile"));
		assertThat(dockerfile).contains("USER %d:%d".formatted(pod.getSecurityContext().getRunAsUser(),
				pod.getSecurityContext().getRunAsGroup()));
		assertThat(dockerfile).last().asString().startsWith("ENTRYPOINT [\"java\", ").endsWith("\"]");
	}

	@ParameterizedTest
	@MethodSource("everyWay")
	void credentialsComeFromSecretsThatAreThere(Manifests manifests) {
		List<String> secrets = manifests.all()
			.stream()
			.filter(Secret.class::isInstance)
			.map((secret) -> secret.getMetadata().getName())
			.toList();
		Container migration = container(manifests.only(Job.class));
		Container serving = manifests.only(Deployment.class).getSpec().getTemplate().getSpec().getContainers().get(0);
		for (Container container : List.of(migration, serving)) {
			assertThat(container.getEnv()).hasSize(3).allSatisfy((variable) -> {
				assertThat(variable.getValue()).isNull();
				assertThat(secrets).contains(variable.getValueFrom().getSecretKeyRef().getName());
				assertThat(variable.getName().toLowerCase(Locale.ROOT))
					.endsWith(variable.getValueFrom().getSecretKeyRef().getKey());
			});
		}
		assertThat(secretOf(migration)).isNotEqualTo(secretOf(serving));
	}

	@ParameterizedTest
	@MethodSource("everyWay")
	void theJobBecomesTheOwnerAndVerifiesTheRoleThatServes(Manifests manifests) {
		Container migration = container(manifests.only(Job.class));
		Container serving = manifests.only(Deployment.class).getSpec().getTemplate().getSpec().getContainers().get(0);
		assertThat(migration.getArgs()).contains("--lockkeeper.postgresql.set-role=harbour_owner",
				"--lockkeeper.postgresql.app-role=" + usernameOf(manifests, serving),
				"--lockkeeper.postgresql.verify-app-role=fail");
		assertThat(usernameOf(manifests, migration)).isEqualTo("harbour_migrator");
	}

	private static String usernameOf(Manifests manifests, Container container) {
		return manifests
			.only(Secret.class, (candidate) -> candidate.getMetadata().getName().equals(secretOf(container)))
			.getStringData()
			.get("username");
	}

	@ParameterizedTest
	@MethodSource("everyWay")
	void theServiceFindsTheServersAndNotTheJob(Manifests manifests) {
		Service service = manifests.only(Service.class);
		assertThat(manifests.only(Deployment.class).getSpec().getTemplate().getMetadata().getLabels())
			.containsAllEntriesOf(service.getSpec().getSelector());
		assertThat(manifests.only(Job.class).getSpec().getTemplate().getMetadata().getLabels().entrySet())
			.doesNotContainSequence(service.getSpec().getSelector().entrySet());
	}

	@Test
	void theHookKeepsItsEvidenceAndHasWhatItNeeds() {
		Manifests manifests = chart();
		Job job = manifests.only(Job.class);
		Secret secret = manifests.only(Secret.class,
				(candidate) -> candidate.getMetadata().getName().equals(secretOf(container(job))));
		for (var metadata : List.of(job.getMetadata(), secret.getMetadata())) {
			assertThat(metadata.getAnnotations()).containsEntry(HOOK, "pre-install,pre-upgrade")
				.containsEntry(HOOK + "-delete-policy", "before-hook-creation");
		}
		assertThat(weight(secret.getMetadata().getAnnotations().get(HOOK + "-weight")))
			.isLessThan(weight(job.getMetadata().getAnnotations().get(HOOK + "-weight")));
		assertThat(manifests.all().stream().filter((object) -> object.getMetadata().getAnnotations().isEmpty()))
			.extracting((object) -> object.getKind())
			.containsExactlyInAnyOrder("Secret", "Deployment", "Service");
	}

	@Test
	void withoutHookTheJobIsNamedByItsPodTemplate() {
		Job job = chart("migration.hook=false").only(Job.class);
		Job same = chart("migration.hook=false", "replicas=5").only(Job.class);
		Job other = chart("migration.hook=false", "image.tag=0.2.0").only(Job.class);
		assertThat(job.getMetadata().getAnnotations()).isEmpty();
		assertThat(same.getMetadata().getName()).isEqualTo(job.getMetadata().getName());
		assertThat(other.getMetadata().getName()).isNotEqualTo(job.getMetadata().getName());
		assertThat(job.getSpec().getTtlSecondsAfterFinished()).isNull();
	}

	@Test
	void existingSecretsAreUsed() {
		Manifests manifests = chart("database.existingSecret=mine", "migration.database.existingSecret=owners");
		assertThat(manifests.all()).noneMatch(Secret.class::isInstance);
		assertThat(secretOf(container(manifests.only(Job.class)))).isEqualTo("owners");
	}

	@Test
	void limitsThatDoNotNestAreRefused() {
		assertThatExceptionOfType(IllegalStateException.class)
			.isThrownBy(() -> chart("migration.activeDeadlineSeconds=690"))
			.withMessageContaining("migration.activeDeadlineSeconds (690) must be more than");
		assertThatExceptionOfType(IllegalStateException.class)
			.isThrownBy(() -> chart("migration.helmTimeoutSeconds=300"))
			.withMessageContaining("migration.helmTimeoutSeconds (300) must be more than");
		assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> chart("defer.waitTimeoutSeconds=60"))
			.withMessageContaining("defer.waitTimeoutSeconds (60) must not be less");
		assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> chart("migration.lockRetrySeconds=181"))
			.withMessageContaining("migration.lockRetrySeconds (181) must not be more than migration.max");
		assertThatExceptionOfType(IllegalStateException.class)
			.isThrownBy(() -> chart("migration.lockRetrySeconds=301", "migration.maxDurationSeconds=400",
					"migration.activeDeadlineSeconds=5500", "migration.helmTimeoutSeconds=5600",
					"defer.waitTimeoutSeconds=5601"))
			.withMessageContaining("migration.lockRetrySeconds (301) must not be more than half of");
	}

	private static Manifests plain() {
		return Manifests.ofFolder(Path.of("job-and-deployment"));
	}

	@BeforeAll
	static void copyTheChart() throws IOException {
		Path copy = copies.resolve("chart");
		FileSystemUtils.copyRecursively(CHART, copy);
		try (Stream<Path> templates = Files.list(copy.resolve("templates"))) {
			for (Path template : templates.toList()) {
				Files.writeString(template, Files.readString(template).replace(HOOK, SHOWN_HOOK));
			}
		}
	}

	private static Manifests chart(String... values) {
		var template = new Helm(copies.resolve("chart")).template().withName("release").withKubeVersion("1.26.0");
		for (String value : values) {
			int separator = value.indexOf('=');
			template = template.set(value.substring(0, separator), value.substring(separator + 1));
		}
		return Manifests.ofText(template.call().replace(SHOWN_HOOK, HOOK));
	}

	private static Container container(Job job) {
		return job.getSpec().getTemplate().getSpec().getContainers().get(0);
	}

	private static String secretOf(Container container) {
		return container.getEnv().get(0).getValueFrom().getSecretKeyRef().getName();
	}

	private static Duration argument(Container container, String key) {
		String prefix = "--" + key + "=";
		return container.getArgs()
			.stream()
			.filter((argument) -> argument.startsWith(prefix))
			.map((argument) -> DurationStyle.detectAndParse(argument.substring(prefix.length())))
			.findFirst()
			.orElseThrow(() -> new AssertionError("No argument " + prefix));
	}

	private static int weight(String text) {
		return Integer.parseInt(Objects.requireNonNull(text));
	}

	private static Duration min(Duration one, Duration other) {
		return (one.compareTo(other) < 0) ? one : other;
	}

}
