// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is left out of the messages of the server, as PostgreSQL words them.
 */
class ServerMessageTests {

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '\0',
			textBlock = """
					22P02 | ERROR: invalid input syntax for type integer: "secret" | ERROR: invalid input syntax for type integer: "…
					22003 | ERROR: value "99999999999" is out of range for type integer | ERROR: value "…
					22P02 | ERROR: invalid input syntax for type integer: "se"cret" | ERROR: invalid input syntax for type integer: "…
					22P02 | ERROR: invalid input syntax for type integer: "goes on | ERROR: invalid input syntax for type integer: "…
					42601 | ERROR: syntax error at or near "secret" | ERROR: syntax error at or near "…
					22P02 | FEHLER: ungültige Eingabesyntax für Typ integer: »secret« | FEHLER: ungültige Eingabesyntax für Typ integer: »…
					42000 | Syntax error in SQL statement "create nonsense 'secret'[*]"; expected "TABLE" | Syntax error in SQL statement "…
					42001 | Syntax error in SQL statement "insert 'secret'[*]"; expected "INTO" | Syntax error in SQL statement "…
					42000 | You have an error in your SQL syntax; check the manual for the right syntax to use near 'secret' at line 1 | You have an error in your SQL syntax; check the manual for the right syntax to use near '…
					22001 | Data truncation: Incorrect integer value: 'secret' for column 'id' at row 1 | Data truncation: Incorrect integer value: '…
					22012 | ERREUR: division par zéro de l'entier | ERREUR: division par zéro de l'entier
					22021 | ERROR: invalid byte sequence for encoding "UTF8": 0xe9 0x62 | ERROR: invalid byte sequence for encoding "…
					22012 | ERROR: division by zero | ERROR: division by zero
					23505 | ERROR: duplicate key value violates unique constraint "one_pkey" | ERROR: duplicate key value violates unique constraint "one_pkey"
					42P07 | ERROR: relation "one" already exists | ERROR: relation "one" already exists
					""")
	void leavesOutWhatIsQuotedOfTheDataAndTheStatement(String sqlState, String message, String expected) {
		assertThat(ServerMessage.withoutValues(sqlState, message)).isEqualTo(expected);
	}

	@Test
	void leavesWhatIsNoMessageOfTheServer() {
		assertThat(ServerMessage.withoutValues(null, "The file \"a\" is missing.")).contains("\"a\"");
		assertThat(ServerMessage.withoutValues("22P02", null)).isNull();
	}

}
