// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

import java.nio.charset.StandardCharsets;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.test.json.BasicJsonTester;

import static org.assertj.core.api.Assertions.assertThat;

class VerdictTests {

	private final BasicJsonTester json = new BasicJsonTester(getClass());

	@Test
	void hasTheFieldsOfTheContract() {
		Verdict verdict = new Verdict(ExitStatus.MIGRATION, "liquibase",
				new Verdict.ChangeSet("add-index", "me", "db/changelog.sql"), "42P01", "No such \"table\".",
				"Correct it.", 3, 812, "run-1");
		assertThat(this.json.from(verdict.toJson())).isEqualToJson("""
				{"status": "MIGRATION", "code": 70, "retryable": false, "schema": "liquibase",
				 "changeSet": {"id": "add-index", "author": "me", "file": "db/changelog.sql"}, "sqlState": "42P01",
				 "message": "No such \\"table\\".", "action": "Correct it.", "applied": 3, "durationMs": 812,
				 "runId": "run-1"}
				""");
	}

	@Test
	void unknownFieldsAreNull() {
		assertThat(Verdict.of(ExitStatus.TEMPORARY, "Busy.", null).toJson()).contains("\"changeSet\":null",
				"\"schema\":null", "\"action\":null", "\"retryable\":true");
	}

	@Test
	void fitsIntoATerminationMessageWhateverTheTexts() {
		String huge = "\uD83D\uDEA2ä\"\n".repeat(5000);
		Verdict verdict = new Verdict(ExitStatus.MIGRATION, huge, new Verdict.ChangeSet(huge, huge, huge), "42P01",
				huge, huge, 3, 812, "run-1");
		String text = verdict.toJson();
		assertThat(text.getBytes(StandardCharsets.UTF_8).length).isLessThanOrEqualTo(4096);
		assertThat(this.json.from(text)).extractingJsonPathNumberValue("code").isEqualTo(70);
		assertThat(text).doesNotContain("\n").doesNotContain("?");
	}

	@Test
	void cutsTheMessageBeforeTheNames() {
		Verdict verdict = new Verdict(ExitStatus.MIGRATION, "liquibase",
				new Verdict.ChangeSet("id".repeat(100), "me", "file"), "42P01", "x".repeat(10_000), "Correct it.", 3,
				812, "run-1");
		assertThat(verdict.toJson()).contains("id".repeat(100), "Correct it.", "x…");
	}

	@Test
	void keepsWhatFitsExactly() {
		int frame = Verdict.of(ExitStatus.MIGRATION, "", null).toJson().length();
		String fits = "x".repeat(Verdict.MAXIMUM_BYTES - frame);
		assertThat(messageAfterCutting(fits)).isEqualTo(fits);
		assertThat(messageAfterCutting(fits + "x")).isEqualTo("x".repeat(2048) + "…");
	}

	@Test
	void neverCutsACharacterInTwo() {
		String ships = "x".repeat(2047) + "\uD83D\uDEA2".repeat(1000);
		assertThat(messageAfterCutting(ships)).isEqualTo("x".repeat(2047) + "…");
		assertThat(messageAfterCutting("x" + ships)).isEqualTo("x".repeat(2048) + "…");
		assertThat(messageAfterCutting("x".repeat(2046) + "\uD83D\uDEA2".repeat(1000)))
			.isEqualTo("x".repeat(2046) + "\uD83D\uDEA2…");
	}

	@Test
	void cutsNoTextThatIsShortEnough() {
		String text = "x".repeat(1024);
		Verdict verdict = new Verdict(ExitStatus.MIGRATION, text, null, null, "y".repeat(5000), "z".repeat(5000), 0, 0,
				null);
		assertThat(this.json.from(verdict.toJson())).extractingJsonPathStringValue("schema").isEqualTo(text);
	}

	@Test
	void cutsTheNamesOnlyWhenShortTextsAreNotEnough() {
		String name = "n".repeat(1100);
		Verdict verdict = new Verdict(ExitStatus.MIGRATION, "liquibase", new Verdict.ChangeSet(name, name, "file"),
				null, "y".repeat(5000), null, 0, 0, null);
		assertThat(this.json.from(verdict.toJson())).extractingJsonPathStringValue("changeSet.author").isEqualTo(name);
	}

	private static String messageAfterCutting(String message) {
		String text = Verdict.of(ExitStatus.MIGRATION, message, null).toJson();
		return JsonMapper.shared().readTree(text).get("message").asString();
	}

}
