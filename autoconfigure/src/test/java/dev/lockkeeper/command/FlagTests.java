// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.command;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.lockkeeper.command.Flag.Access;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.UsageException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.SimpleCommandLinePropertySource;
import org.springframework.core.env.StandardEnvironment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What holds for each row of the table of commands.
 */
class FlagTests {

	static List<Flag> commands() {
		return Flag.commands();
	}

	static List<Flag> options() {
		return Arrays.stream(Flag.values()).filter((flag) -> !flag.isCommand()).toList();
	}

	static Stream<List<Flag>> pairs() {
		return commands().stream()
			.flatMap((first) -> commands().stream()
				.filter((second) -> second.compareTo(first) > 0)
				.map((second) -> List.of(first, second)));
	}

	@ParameterizedTest
	@MethodSource("commands")
	void aCommandIsReadWithAllOfItsOptions(Flag command) {
		Request request = Objects.requireNonNull(read(with(command, true)));
		assertThat(request.getCommand()).isEqualTo(command);
		assertThat(command.getOptions()).allSatisfy((option) -> assertThat(request.get(option)).isNotNull());
	}

	@ParameterizedTest
	@MethodSource("commands")
	void anOptionIsOptionalUnlessItIsRequired(Flag command) {
		List<String> arguments = with(command, false);
		if (command.getOptions().stream().anyMatch(Flag::isRequired)) {
			assertThatExceptionOfType(UsageException.class).isThrownBy(() -> read(arguments))
				.withMessageStartingWith("--%s needs --".formatted(command.getName()));
		}
		else {
			assertThat(read(arguments)).isNotNull();
		}
	}

	@ParameterizedTest
	@MethodSource("pairs")
	void twoCommandsContradictEachOther(List<Flag> pair) {
		List<String> arguments = new ArrayList<>();
		pair.forEach((command) -> arguments.addAll(with(command, true)));
		assertThatExceptionOfType(UsageException.class).isThrownBy(() -> read(arguments))
			.withMessage("--%s and --%s contradict each other.", pair.get(0).getName(), pair.get(1).getName());
	}

	@ParameterizedTest
	@MethodSource("options")
	void anOptionWithoutItsCommandIsRefusedUnlessTheApplicationBindsIt(Flag option) {
		String owners = option.getCommands()
			.stream()
			.map((owner) -> "--" + owner.getName())
			.collect(Collectors.joining(" or "));
		assertThatExceptionOfType(UsageException.class).isThrownBy(() -> read(List.of(example(option))))
			.withMessage("--%s has no effect without %s.", option.getName(), owners);
		assertThat(read(List.of(example(option), "--harbour.name=${%s}".formatted(option.getName())))).isNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "--resolve", "--resolve=", "--resolve=maybe" })
	void aResolutionIsOneOfTwoWords(String resolve) {
		assertThatExceptionOfType(UsageException.class)
			.isThrownBy(() -> read(List.of(resolve, "--change-set=a.sql::1::me")))
			.satisfies((ex) -> assertThat(ex.getAction()).isEqualTo("Use --resolve=done or --resolve=again."));
	}

	@ParameterizedTest
	@ValueSource(strings = { "--change-set=", "--change-set", "--change-set=1 --schema=", "--change-set=1 --schema" })
	void anOptionThatNamesSomethingNeedsTheName(String options) {
		List<String> arguments = new ArrayList<>(List.of("--resolve=done"));
		arguments.addAll(List.of(options.split(" ")));
		assertThatExceptionOfType(UsageException.class).isThrownBy(() -> read(arguments))
			.withMessageEndingWith(" has no value.");
	}

	@ParameterizedTest
	@EnumSource
	void aFlagWithALetterTooManyIsRefusedWithTheNearest(Flag flag) {
		assertThatExceptionOfType(UsageException.class)
			.isThrownBy(() -> read(List.of("--%sx=1".formatted(flag.getName()))))
			.withMessage("--%sx is unknown.", flag.getName())
			.satisfies((ex) -> assertThat(ex.getAction()).isEqualTo("Use --%s.".formatted(flag.getName())));
	}

	@ParameterizedTest
	@EnumSource
	void everyFlagIsInTheUsageText(Flag flag) {
		assertThat(Usage.toText().lines().filter((line) -> line.strip().startsWith(flag.getNotation() + " ")))
			.hasSize(Math.max(1, flag.getCommands().size()))
			.allSatisfy((line) -> assertThat(line).endsWith(flag.getMeaning()));
	}

	@Test
	void everyExitCodeIsInTheUsageText() {
		for (ExitStatus status : ExitStatus.values()) {
			assertThat(Usage.toText()).contains("%3d  %s ".formatted(status.getCode(), status.name()));
		}
	}

	@ParameterizedTest
	@EnumSource
	void aProcessThatNeedsNoDatabaseCannotFailBecauseOfOne(Flag flag) {
		assertThat(flag.getExitStatuses()).contains(ExitStatus.DONE, ExitStatus.USAGE);
		assertThat(flag.getExitStatuses().contains(ExitStatus.UNAVAILABLE)).isEqualTo(flag.getAccess() != Access.NONE);
	}

	private static List<String> with(Flag command, boolean options) {
		List<String> arguments = new ArrayList<>(List.of(example(command)));
		if (options) {
			command.getOptions().forEach((option) -> arguments.add(example(option)));
		}
		return arguments;
	}

	private static String example(Flag flag) {
		String value = flag.getValues().optional() ? ""
				: flag.getValues().free() ? "=any text" : flag.getValues().notation().split("\\|")[0];
		return "--" + flag.getName() + value;
	}

	private static @Nullable Request read(List<String> arguments) {
		List<String> all = new ArrayList<>(List.of("--migrate-only"));
		all.addAll(arguments);
		ConfigurableEnvironment environment = new StandardEnvironment();
		environment.getPropertySources().addFirst(new SimpleCommandLinePropertySource(all.toArray(String[]::new)));
		return Request.of(environment, true, "mode MIGRATE_ONLY");
	}

}
