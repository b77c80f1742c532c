// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observability;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.ExitStatus.Retry;
import dev.lockkeeper.schema.RunEnd;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The alert rules are valid, and fire when they should and not otherwise, according to
 * {@code promtool}.
 */
class AlertRulesIT {

	private static final Path DIRECTORY = Prometheus.RULES.getParent();

	@TempDir
	Path copy;

	@Test
	void theRulesAreValid() throws Exception {
		promtool(DIRECTORY, 0, "check", "rules", "alerts.yaml");
	}

	@Test
	void theRulesDoWhatTheirTestsSay() throws Exception {
		promtool(DIRECTORY, 0, "test", "rules", "alerts-test.yaml");
	}

	@Test
	void everyAlertIsTestedToFireAndNotToFire() throws IOException {
		String tests = Files.readString(DIRECTORY.resolve("alerts-test.yaml"));
		List<String> alerts = Pattern.compile("- alert: (\\w+)")
			.matcher(Files.readString(Prometheus.RULES))
			.results()
			.map((match) -> match.group(1))
			.toList();
		assertThat(alerts).hasSize(7);
		for (String alert : alerts) {
			assertThat(count(tests, "alertname: %s\n +exp_alerts:".formatted(alert))).as("fires: " + alert)
				.isPositive();
			assertThat(count(tests, "alertname: %s\n(?! +exp_alerts:)".formatted(alert))).as("is silent: " + alert)
				.isPositive();
		}
	}

	@Test
	void aThresholdThatIsOffIsNoticed() throws Exception {
		String rules = Files.readString(Prometheus.RULES);
		Files.writeString(this.copy.resolve("alerts.yaml"), rules.replace("for: 15m", "for: 25m"));
		Files.copy(DIRECTORY.resolve("alerts-test.yaml"), this.copy.resolve("alerts-test.yaml"));
		assertThat(promtool(this.copy, 1, "test", "rules", "alerts-test.yaml")).contains("LockkeeperSchemaPending");
	}

	@Test
	void aFailureIsNamedByEveryStatusThatIsForGoodAndByNoOther() throws IOException {
		Matcher list = Pattern.compile("status=~\"([^\"]*)\"").matcher(Files.readString(Prometheus.RULES));
		assertThat(list.find()).isTrue();
		List<String> expected = new ArrayList<>(List.of(RunEnd.UNFORESEEN));
		Arrays.stream(ExitStatus.values())
			.filter((status) -> status.getRetry() == Retry.NEVER)
			.map(ExitStatus::name)
			.forEach(expected::add);
		assertThat(list.group(1).split("\\|")).containsExactlyInAnyOrderElementsOf(expected);
	}

	private static long count(String text, String pattern) {
		return Pattern.compile(pattern).matcher(text).results().map(MatchResult::group).count();
	}

	private static String promtool(Path directory, int code, String... arguments) throws Exception {
		List<String> command = new ArrayList<>(List.of(Prometheus.require("promtool").toString()));
		command.addAll(List.of(arguments));
		Process process = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
		String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		assertThat(process.waitFor()).as(output).isEqualTo(code);
		return output;
	}

}
