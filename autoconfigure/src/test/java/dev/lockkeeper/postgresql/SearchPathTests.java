// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The schemas that a search path names.
 */
class SearchPathTests {

	@Test
	void namesAreThoseOfTheCatalog() {
		assertThat(names("\"$user\", public")).containsExactly("alice", "public");
		assertThat(names("Upper,\"Not, \"\"there\"\"\" , \"\"")).containsExactly("upper", "Not, \"there\"");
		assertThat(names("")).isEmpty();
	}

	@Test
	void theFirstSchemaThatMayBeUsedIsTheCurrentOne() {
		assertThat(new SearchPath("\"$user\", public", "alice", List.of("public"), false).current())
			.isEqualTo("public");
		assertThat(new SearchPath("absent", "alice", List.of(), true).current()).isNull();
	}

	private static List<String> names(String setting) {
		return new SearchPath(setting, "alice", List.of(), false).names();
	}

}
