// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

import dev.lockkeeper.testsupport.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A password that is put somewhere to see whether it shows.
 */
final class PlantedPassword {

	/**
	 * Looks the same in every encoding but Base64.
	 */
	private static final String CORE = "Xq7Vz9Kw4Rt";

	static final String VALUE = "a/b@%41,'" + CORE + ") \"c;&=?#ü";

	private PlantedPassword() {
	}

	static String encoded() {
		return URLEncoder.encode(VALUE, StandardCharsets.UTF_8);
	}

	/**
	 * Assert that it shows nowhere, in no encoding.
	 */
	static void assertSilence(String... texts) {
		assertThat(String.join("\n", texts))
			.satisfies((text) -> assertThat(forms()).allSatisfy((form) -> assertThat(text).doesNotContain(form)));
	}

	/**
	 * Return all that the tables of Lockkeeper hold.
	 */
	static String tables(TestDatabase database) {
		List<String> rows = new ArrayList<>();
		for (String table : database
			.query("SELECT tablename FROM pg_tables WHERE tablename LIKE 'lockkeeper\\_%' ORDER BY 1")) {
			rows.add(table);
			rows.addAll(database.query("SELECT t::text FROM %s t".formatted(table)));
		}
		return String.join("\n", rows);
	}

	private static List<String> forms() {
		List<String> forms = new ArrayList<>(List.of(CORE, CORE.toLowerCase(Locale.ROOT), VALUE, encoded(),
				encoded().replace("+", "%20"), encoded().toLowerCase(Locale.ROOT), VALUE.replace("\"", "\\\""),
				VALUE.replace("'", "''"), VALUE.replace("ü", "\\u00fc")));
		for (String before : List.of("", "x", "xx")) {
			byte[] bytes = (before + CORE).getBytes(StandardCharsets.UTF_8);
			String base64 = Base64.getEncoder().withoutPadding().encodeToString(bytes);
			forms.add(base64.substring(4, base64.length() - 2));
		}
		byte[] whole = VALUE.getBytes(StandardCharsets.UTF_8);
		forms.add(Base64.getEncoder().encodeToString(whole));
		forms.add(Base64.getUrlEncoder().encodeToString(whole));
		return forms;
	}

}
