// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.dialect;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

import dev.lockkeeper.testsupport.JdbcDatabase;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What H2 and HSQLDB report of the same faults is one meaning. The databases are real,
 * and in this process.
 */
class TranslationTests {

	private static final String H2 = "jdbc:h2:mem:translation;USER=sa;PASSWORD=secret;DB_CLOSE_DELAY=-1";

	private static final String HSQLDB = "jdbc:hsqldb:mem:translation;user=SA;password=";

	@ParameterizedTest
	@ValueSource(strings = { H2, HSQLDB })
	void aTableThatIsNotThere(String url) {
		assertThat(meaningOf(url, "SELECT 1 FROM nowhere")).isEqualTo("42P01");
	}

	@ParameterizedTest
	@ValueSource(strings = { H2, HSQLDB })
	void aTableThatIsThereAlready(String url) {
		new JdbcDatabase(url).execute("CREATE TABLE IF NOT EXISTS there (id INT PRIMARY KEY)");
		assertThat(meaningOf(url, "CREATE TABLE there (id INT)")).isEqualTo("42P07");
	}

	@ParameterizedTest
	@ValueSource(strings = { H2, HSQLDB })
	void aRowThatIsThereAlready(String url) {
		new JdbcDatabase(url).execute("DROP TABLE IF EXISTS keyed", "CREATE TABLE keyed (id INT PRIMARY KEY)",
				"INSERT INTO keyed VALUES (1)");
		assertThat(meaningOf(url, "INSERT INTO keyed VALUES (1)")).isEqualTo("23505");
	}

	@ParameterizedTest
	@ValueSource(strings = { H2, HSQLDB })
	void aPasswordThatIsWrong(String url) {
		new JdbcDatabase(url).execute("CREATE TABLE IF NOT EXISTS there (id INT PRIMARY KEY)");
		String wrong = url.equals(H2) ? url.replace("secret", "wrong") : url + "wrong";
		assertThat(meaningOf(wrong, "SELECT 1 FROM there")).isEqualTo("28P01");
	}

	@ParameterizedTest
	@ValueSource(strings = { "42501", "42P01", "28000" })
	void statesOfPostgreSqlAreNotTranslated(String state) {
		assertThat(Translation.toPostgreSql(new SQLException("ERROR", state))).isEqualTo(state);
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 1045 })
	void aFailureWithoutAStateHasNoMeaning(int code) {
		assertThat(Translation.toPostgreSql(new SQLException("The run was broken off", null, code))).isNull();
	}

	private static String meaningOf(String url, String sql) {
		try (Connection connection = new JdbcDatabase(url).open(); Statement statement = connection.createStatement()) {
			statement.execute(sql);
		}
		catch (SQLException ex) {
			return String.valueOf(Translation.toPostgreSql(ex));
		}
		throw new AssertionError("Nothing has failed");
	}

}
