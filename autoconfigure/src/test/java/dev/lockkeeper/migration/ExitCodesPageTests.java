// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.postgresql.SqlStates;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The page of the exit codes agrees with the code.
 */
class ExitCodesPageTests {

	private static final Pattern SQL_STATE = Pattern.compile("`([0-9A-Z]{5}|[0-9A-Z]{2}xxx)`");

	private static final Set<String> MOMENTS = Set.of("call", "inspect", "run");

	private static final List<List<String>> ROWS = rows();

	static Stream<Row> causes() {
		return ROWS.stream().filter((cells) -> cells.size() == 6).map(Row::of);
	}

	@Test
	void everyCodeIsExplainedOnce() {
		List<List<String>> codes = ROWS.stream().filter((cells) -> cells.size() == 4).toList();
		assertThat(codes).containsExactlyElementsOf(Arrays.stream(ExitStatus.values())
			.map((status) -> List.of(Integer.toString(status.getCode()), "`" + status + "`", classOf(status),
					status.getMeaning()))
			.toList());
	}

	@Test
	void everyCodeThatIsAFailureHasACause() {
		Set<ExitStatus> failures = EnumSet.allOf(ExitStatus.class);
		failures.removeIf((status) -> status.getRetry() == ExitStatus.Retry.NOT_NEEDED);
		assertThat(causes().map(Row::status)).containsAll(failures);
	}

	@ParameterizedTest
	@MethodSource("causes")
	void everyCauseHasTheClassOfItsCode(Row row) {
		assertThat(row.retry()).isEqualTo(classOf(row.status()));
		assertThat(row.moment()).isIn(MOMENTS);
		assertThat(row.action()).endsWith(".");
	}

	@ParameterizedTest
	@MethodSource("causes")
	void everySqlStateLeadsToTheCodeOfItsRow(Row row) {
		for (String state : row.sqlStates()) {
			FailurePolicy policy = FailurePolicy.of(SqlStates.kindOf(state.replace('x', '0')));
			assertThat("inspect".equals(row.moment()) ? policy.onRead() : policy.inRun()).as(state)
				.isEqualTo(row.status());
		}
	}

	private static String classOf(ExitStatus status) {
		return switch (status.getRetry()) {
			case NOT_NEEDED -> "–";
			case NEVER -> "never";
			case WORTHWHILE -> "retry";
		};
	}

	// The cells of all rows that are no heading
	private static List<List<String>> rows() {
		try {
			return Files.readAllLines(Path.of("..", "docs", "exit-codes.md"))
				.stream()
				.filter((line) -> line.startsWith("| ") && !line.startsWith("| Code ") && !line.startsWith("| What "))
				.map((line) -> Arrays.stream(line.substring(1, line.length() - 1).split("\\|", -1))
					.map(String::strip)
					.toList())
				.toList();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * One cause of an end.
	 *
	 * @param input what happens
	 * @param moment when it happens
	 * @param sqlStates the SQLSTATEs that show it
	 * @param status how the process ends
	 * @param retry the class, in the words of the page
	 * @param action what to do
	 */
	record Row(String input, String moment, List<String> sqlStates, ExitStatus status, String retry, String action) {

		static Row of(List<String> cells) {
			int code = Integer.parseInt(cells.get(3));
			ExitStatus status = Arrays.stream(ExitStatus.values())
				.filter((candidate) -> candidate.getCode() == code)
				.findFirst()
				.orElseThrow(() -> new IllegalStateException("There is no code " + code));
			List<String> sqlStates = SQL_STATE.matcher(cells.get(2))
				.results()
				.map((MatchResult result) -> result.group(1))
				.collect(Collectors.toList());
			return new Row(cells.get(0), cells.get(1), sqlStates, status, cells.get(4), cells.get(5));
		}

		@Override
		public String toString() {
			return this.input;
		}

	}

}
