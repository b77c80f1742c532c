// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class SchemaStateTests {

	private static final Instant NOW = Instant.parse("2026-11-01T00:00:00Z");

	private static final SchemaVersion VERSION = new SchemaVersion(
			new ChangeSetReference("tides", "me", "db/tides.yaml"), null, NOW, 12);

	private static final SchemaState KNOWN = new SchemaState(SchemaStatus.PENDING, NOW, VERSION, 12, changeSets(1),
			changeSets(2), changeSets(3), new LockHolder("holder", NOW, null), "slow");

	@Test
	void theKnownStateStaysWhenTheDatabaseIsGone() {
		assertThat(KNOWN.becameUnreadable(NOW.plusSeconds(5), "gone"))
			.isEqualTo(new SchemaState(SchemaStatus.UNREADABLE, NOW.plusSeconds(5), VERSION, 12, changeSets(1),
					changeSets(2), changeSets(3), null, "gone"));
	}

	@Test
	void aMarkConfirmsAllButTheLock() {
		assertThat(KNOWN.confirmed(NOW.plusSeconds(5))).isEqualTo(new SchemaState(SchemaStatus.PENDING,
				NOW.plusSeconds(5), VERSION, 12, changeSets(1), changeSets(2), changeSets(3), null, "slow"));
	}

	@Test
	void nothingIsKnownOfWhatWasNeverRead() {
		assertThat(SchemaState.unreadable(NOW, "gone")).isEqualTo(
				new SchemaState(SchemaStatus.UNREADABLE, NOW, null, 0, List.of(), List.of(), List.of(), null, "gone"));
	}

	@ParameterizedTest
	@CsvSource({ "0, ''", "1, file::1::me", "3, 'file::1::me, file::2::me, file::3::me'",
			"4, 'file::1::me, file::2::me, file::3::me and 1 more'",
			"12, 'file::1::me, file::2::me, file::3::me and 9 more'" })
	void namesThreeChangeSetsAndCountsTheRest(int number, String named) {
		assertThat(SchemaState.name(changeSets(number))).isEqualTo(named);
	}

	@Test
	void saysWhereTheSchemaIs() {
		assertThat(KNOWN.whereabouts()).isEqualTo("The schema is at 'tides' by me, and one change set is missing.");
		assertThat(SchemaState.whereabouts(VERSION, 0)).isEqualTo("The schema is at 'tides' by me.");
		assertThat(SchemaState.whereabouts(VERSION, 2))
			.isEqualTo("The schema is at 'tides' by me, and 2 change sets are missing.");
		assertThat(SchemaState.whereabouts(null, 1))
			.isEqualTo("No change set has been applied to the schema yet, and one change set is missing.");
	}

	@Test
	void aSchemaWithoutAChangeSetHasNoVersionToName() {
		assertThat(KNOWN.version(", at ")).isEqualTo(", at 'tides' by me");
		assertThat(SchemaState.unreadable(NOW, "gone").version(", at ")).isEmpty();
	}

	@Test
	void aVersionNamesItsChangeSet() {
		assertThat(VERSION).hasToString("'tides' by me");
	}

	private static List<ChangeSetReference> changeSets(int number) {
		return IntStream.rangeClosed(1, number)
			.mapToObj((id) -> new ChangeSetReference(Integer.toString(id), "me", "file"))
			.toList();
	}

}
