// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class RedactionTests {

	@ParameterizedTest
	@ValueSource(strings = { "jdbc:postgresql://host/db?user=me&password=geheim&ssl=true",
			"jdbc:postgresql://me:geheim@host:5432/db", "jdbc:sqlserver://host;user=me;password=geheim;encrypt=true",
			"jdbc:postgresql://host/db?sslpassword=geheim", "PASSWORD = geheim", "token: geheim",
			"could not connect (jdbc:postgresql://host/db?password=geheim)", "mysql://a:geheim@h1,b:x@h2/db" })
	void removesCredentials(String text) {
		assertThat(Redaction.redact(text)).doesNotContain("geheim").contains("******");
	}

	@Test
	void keepsTheRest() {
		assertThat(Redaction.redact("jdbc:postgresql://host:5432/db?user=me&password=geheim&ssl=true"))
			.isEqualTo("jdbc:postgresql://host:5432/db?user=me&password=******&ssl=true");
		assertThat(Redaction.redact("Change set db/changelog.sql::passwords::me failed"))
			.isEqualTo("Change set db/changelog.sql::passwords::me failed");
	}

}
