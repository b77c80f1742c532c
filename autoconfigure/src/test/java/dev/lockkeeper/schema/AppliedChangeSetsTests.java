// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class AppliedChangeSetsTests {

	private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

	private static final List<SchemaVersion> HISTORY = List.of(version("Quays", "ann", "db/a.sql", 1),
			version("berths", "Bob", "db/b.sql", 2), version("board", "ann", "db/BOARD.yaml", 3));

	@ParameterizedTest
	@CsvSource({ "'', 3;2;1", "quays, 1", "BOB, 2", "db/b, 3;2", "' ann ', 3;1", "%, ''", "., 3;2;1" })
	void thePartOfAnIdAnAuthorOrAFileMatchesWithoutRegardToCase(String filter, String orders) {
		AppliedChangeSets applied = AppliedChangeSets.of(NOW, filter, HISTORY);
		assertThat(applied.newest().stream().map(SchemaVersion::order).map(String::valueOf))
			.containsExactly(orders.isEmpty() ? new String[0] : orders.split(";"));
		assertThat(applied.total()).isEqualTo(applied.newest().size());
	}

	@Test
	void ofALongHistoryTheNewestAreNamedAndAllAreCounted() {
		List<SchemaVersion> history = IntStream.rangeClosed(1, 1203)
			.mapToObj((order) -> version("id-" + order, "ann", "db/a.sql", order))
			.toList();
		AppliedChangeSets applied = AppliedChangeSets.of(NOW, "", history);
		assertThat(applied.total()).isEqualTo(1203);
		assertThat(applied.newest()).hasSize(500).first().extracting(SchemaVersion::order).isEqualTo(1203);
		assertThat(AppliedChangeSets.of(NOW, "id-7", history).newest()).last()
			.extracting(SchemaVersion::order)
			.isEqualTo(7);
	}

	private static SchemaVersion version(String id, String author, String file, int order) {
		return new SchemaVersion(new ChangeSetReference(id, author, file), null, NOW, order);
	}

}
