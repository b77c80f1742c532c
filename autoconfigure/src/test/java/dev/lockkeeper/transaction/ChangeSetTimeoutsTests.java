// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.transaction.ChangeSetComment.Place;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link ChangeSetTimeouts}.
 */
class ChangeSetTimeoutsTests {

	private static final ChangeSetReference CHANGE_SET = new ChangeSetReference("1", "me", "changelog.sql");

	@ParameterizedTest
	@ValueSource(strings = { "", "adds the length", "see lockkeeper: its page", "-- a ship\n/* lock-timeout=1s */",
			"uses dev.lockkeeper:lockkeeper-starter=1", "see http://lockkeeper:8080/a=b", "my-lockkeeper: a=b" })
	void aCommentWithoutALineForLockkeeperSetsNothing(String comment) {
		assertThat(read(comment)).isEqualTo(ChangeSetTimeouts.NONE);
	}

	@ParameterizedTest
	@ValueSource(strings = { "lockkeeper: lock-timeout=10s, statement-timeout=1min",
			"lockkeeper:lock-timeout=10000 statement-timeout=60s",
			"-- lockkeeper: lock-timeout = 10s , statement-timeout = 1m",
			"Adds it.\n  lockkeeper: lock-timeout=10s\r\n * LOCKKEEPER: statement-timeout=PT1M\nMore.",
			"/* lockkeeper: lock-timeout=10s, statement-timeout=1m */",
			"/* Adds it. */ /* lockkeeper: lock-timeout=10s*/ -- and lockkeeper: statement-timeout=1m",
			"Adds the length; lockkeeper: lock-timeout=10s, statement-timeout=1m",
			"lockkeeper: lock-timeout=10s lockkeeper: statement-timeout=1m" })
	void aLineSetsTheTimeouts(String comment) {
		assertThat(read(comment)).isEqualTo(new ChangeSetTimeouts(Duration.ofSeconds(10), Duration.ofMinutes(1)));
	}

	@Test
	void zeroIsATimeout() {
		assertThat(read("lockkeeper: lock-timeout=0")).isEqualTo(new ChangeSetTimeouts(Duration.ZERO, null));
	}

	@Test
	void theLastCommentCountsAndTheSqlAfterItsFirstStatementBeginsDoesNot() {
		List<ChangeSetComment> comments = new ArrayList<>(ChangeSetComment
			.in("-- lockkeeper: lock-timeout=1s, statement-timeout=2s\nselect 1; -- lockkeeper: lock-timeout=soon"));
		comments.add(new ChangeSetComment("lockkeeper: lock-timeout=3s", Place.BESIDE));
		assertThat(ChangeSetTimeouts.of(CHANGE_SET, comments))
			.isEqualTo(new ChangeSetTimeouts(Duration.ofSeconds(3), Duration.ofSeconds(2)));
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			lock-timeout       | 'lock-timeout' is not of the form name=value
			lock-timeout=      | 'lock-timeout=' is not of the form name=value
			''                 | '' is not of the form name=value
			lock-timeout=1s;   | 'lock-timeout=1s;' is not of the form name=value
			lock-timeout=1s, please | 'please' is not of the form name=value
			lock-timeout=1s for the report | 'lock-timeout=1s for the report' is not of the form name=value
			lock-timeout=soon  | 'soon' is not a time such as 10s
			lock-timeout=-1s   | '-1s' is not between 0 and 24 days
			lock-timeout=30d   | '30d' is not between 0 and 24 days
			locktimeout=1s     | 'locktimeout=1s' is no setting of a change set
			lock_timeout=1s    | 'lock_timeout=1s' is no setting of a change set
			""", quoteCharacter = '`')
	void aLineThatCannotBeUnderstoodIsRefused(String settings, String why) {
		String text = settings.equals("''") ? "" : settings;
		assertThatExceptionOfType(ChangeSetCommentException.class).isThrownBy(() -> read("lockkeeper: " + text))
			.withMessage("The line 'lockkeeper: %s' in the comment of change set changelog.sql::1::me cannot be "
					+ "understood: %s.", text, why)
			.satisfies((ex) -> assertThat(ex.getStatus()).isEqualTo(ExitStatus.CHANGELOG))
			.satisfies((ex) -> assertThat(ex.getAction()).endsWith("The comment is no part of the checksum."));
	}

	@ParameterizedTest
	@ValueSource(strings = { "lock-timeout 10s", "lock_timeout: 10s", "Statement-Timeout", "mode=self" })
	void whatBeginsLikeASettingIsRefusedAfterOtherWordsAsWell(String settings) {
		assertThatExceptionOfType(ChangeSetCommentException.class)
			.isThrownBy(() -> read("Adds it. lockkeeper: " + settings));
	}

	@Test
	void aLineInTheSqlIsAPartOfTheChecksum() {
		assertThatExceptionOfType(ChangeSetCommentException.class)
			.isThrownBy(
					() -> ChangeSetTimeouts.of(CHANGE_SET, ChangeSetComment.in("-- lockkeeper: lock-timeout=soon\n")))
			.satisfies((ex) -> assertThat(ex.getAction()).contains("The comment is a part of the checksum"));
	}

	private static ChangeSetTimeouts read(String comment) {
		return ChangeSetTimeouts.of(CHANGE_SET, List.of(new ChangeSetComment(comment, Place.BESIDE)));
	}

}
